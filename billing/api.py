"""The API's doors to the credits ledger."""

from typing import Final

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_access import MemberView
from aiqleads.core.api import CURSOR, documented, page_response
from billing import selectors
from billing.serializers import CreditsSerializer, EntryPageSerializer, EntrySerializer

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
