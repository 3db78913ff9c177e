"""The API's waitlist: the queue for a lead that others hold."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_access import MemberView
from aiqleads.core.api import documented
from marketplace import cards, selectors, services
from marketplace.serializers.waiting import WaitingSerializer


class WaitlistView(MemberView):
    """The queue for one lead. After a hold ends, two minutes belong to each place in turn."""

    @extend_schema(
        request=None, responses=documented({201: WaitingSerializer}, refusals=(401, 403, 404, 409, 422, 503))
    )
    def post(self, request: Request, lead_id: UUID) -> Response:
        """Join the queue of a lead of which no copy is free. Who waits already keeps their place."""
        services.join_waitlist(lead_id=lead_id, buyer=self.membership)
        [card] = cards.cards([selectors.get_listing(lead_id)], membership=self.membership)
        place = {
            "lead_id": lead_id,
            "place": card.place,
            "length": card.queue.length,
            "turn_until": card.turn_until,
        }
        return Response(WaitingSerializer(place).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=documented({204: None}, refusals=(401, 403, 404, 503)))
    def delete(self, request: Request, lead_id: UUID) -> Response:
        """Give the place up. Harmless where there is none."""
        services.leave_waitlist(lead_id=lead_id, buyer=self.membership)
        return Response(status=status.HTTP_204_NO_CONTENT)
