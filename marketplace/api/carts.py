"""The API's cart: hold, keep longer, give back, buy."""

from typing import Final
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_access import MemberView
from accounts.models.credentials import Scope
from aiqleads.core import problems
from aiqleads.core.api import documented
from marketplace import selectors, services
from marketplace.serializers.carts import (
    AddItemSerializer,
    CartSerializer,
    CheckOutProblemSerializer,
    CheckOutSerializer,
    HoldSerializer,
)
from marketplace.serializers.purchases import ReceiptSerializer

LINES_LOST: Final = {(code, problems.CONTENT_TYPE): CheckOutProblemSerializer for code in (409, 422)}


class CartView(MemberView):
    """What the member holds."""

    @extend_schema(responses=documented({200: CartSerializer}, refusals=(401, 403)))
    def get(self, request: Request) -> Response:
        return Response(CartSerializer(selectors.cart(self.membership)).data)


class CartItemsView(MemberView):
    """Leads to hold."""

    required_scope = Scope.HOLD

    @extend_schema(
        request=AddItemSerializer,
        responses=documented({201: HoldSerializer}, refusals=(400, 401, 403, 409, 422, 503)),
    )
    def post(self, request: Request) -> Response:
        """Hold a lead at its price of now. A hold that runs already is left as it is.

        `copies` "all" holds every copy that is left as one item, all or none.
        """
        asked = AddItemSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        claim = services.hold_lead(
            lead_id=asked.validated_data["lead"],
            buyer=self.membership,
            copies=services.Copies(asked.validated_data["copies"]),
            most_credits=asked.validated_data.get("most_credits"),
        )
        return Response(HoldSerializer(selectors.hold_line(claim)).data, status=status.HTTP_201_CREATED)


class CartItemView(MemberView):
    """One hold."""

    required_scope = Scope.HOLD

    @extend_schema(responses=documented({204: None}, refusals=(401, 403, 404, 422, 503)))
    def delete(self, request: Request, claim_id: UUID) -> Response:
        """Give a running hold back."""
        services.release_claim(claim_id=claim_id, buyer=self.membership)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ExtendView(MemberView):
    """The time of one hold."""

    required_scope = Scope.HOLD

    @extend_schema(request=None, responses=documented({200: HoldSerializer}, refusals=(401, 403, 404, 422, 503)))
    def post(self, request: Request, claim_id: UUID) -> Response:
        """Let a running hold last longer, as far as the plan allows."""
        claim = services.extend_claim(claim_id=claim_id, buyer=self.membership)
        return Response(HoldSerializer(selectors.hold_line(claim)).data)


class CheckOutView(MemberView):
    """The purchase of what is held."""

    required_scope = Scope.BUY
    needs_idempotency_key = True

    @extend_schema(
        request=CheckOutSerializer,
        responses={**documented({201: ReceiptSerializer}, refusals=(400, 401, 402, 403, 503)), **LINES_LOST},
    )
    def post(self, request: Request) -> Response:
        """Buy every asked item or none. The same key again answers as the first time and buys nothing.

        Where a line was lost, the problem's `lost` says which and why, and `left` which `items` could be bought
        without it and for what `total_credits`: send those, under a new key, to buy the rest.
        """
        asked = CheckOutSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        bought = services.check_out(
            buyer=self.membership,
            idempotency_key=None,
            claim_ids=asked.validated_data.get("items"),
            total_credits=asked.validated_data.get("total_credits"),
        )
        receipt = selectors.receipt(buyer=self.membership, bought=bought)
        return Response(ReceiptSerializer(receipt).data, status=status.HTTP_201_CREATED)
