"""The page of one lead, its card, and holding it."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Final, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import MemberRequest, VisitorRequest, is_way_back, member_required
from aiqleads.core.refusals import Refusal
from aiqleads.core.transactions import LockTimeout
from marketplace import bars, cards, errors, knowledge, selectors, services
from marketplace.cards import LeadCard
from marketplace.models import Listing
from marketplace.views.parts import not_found, page

NO_SUCH_LEAD: Final = "There is no such lead, or it never was on the marketplace."


@never_cache
@require_safe
def lead_detail(request: VisitorRequest, lead_id: UUID) -> HttpResponse:
    answer = _lead_page(request, lead_id)
    if request.membership and answer.status_code == HTTPStatus.OK and not request.htmx:
        services.note_view(lead_id=lead_id, member=request.membership)
    return answer


def _lead_page(request: VisitorRequest, lead_id: UUID, *, refusal: Refusal | None = None) -> HttpResponse:
    card = _find_card(request, lead_id, is_in_detail=True)
    if card is None:
        return not_found(request, NO_SUCH_LEAD)
    context = {
        "card": card,
        "listing": card.listing,
        "quality_steps": bars.steps(knowledge.counted(card.listing.reasons), amount="points"),
        "knowledge": knowledge.knowledge_of(card.listing.reasons),
        "price_steps": bars.steps(card.listing.quote.parts, amount="credits"),
        "price_history": selectors.quote_history(lead_id),
        "is_watched": _is_watched(request, lead_id),
        "similar": cards.cards(selectors.similar_offers(card.listing), membership=request.membership),
        "refusal": refusal,
    }
    status = refusal.status if refusal else HTTPStatus.OK
    return page(request, "marketplace/lead_detail.html", context, parts=("lead-offer",), status=status)


def _is_watched(request: VisitorRequest, lead_id: UUID) -> bool:
    return bool(request.membership and selectors.watched_leads(request.membership, [lead_id]))


@never_cache
@require_safe
def lead_card(request: VisitorRequest, lead_id: UUID) -> HttpResponse:
    """One card alone, as the list shows it now."""
    return _lead_card(request, lead_id)


def _lead_card(request: VisitorRequest, lead_id: UUID, *, refusal: Refusal | None = None) -> HttpResponse:
    card = _find_card(request, lead_id)
    if card is None:
        return not_found(request, NO_SUCH_LEAD)
    context = {"card": card, "refusal": refusal, "is_swap": bool(request.htmx)}
    status = refusal.status if refusal else HTTPStatus.OK
    return render(request, "marketplace/_lead_card.html", context, status=status)


def _find_card(request: VisitorRequest, lead_id: UUID, *, is_in_detail: bool = False) -> LeadCard | None:
    try:
        listing = selectors.get_listing(lead_id)
    except Listing.DoesNotExist:
        return None
    if is_in_detail:
        return cards.in_detail(listing, membership=request.membership)
    return cards.cards([listing], membership=request.membership)[0]


def offer_action(change: Callable[[MemberRequest, UUID], str]) -> Callable[..., HttpResponse]:
    """A member's change of one offer, which says what it did.

    Answers with the part that the button stood in, as it is after the change or the refusal, or sends back to its
    page.
    """

    @never_cache
    @require_POST
    @member_required
    @wraps(change)
    def answered(request: MemberRequest, lead_id: UUID) -> HttpResponse:
        refusal, says = None, ""
        try:
            says = change(request, lead_id)
        except (Refusal, LockTimeout) as error:
            refusal = errors.as_refusal(error)
        visitor = cast(VisitorRequest, request)
        if request.htmx and request.htmx.target != "lead-offer":
            return _lead_card(visitor, lead_id, refusal=refusal)
        if refusal or request.htmx:
            return _lead_page(visitor, lead_id, refusal=refusal)
        messages.success(request, says)
        return redirect(_way_back(request, lead_id))

    return answered


@offer_action
def hold(request: MemberRequest, lead_id: UUID) -> str:
    services.hold_lead(
        lead_id=lead_id, buyer=request.membership, copies=_copies(request), most_credits=_most_credits(request)
    )
    return "The lead is yours for now. Find it in your cart."


def _copies(request: MemberRequest) -> services.Copies:
    try:
        return services.Copies(request.POST.get("copies", services.Copies.ONE))
    except ValueError as error:
        raise Refusal("Hold one copy or all of them.") from error


def _most_credits(request: MemberRequest) -> int | None:
    """What the page said that a copy costs."""
    shown = request.POST.get("most_credits", "")
    return int(shown) if shown.isascii() and shown.isdecimal() else None


def _way_back(request: MemberRequest, lead_id: UUID) -> str:
    back = request.POST.get("next", "")
    if is_way_back(back):
        return f"{back}#lead-{lead_id}"
    return str(redirect("marketplace:lead_detail", lead_id).url)
