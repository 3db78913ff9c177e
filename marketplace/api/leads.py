"""The API's leads: found, looked at, and reached once they are bought."""

from typing import Any, Final
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_access import MemberView, find_member
from accounts.models.credentials import Scope
from aiqleads.core.api import CURSOR, NeverCached, documented, page_response
from marketplace import cards, delivery, errors, selectors
from marketplace.models import Listing, Purchase
from marketplace.serializers.finding import FilterSerializer
from marketplace.serializers.leads import (
    FacetsSerializer,
    FoundLeadSerializer,
    LeadDetailSerializer,
    LeadPageSerializer,
    LeadSerializer,
    PricePageSerializer,
    PriceSerializer,
)
from marketplace.serializers.purchases import ContactSerializer, passport_now

NO_SUCH_LEAD: Final = "There is no such lead, or it never was on the marketplace."


class LeadListView(NeverCached):
    """What is on offer, open to everybody."""

    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="leads_list",
        parameters=[FilterSerializer, CURSOR],
        responses=documented({200: LeadPageSerializer}, refusals=(400, 401, 422)),
    )
    def get(self, request: Request) -> Response:
        asked = FilterSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        forgiven = selectors.forgive(asked.filters(), is_literal=asked.validated_data["literal"])
        page = selectors.find(forgiven.filters, cursor=request.query_params.get("cursor"))
        seen = cards.matched(page, membership=find_member(request))
        response = page_response(request, page, FoundLeadSerializer(seen, many=True).data)
        if asked.understood:
            response.data["understood"] = asked.understood.document()
        if forgiven.meant:
            response.data["meant"] = forgiven.meant
        if asked.validated_data["facets"]:
            response.data["facets"] = FacetsSerializer(selectors.facets(selectors.pool(forgiven.filters))).data
        return response


class LeadDetailView(NeverCached):
    """One lead that is or was on offer, open to everybody."""

    permission_classes = (AllowAny,)

    @extend_schema(responses=documented({200: LeadDetailSerializer}, refusals=(401, 404)))
    def get(self, request: Request, lead_id: UUID) -> Response:
        card = cards.in_detail(_listing(lead_id), membership=find_member(request))
        return Response(LeadDetailSerializer(card).data)


class SimilarView(NeverCached):
    """Free offers most like a lead, the likest first, open to everybody."""

    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="leads_similar",
        responses=documented({200: LeadSerializer(many=True)}, refusals=(401, 404)),
    )
    def get(self, request: Request, lead_id: UUID) -> Response:
        seen = cards.cards(selectors.similar_offers(_listing(lead_id)), membership=find_member(request))
        return Response(LeadSerializer(seen, many=True).data)


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

    read_scope = Scope.CONTACTS
    is_compressed = False

    @extend_schema(responses=documented({200: ContactSerializer}, refusals=(401, 403, 404)))
    def get(self, request: Request, lead_id: UUID) -> Response:
        _listing(lead_id)
        purchase = selectors.bought_lead(viewer=self.membership, lead_id=lead_id)
        if purchase is None:
            raise errors.NotBought("Your organisation has not bought this lead.")
        contacts = delivery.unlock_contact(purchase=purchase, viewer_id=self.membership.user_id)
        return Response(ContactSerializer(_contact(purchase, contacts)).data)


def _listing(lead_id: UUID) -> Listing:
    try:
        return selectors.get_listing(lead_id)
    except Listing.DoesNotExist as error:
        raise exceptions.NotFound(NO_SUCH_LEAD) from error


def _contact(purchase: Purchase, contacts: list[delivery.UnlockedContact]) -> dict[str, Any]:
    lead = purchase.lead
    return {
        "address_line": lead.address_line or "",
        "city": lead.city,
        "state_code": lead.state_code,
        "zip_code": lead.zip_code,
        "contacts": contacts,
        "passport": passport_now(purchase),
    }
