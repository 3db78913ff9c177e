"""The API's watchlist."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_access import MemberView
from aiqleads.core.api import CURSOR, documented, page_response
from marketplace import cards, selectors, services
from marketplace.api.leads import NO_SUCH_LEAD
from marketplace.models import Listing
from marketplace.serializers.leads import LeadSerializer
from marketplace.serializers.watching import WatchedPageSerializer, WatchSerializer


class WatchlistView(MemberView):
    """What the member keeps an eye on."""

    @extend_schema(
        operation_id="watchlist_list",
        parameters=[CURSOR],
        responses=documented({200: WatchedPageSerializer}, refusals=(400, 401, 403)),
    )
    def get(self, request: Request) -> Response:
        page = selectors.watched_page(self.membership, cursor=request.query_params.get("cursor"))
        seen = cards.cards([watched.listing for watched in page.results], membership=self.membership)
        return page_response(request, page, LeadSerializer(seen, many=True).data)

    @extend_schema(
        request=WatchSerializer,
        responses=documented({201: LeadSerializer}, refusals=(400, 401, 403, 404, 422, 503)),
    )
    def post(self, request: Request) -> Response:
        """Watch a lead; one that is watched already stays as it is."""
        asked = WatchSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            listing = selectors.get_listing(asked.validated_data["lead"])
        except Listing.DoesNotExist as error:
            raise exceptions.NotFound(NO_SUCH_LEAD) from error
        services.watch_lead(lead_id=listing.pk, member=self.membership)
        [card] = cards.cards([listing], membership=self.membership)
        return Response(LeadSerializer(card).data, status=status.HTTP_201_CREATED)


class WatchedLeadView(MemberView):
    """One lead of the watchlist."""

    @extend_schema(responses=documented({204: None}, refusals=(401, 403, 503)))
    def delete(self, request: Request, lead_id: UUID) -> Response:
        """Watch a lead no longer; again is harmless."""
        services.unwatch_lead(lead_id=lead_id, member=self.membership)
        return Response(status=status.HTTP_204_NO_CONTENT)
