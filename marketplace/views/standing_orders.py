"""The pages of an organisation's standing orders."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import MemberRequest, member_required
from aiqleads.core.refusals import Refusal
from aiqleads.core.transactions import LockTimeout
from billing import selectors as billing
from marketplace import errors, search_text, selectors, services
from marketplace.access import TERRITORY_MINUTES
from marketplace.forms.standing_orders import ConsentForm, StandingOrderForm
from marketplace.models import StandingOrder
from marketplace.selectors import OrderView
from marketplace.views.parts import not_found, page

NO_SUCH_ORDER: Final = "Your organisation has no such standing order."
RECEIPTS_SHOWN: Final = 20
DEFAULT_CAPS: Final = {
    "most_credits_per_lead": 20,
    "daily_leads": 2,
    "daily_credits": 40,
    "monthly_leads": 20,
    "monthly_credits": 300,
}
Change = Callable[[MemberRequest, OrderView], HttpResponse]


def of_ones_own(view: Change) -> Callable[..., HttpResponse]:
    """Let a view have the order that its address names; its page says what is refused."""

    @never_cache
    @member_required
    @wraps(view)
    def found(request: MemberRequest, order_id: UUID) -> HttpResponse:
        try:
            kept = selectors.access_order(viewer=request.membership, order_id=order_id)
        except StandingOrder.DoesNotExist:
            return not_found(request, NO_SUCH_ORDER)
        try:
            return view(request, kept)
        except (Refusal, LockTimeout) as error:
            refusal = errors.as_refusal(error)
            return _order_page(request, kept, refusal=refusal, status=refusal.status)

    return found


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def order_list(request: MemberRequest) -> HttpResponse:
    """All of them, and a form for a new one; the address may bring the filters of a search along."""
    if request.method != "POST":
        query = request.GET.urlencode()
        return _list(request, _form(request, initial={**DEFAULT_CAPS, "query": query}), query=query)
    form = _form(request, request.POST)
    query = request.POST.get("query", "")
    if not form.is_valid():
        return _list(request, form, query=query, status=HTTPStatus.BAD_REQUEST)
    try:
        order = services.make_order(buyer=request.membership, **_said(form))
    except (Refusal, LockTimeout) as error:
        refusal = errors.as_refusal(error)
        return _list(request, form, query=query, refusal=refusal, status=refusal.status)
    messages.success(request, "Kept, and off. Read what it will do, then turn it on.")
    return redirect("marketplace:standing_order", order.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@of_ones_own
def standing_order(request: MemberRequest, kept: OrderView) -> HttpResponse:
    """One of them: what it says, what it bought; or change it."""
    if request.method != "POST":
        return _order_page(request, kept)
    form = _form(request, request.POST)
    if not form.is_valid():
        return _order_page(request, kept, form=form, status=HTTPStatus.BAD_REQUEST)
    order = services.change_order(buyer=request.membership, order_id=kept.order.pk, **_said(form))
    says = "Kept." if order.is_on else "Kept, and off. Read what it will do now, then turn it on."
    messages.success(request, says)
    return redirect("marketplace:standing_order", order.pk)


@require_POST
@of_ones_own
def agree(request: MemberRequest, kept: OrderView) -> HttpResponse:
    form = ConsentForm(request.POST)
    if not form.is_valid():
        return _order_page(request, kept, consent_form=form, status=HTTPStatus.BAD_REQUEST)
    services.agree_to_order(buyer=request.membership, order_id=kept.order.pk, terms=form.cleaned_data["terms"])
    messages.success(request, "It is on. You hear of each purchase, and can pause it at any moment.")
    return redirect("marketplace:standing_order", kept.order.pk)


@require_POST
@of_ones_own
def pause(request: MemberRequest, kept: OrderView) -> HttpResponse:
    services.pause_order(buyer=request.membership, order_id=kept.order.pk)
    messages.success(request, f"“{kept.order}” is paused. It buys nothing more.")
    return redirect("marketplace:order_list")


@require_POST
@of_ones_own
def close(request: MemberRequest, kept: OrderView) -> HttpResponse:
    services.close_order(buyer=request.membership, order_id=kept.order.pk)
    messages.success(request, f"“{kept.order}” is gone. What it bought stays yours.")
    return redirect("marketplace:order_list")


def _form(request: MemberRequest, data: Any = None, *, initial: dict[str, Any] | None = None) -> StandingOrderForm:
    return StandingOrderForm(data, initial=initial, organisation_id=request.membership.organisation_id)


def _said(form: StandingOrderForm) -> dict[str, Any]:
    """What a valid form says, as the services take it."""
    territory = form.cleaned_data["territory"]
    return {
        "name": form.cleaned_data["name"],
        "query": form.cleaned_data["query"],
        "caps": form.caps(),
        "territory_id": territory.pk if territory else None,
    }


def _list(
    request: MemberRequest,
    form: StandingOrderForm,
    *,
    query: str,
    refusal: Refusal | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    context = {
        "form": form,
        "refusal": refusal,
        "asked": search_text.in_words(query),
        "orders": selectors.standing_orders(request.membership.organisation_id),
        "plans": billing.plans_offered(),
        "territory_minutes": TERRITORY_MINUTES,
    }
    return page(request, "marketplace/order_list.html", context, status=status)


def _order_page(
    request: MemberRequest,
    kept: OrderView,
    *,
    form: StandingOrderForm | None = None,
    consent_form: ConsentForm | None = None,
    refusal: Refusal | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    order = kept.order
    known = {name: getattr(order, name) for name in ("name", "query", "territory", *DEFAULT_CAPS)}
    context = {
        "kept": kept,
        "order": order,
        "form": form or _form(request, initial=known),
        "asked": search_text.in_words(order.query),
        "consent_form": consent_form,
        "purchases": selectors.bought_by_order(order)[:RECEIPTS_SHOWN],
        "refusal": refusal,
    }
    return page(request, "marketplace/standing_order.html", context, status=status)
