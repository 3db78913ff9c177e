"""The marketplace's pages. Each reads typed input, calls one service or selector and chooses what to show.

A page answers with a part of itself when htmx asks for that part by its id; every answer varies by that.
"""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, Final, ParamSpec, cast
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import MemberRequest, VisitorRequest, is_way_back, member_required
from aiqleads.core import keyset
from aiqleads.core.refusals import Refusal
from aiqleads.core.transactions import LockTimeout
from marketplace import bars, cards, delivery, errors, selectors, services
from marketplace.cards import LeadCard
from marketplace.filters import ListingFilters, Sort
from marketplace.forms import CheckoutForm, FilterForm
from marketplace.models import Listing, Purchase

P = ParamSpec("P")

BEST_LEADS_ON_LANDING: Final = 3
BLANK: Final = {"sort": {"", Sort.NEWEST.value}}
NO_SUCH_LEAD: Final = "There is no such lead, or it never was on the marketplace."


def page(
    request: VisitorRequest | MemberRequest,
    template: str,
    context: dict[str, Any],
    *,
    parts: tuple[str, ...] = (),
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """Render ``template``, or only that one of its ``parts`` which htmx wants to replace."""
    wanted = request.htmx.target
    is_part = bool(request.htmx) and not request.htmx.boosted and not request.htmx.history_restore_request
    if is_part and wanted in parts:
        template, context = f"{template}#{wanted}", {**context, "is_swap": True}
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Target", "HX-Boosted", "HX-History-Restore-Request"])
    return response


@never_cache
@require_safe
def landing(request: VisitorRequest) -> HttpResponse:
    best = selectors.search(ListingFilters(sort=Sort.QUALITY), size=BEST_LEADS_ON_LANDING)
    context = {
        "figures": selectors.figures(),
        "cards": cards.cards(best.results, membership=request.membership),
    }
    return page(request, "landing.html", context)


@never_cache
@require_safe
def lead_list(request: VisitorRequest) -> HttpResponse:
    if _tidy(request) != request.GET.urlencode() and not request.htmx:
        return redirect(f"{request.path}?{_tidy(request)}".rstrip("?"))
    form = FilterForm(request.GET)
    context: dict[str, Any] = {"form": form, "query": _tidy(request, without="cursor")}
    if not form.is_valid():
        return page(request, "marketplace/lead_list.html", context, parts=("lead-results",), status=400)
    try:
        found = selectors.search(form.filters(), cursor=request.GET.get("cursor"))
    except keyset.BadCursor:
        return redirect(f"{request.path}?{context['query']}")
    context |= {
        "page": found,
        "cards": cards.cards(found.results, membership=request.membership),
        "total": selectors.count(form.filters()),
        "most_counted": selectors.MOST_COUNTED,
        "active_filters": form.active_filters(),
    }
    response = page(request, "marketplace/lead_list.html", context, parts=("lead-results", "more-leads"))
    if request.htmx.target == "lead-results":
        response["HX-Push-Url"] = f"{request.path}?{context['query']}".rstrip("?")
    return response


def _tidy(request: VisitorRequest, *, without: str = "") -> str:
    """The query string without blanks and defaults, so that a filtered page has one address to share."""
    query = request.GET.copy()
    for name in list(query):
        kept = [value for value in query.getlist(name) if name != without and value not in BLANK.get(name, {""})]
        query.setlist(name, kept) if kept else query.pop(name)
    return query.urlencode()


@never_cache
@require_safe
def lead_detail(request: VisitorRequest, lead_id: UUID) -> HttpResponse:
    return _lead_page(request, lead_id)


def _lead_page(request: VisitorRequest, lead_id: UUID, *, refusal: Refusal | None = None) -> HttpResponse:
    card = _find_card(request, lead_id)
    if card is None:
        return _not_found(request, NO_SUCH_LEAD)
    context = {
        "card": card,
        "listing": card.listing,
        "quality_steps": bars.steps(card.listing.reasons, amount="points"),
        "price_steps": bars.steps(card.listing.quote.parts, amount="credits"),
        "price_history": selectors.quote_history(lead_id),
        "refusal": refusal,
    }
    status = refusal.status if refusal else HTTPStatus.OK
    return page(request, "marketplace/lead_detail.html", context, parts=("lead-offer",), status=status)


@never_cache
@require_safe
def lead_card(request: VisitorRequest, lead_id: UUID) -> HttpResponse:
    """One card alone, as the list shows it now."""
    return _lead_card(request, lead_id)


def _lead_card(request: VisitorRequest, lead_id: UUID, *, refusal: Refusal | None = None) -> HttpResponse:
    card = _find_card(request, lead_id)
    if card is None:
        return _not_found(request, NO_SUCH_LEAD)
    context = {"card": card, "refusal": refusal, "is_swap": bool(request.htmx)}
    status = refusal.status if refusal else HTTPStatus.OK
    return render(request, "marketplace/_lead_card.html", context, status=status)


def _find_card(request: VisitorRequest, lead_id: UUID) -> LeadCard | None:
    try:
        listing = selectors.get_listing(lead_id)
    except Listing.DoesNotExist:
        return None
    return cards.cards([listing], membership=request.membership)[0]


def _not_found(request: VisitorRequest | MemberRequest, says: str) -> HttpResponse:
    return render(request, "404.html", {"says": says}, status=HTTPStatus.NOT_FOUND)


@never_cache
@require_POST
@member_required
def hold(request: MemberRequest, lead_id: UUID) -> HttpResponse:
    """Hold a lead; answers with the part that the button stood in, or sends back to its page."""
    refusal = None
    try:
        services.hold_lead(lead_id=lead_id, buyer=request.membership)
    except (Refusal, LockTimeout) as error:
        refusal = errors.as_refusal(error)
    visitor = cast(VisitorRequest, request)
    if request.htmx and request.htmx.target != "lead-offer":
        return _lead_card(visitor, lead_id, refusal=refusal)
    if refusal or request.htmx:
        return _lead_page(visitor, lead_id, refusal=refusal)
    messages.success(request, "The lead is yours for now. Find it in your cart.")
    return redirect(_way_back(request, lead_id))


def _way_back(request: MemberRequest, lead_id: UUID) -> str:
    back = request.POST.get("next", "")
    if is_way_back(back):
        return f"{back}#lead-{lead_id}"
    return str(redirect("marketplace:lead_detail", lead_id).url)


@never_cache
@require_safe
@member_required
def cart(request: MemberRequest) -> HttpResponse:
    return _cart(request)


def _cart(request: MemberRequest, *, refusal: Refusal | None = None, says: str = "") -> HttpResponse:
    shown = selectors.cart(request.membership)
    context = {
        "cart": shown,
        "lines": ",".join(str(item.claim.pk) for item in shown.live_items),
        "idempotency_key": uuid4(),
        "refusal": refusal,
        "says": says,
    }
    status = refusal.status if refusal else HTTPStatus.OK
    return page(request, "marketplace/cart.html", context, parts=("cart",), status=status)


def cart_action(change: Callable[Concatenate[MemberRequest, P], str]) -> Callable[..., HttpResponse]:
    """A change of the cart: says what it did, and shows the cart as it is after it or after the refusal."""

    @never_cache
    @require_POST
    @member_required
    @wraps(change)
    def answered(request: MemberRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            says = change(request, *args, **kwargs)
        except (Refusal, LockTimeout) as error:
            return _cart(request, refusal=errors.as_refusal(error))
        if request.htmx:
            return _cart(request, says=says)
        messages.success(request, says)
        return redirect("marketplace:cart")

    return answered


@cart_action
def release(request: MemberRequest, claim_id: UUID) -> str:
    services.release_claim(claim_id=claim_id, buyer=request.membership)
    return "Given back. Nothing was charged."


@cart_action
def extend(request: MemberRequest, claim_id: UUID) -> str:
    claim = services.extend_claim(claim_id=claim_id, buyer=request.membership)
    return f"Held until {claim.until:%H:%M:%S} UTC."


@never_cache
@require_POST
@member_required
def checkout(request: MemberRequest) -> HttpResponse:
    form = CheckoutForm(request.POST)
    if not form.is_valid():
        [says, *_] = [error for errors in form.errors.values() for error in errors]
        return _cart(request, refusal=Refusal(str(says)))
    try:
        bought = services.check_out(
            buyer=request.membership,
            idempotency_key=str(form.cleaned_data["idempotency_key"]),
            claim_ids=form.cleaned_data["lines"],
        )
    except (Refusal, LockTimeout) as error:
        return _cart(request, refusal=errors.as_refusal(error))
    messages.success(request, "Paid. The contact is open to you below." if len(bought) == 1 else "Paid.")
    if len(bought) == 1:
        return redirect("marketplace:purchase_detail", bought[0].pk)
    return redirect("marketplace:purchase_list")


@never_cache
@require_safe
@member_required
def purchase_list(request: MemberRequest) -> HttpResponse:
    try:
        found = selectors.purchase_page(request.membership, cursor=request.GET.get("cursor"))
    except keyset.BadCursor:
        return redirect("marketplace:purchase_list")
    return page(request, "marketplace/purchase_list.html", {"page": found}, parts=("more-purchases",))


@never_cache
@require_safe
@member_required
def purchase_detail(request: MemberRequest, purchase_id: UUID) -> HttpResponse:
    try:
        purchase = selectors.access_purchase(viewer=request.membership, purchase_id=purchase_id)
    except Purchase.DoesNotExist:
        return _not_found(request, "Your organisation has no such purchase.")
    contacts = delivery.unlock_contact(purchase=purchase, viewer_id=request.user.pk)
    record = delivery.public_record(purchase)
    context = {
        "purchase": purchase,
        "listing": purchase.lead.listing,
        "contacts": contacts,
        "record": record,
        "post_address": dict(record).get(delivery.POST_ADDRESS),
    }
    return page(request, "marketplace/purchase_detail.html", context)
