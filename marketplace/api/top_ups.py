"""The API's door to buying a cart with credits that are still to be paid for."""

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_access import MemberView
from accounts.models.credentials import Scope
from aiqleads.core.api import documented
from billing.serializers import PaymentSerializer
from marketplace import services
from marketplace.api.carts import LINES_LOST
from marketplace.serializers.carts import TopUpSerializer


class TopUpView(MemberView):
    """The purchase of what is held, once the credits for it have come in."""

    required_scope = Scope.BUY
    needs_idempotency_key = True
    hands_key_on = True

    @extend_schema(
        request=TopUpSerializer,
        responses={**documented({201: PaymentSerializer}, refusals=(400, 401, 403, 503)), **LINES_LOST},
    )
    def post(self, request: Request) -> Response:
        """Open a page to pay for a pack on: send the buyer to `checkout_url`. The same key again is the same page.

        When the money lands within 24 hours the asked items are bought, all or none, for at most today's price;
        a hold that has ended meanwhile is taken again if the lead is still free. The buyer is told either way, and
        keeps the credits where nothing was bought.
        """
        asked = TopUpSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        payment = services.buy_with_money(
            buyer=self.membership,
            intent_id=self.key_as_id(request),
            pack_code=asked.validated_data["pack"],
            provider=asked.validated_data["provider"],
            claim_ids=asked.validated_data.get("items"),
            total_credits=asked.validated_data.get("total_credits"),
        )
        return Response(PaymentSerializer(payment).data, status=status.HTTP_201_CREATED)
