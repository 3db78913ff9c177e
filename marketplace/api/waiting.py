"""The API's waitlist: the queue for a lead that others hold."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_access import MemberView
from accounts.models.credentials import Scope
from aiqleads.core.api import documented
from marketplace import cards, selectors, services
from marketplace.serializers.waiting import WaitingSerializer


class WaitlistsView(MemberView):
    """All leads that the organisation waits for."""

    @extend_schema(responses=documented({200: WaitingSerializer(many=True)}, refusals=(401, 403)))
    def get(self, request: Request) -> Response:
        """Its places, the longest waiting first."""
        waiting = cards.cards(selectors.waited_for(self.membership), membership=self.membership)
        return Response(WaitingSerializer([_place(card) for card in waiting], many=True).data)


class WaitlistView(MemberView):
    """The queue for one lead. After a hold ends, two minutes belong to each place in turn."""

    required_scope = Scope.HOLD

    @extend_schema(
        request=None, responses=documented({201: WaitingSerializer}, refusals=(401, 403, 404, 409, 422, 503))
    )
    def post(self, request: Request, lead_id: UUID) -> Response:
        """Join the queue of a lead of which no copy is free. Who waits already keeps their place."""
        services.join_waitlist(lead_id=lead_id, buyer=self.membership)
        [card] = cards.cards([selectors.get_listing(lead_id)], membership=self.membership)
        return Response(WaitingSerializer(_place(card)).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=documented({204: None}, refusals=(401, 403, 404, 503)))
    def delete(self, request: Request, lead_id: UUID) -> Response:
        """Give the place up. Harmless where there is none."""
        services.leave_waitlist(lead_id=lead_id, buyer=self.membership)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _place(card: cards.LeadCard) -> dict[str, object]:
    return {
        "lead_id": card.listing.pk,
        "place": card.place,
        "length": card.queue.length,
        "turn_until": card.turn_until,
    }
