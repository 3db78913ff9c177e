"""The API's report of what bought leads cost and brought."""

from typing import Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_access import MemberView
from aiqleads.core import clock
from aiqleads.core.api import documented
from marketplace import selectors
from marketplace.forms.reports import DEFAULT_DAYS, PeriodForm
from marketplace.serializers.reports import ReportSerializer

PERIOD: Final = [
    OpenApiParameter("days", OpenApiTypes.INT, description=f"The last so many days; {DEFAULT_DAYS} if not said."),
    OpenApiParameter("from", OpenApiTypes.DATE, description="The first day, by UTC."),
    OpenApiParameter("to", OpenApiTypes.DATE, description="The last day, included; today if not said."),
]


class ReportView(MemberView):
    """What leads bought in a period cost and brought: an owner's organisation, everybody else's own leads."""

    @extend_schema(parameters=PERIOD, responses=documented({200: ReportSerializer}, refusals=(400, 401, 403)))
    def get(self, request: Request) -> Response:
        asked = PeriodForm(request.query_params, today=clock.now().date())
        if not asked.is_valid():
            raise exceptions.ValidationError(
                {asked.add_prefix(name): [str(error) for error in said] for name, said in asked.errors.items()}
            )
        return Response(ReportSerializer(selectors.report(self.membership, asked.period)).data)
