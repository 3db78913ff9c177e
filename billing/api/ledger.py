"""The API's doors to the credits ledger."""

from typing import Final

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_access import MemberView
from aiqleads.core.api import CURSOR, documented, page_response
from billing import documents, selectors
from billing.serializers import CreditsSerializer, EntryPageSerializer, EntrySerializer, MonthSerializer

ENTRIES_PER_PAGE: Final = 30


class CreditsView(MemberView):
    """What the organisation has."""

    @extend_schema(responses=documented({200: CreditsSerializer}, refusals=(401, 403)))
    def get(self, request: Request) -> Response:
        balance = selectors.balance_credits(self.membership.organisation_id)
        return Response(CreditsSerializer({"balance_credits": balance}).data)


class EntriesView(MemberView):
    """Every entry that made the balance, newest first."""

    @extend_schema(parameters=[CURSOR], responses=documented({200: EntryPageSerializer}, refusals=(400, 401, 403)))
    def get(self, request: Request) -> Response:
        page = selectors.statement_page(
            self.membership.organisation_id, cursor=request.query_params.get("cursor"), size=ENTRIES_PER_PAGE
        )
        return page_response(request, page, EntrySerializer(page.results, many=True).data)


class StatementView(MemberView):
    """What moved the organisation's credits in one month."""

    is_file = True

    def statement(self, request: Request) -> selectors.Statement:
        asked = MonthSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        organisation = self.membership.organisation
        return selectors.monthly_statement(
            organisation_id=organisation.pk,
            organisation=organisation.name,
            month=selectors.Month.parse(asked.validated_data["month"]),
        )


class StatementTableView(StatementView):
    @extend_schema(
        parameters=[MonthSerializer],
        responses={(200, "text/csv"): OpenApiTypes.STR, **documented({}, refusals=(400, 401, 403))},
    )
    def get(self, request: Request) -> HttpResponse:
        """CSV, oldest first, between what the month began with and what was left."""
        return documents.statement_csv(self.statement(request))


class StatementPagesView(StatementView):
    @extend_schema(
        parameters=[MonthSerializer],
        responses=documented({(200, "application/octet-stream"): OpenApiTypes.BINARY}, refusals=(400, 401, 403)),
    )
    def get(self, request: Request) -> HttpResponse:
        """PDF of US letter size, to print or to keep."""
        answer = documents.statement_pdf(self.statement(request))
        answer.headers["Content-Type"] = "application/octet-stream"  # a file by any name: clients know this one
        return answer
