"""The API's door to where an organisation works."""

from typing import Final

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_access import MemberView
from aiqleads.core.api import documented
from marketplace import selectors, services
from marketplace.serializers.areas import WorkAreaSerializer

NOWHERE: Final[dict[str, object]] = {"zip_prefixes": [], "stated_at": None}


class WorkAreaView(MemberView):
    """Where the organisation works; purchases outside it come back at once as out of area."""

    @extend_schema(responses=documented({200: WorkAreaSerializer}, refusals=(401, 403)))
    def get(self, request: Request) -> Response:
        stated = selectors.work_area(self.membership.organisation_id)
        return Response(WorkAreaSerializer(stated or NOWHERE).data)

    @extend_schema(
        request=WorkAreaSerializer, responses=documented({200: WorkAreaSerializer}, refusals=(400, 401, 403))
    )
    def put(self, request: Request) -> Response:
        """Say it anew; it counts for what is bought from then on."""
        said = WorkAreaSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        area = services.state_work_area(buyer=self.membership, zip_prefixes=said.validated_data["zip_prefixes"])
        return Response(WorkAreaSerializer(area).data)
