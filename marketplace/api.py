"""The API's doors to the marketplace. Each reads typed input, calls one service or selector, and answers."""

from typing import Any, Final
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_access import MemberView, find_member
from aiqleads.core.api import CURSOR, NeverCached, documented, page_response
from marketplace import cards, delivery, errors, selectors, services
from marketplace.models import Listing, Purchase
from marketplace.serializers import (
    AddItemSerializer,
    CartSerializer,
    CheckOutSerializer,
    ContactSerializer,
    FilterSerializer,
    HoldSerializer,
    LeadDetailSerializer,
    LeadPageSerializer,
    LeadSerializer,
    PricePageSerializer,
    PriceSerializer,
    PurchasePageSerializer,
    PurchaseSerializer,
    ReceiptSerializer,
)

LONGEST_KEY: Final = 80
NOT_YET: Final = ("polygon", "facets")
IDEMPOTENCY_KEY: Final = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    description="Chosen by the client, at most 80 characters. The same key again gets the same answer.",
)
NO_SUCH_LEAD: Final = "There is no such lead, or it never was on the marketplace."


class NoIdempotencyKey(exceptions.APIException):
    """Without a key a repeated request could buy twice."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "idempotency_key_required"
    default_detail = "Send an Idempotency-Key header of 1 to 80 printable characters."


class LeadListView(NeverCached):
    """What is on offer, open to everybody."""

    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="leads_list",
        parameters=[FilterSerializer, CURSOR],
        responses=documented({200: LeadPageSerializer}, refusals=(400, 401, 422)),
    )
    def get(self, request: Request) -> Response:
        _refuse_what_comes_later(request)
        asked = FilterSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        page = selectors.search(asked.filters(), cursor=request.query_params.get("cursor"))
        seen = cards.cards(page.results, membership=find_member(request))
        return page_response(request, page, LeadSerializer(seen, many=True).data)


class LeadDetailView(NeverCached):
    """One lead that is or was on offer, open to everybody."""

    permission_classes = (AllowAny,)

    @extend_schema(responses=documented({200: LeadDetailSerializer}, refusals=(401, 404)))
    def get(self, request: Request, lead_id: UUID) -> Response:
        [card] = cards.cards([_listing(lead_id)], membership=find_member(request))
        return Response(LeadDetailSerializer(card).data)


class PriceHistoryView(MemberView):
    """How the list price of a lead moved, newest first."""

    @extend_schema(
        parameters=[CURSOR], responses=documented({200: PricePageSerializer}, refusals=(400, 401, 403, 404))
    )
    def get(self, request: Request, lead_id: UUID) -> Response:
        _listing(lead_id)
        page = selectors.quote_page(lead_id, cursor=request.query_params.get("cursor"))
        return page_response(request, page, PriceSerializer(page.results, many=True).data)


class ContactView(MemberView):
    """How to reach the owner of a bought lead. Each look is recorded."""

    @extend_schema(responses=documented({200: ContactSerializer}, refusals=(401, 403, 404)))
    def get(self, request: Request, lead_id: UUID) -> Response:
        _listing(lead_id)
        purchase = selectors.bought_lead(viewer=self.membership, lead_id=lead_id)
        if purchase is None:
            raise errors.NotBought("Your organisation has not bought this lead.")
        contacts = delivery.unlock_contact(purchase=purchase, viewer_id=self.membership.user_id)
        return Response(ContactSerializer(_contact(purchase, contacts)).data)


class CartView(MemberView):
    """What the member holds."""

    @extend_schema(responses=documented({200: CartSerializer}, refusals=(401, 403)))
    def get(self, request: Request) -> Response:
        return Response(CartSerializer(selectors.cart(self.membership)).data)


class CartItemsView(MemberView):
    """Leads to hold."""

    @extend_schema(
        request=AddItemSerializer,
        responses=documented({201: HoldSerializer}, refusals=(400, 401, 403, 409, 422, 503)),
    )
    def post(self, request: Request) -> Response:
        """Hold a lead at its price of now. A hold that runs already is left as it is."""
        asked = AddItemSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        claim = services.hold_lead(lead_id=asked.validated_data["lead"], buyer=self.membership)
        return Response(HoldSerializer(claim).data, status=status.HTTP_201_CREATED)


class CartItemView(MemberView):
    """One hold."""

    @extend_schema(responses=documented({204: None}, refusals=(401, 403, 404, 422, 503)))
    def delete(self, request: Request, claim_id: UUID) -> Response:
        """Give a running hold back."""
        services.release_claim(claim_id=claim_id, buyer=self.membership)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ExtendView(MemberView):
    """The time of one hold."""

    @extend_schema(request=None, responses=documented({200: HoldSerializer}, refusals=(401, 403, 404, 422, 503)))
    def post(self, request: Request, claim_id: UUID) -> Response:
        """Let a running hold last longer, as far as the plan allows."""
        claim = services.extend_claim(claim_id=claim_id, buyer=self.membership)
        return Response(HoldSerializer(claim).data)


class CheckOutView(MemberView):
    """The purchase of what is held."""

    @extend_schema(
        request=CheckOutSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses=documented({201: ReceiptSerializer}, refusals=(400, 401, 402, 403, 409, 422, 503)),
    )
    def post(self, request: Request) -> Response:
        """Buy every asked item or none. The same key again answers as the first time and buys nothing."""
        key = _idempotency_key(request)
        asked = CheckOutSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        bought = services.check_out(
            buyer=self.membership, idempotency_key=key, claim_ids=asked.validated_data.get("items")
        )
        purchases = selectors.purchases(self.membership).filter(pk__in=[one.pk for one in bought])
        total_credits = sum(one.price_credits for one in bought)
        receipt = ReceiptSerializer({"purchases": purchases, "total_credits": total_credits})
        return Response(receipt.data, status=status.HTTP_201_CREATED)


class PurchaseListView(MemberView):
    """What the organisation bought, newest first."""

    @extend_schema(
        operation_id="purchases_list",
        parameters=[CURSOR],
        responses=documented({200: PurchasePageSerializer}, refusals=(400, 401, 403)),
    )
    def get(self, request: Request) -> Response:
        page = selectors.purchase_page(self.membership, cursor=request.query_params.get("cursor"))
        return page_response(request, page, PurchaseSerializer(page.results, many=True).data)


class PurchaseDetailView(MemberView):
    """One purchase of the organisation."""

    @extend_schema(responses=documented({200: PurchaseSerializer}, refusals=(401, 403, 404)))
    def get(self, request: Request, purchase_id: UUID) -> Response:
        try:
            purchase = selectors.access_purchase(viewer=self.membership, purchase_id=purchase_id)
        except Purchase.DoesNotExist as error:
            raise exceptions.NotFound("Your organisation has no such purchase.") from error
        return Response(PurchaseSerializer(purchase).data)


def _refuse_what_comes_later(request: Request) -> None:
    for name in NOT_YET:
        if name in request.query_params:
            raise errors.FilterNotSupported(f"Searching with {name} is not possible yet. Leave it out.")


def _listing(lead_id: UUID) -> Listing:
    try:
        return selectors.get_listing(lead_id)
    except Listing.DoesNotExist as error:
        raise exceptions.NotFound(NO_SUCH_LEAD) from error


def _idempotency_key(request: Request) -> str:
    key = request.headers.get("Idempotency-Key", "").strip()
    if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise NoIdempotencyKey
    return key


def _contact(purchase: Purchase, contacts: list[delivery.UnlockedContact]) -> dict[str, Any]:
    lead = purchase.lead
    return {
        "address_line": lead.address_line or "",
        "city": lead.city,
        "state_code": lead.state_code,
        "zip_code": lead.zip_code,
        "contacts": contacts,
        "passport": purchase.passport,
    }
