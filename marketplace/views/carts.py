"""The cart: what is held, keeping it longer, giving it back, paying."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import pluralize
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import MemberRequest, member_required
from accounts.models import Membership
from aiqleads.core.refusals import Refusal
from aiqleads.core.transactions import LockTimeout
from marketplace import errors, selectors, services
from marketplace.forms.carts import CheckoutForm
from marketplace.models import Purchase
from marketplace.views.parts import page

P = ParamSpec("P")


@never_cache
@require_safe
@member_required
def cart(request: MemberRequest) -> HttpResponse:
    return _cart(request)


def _cart(request: MemberRequest, *, refusal: Refusal | None = None, says: str = "") -> HttpResponse:
    shown = selectors.cart(request.membership)
    facts = refusal.facts if refusal else {}
    paying = shown.only(facts["left"]["items"]) if "left" in facts else shown
    context = {
        "cart": shown,
        "paying": paying,
        "lost": _lost(facts, shown),
        "lines": ",".join(str(item.claim.pk) for item in paying.live_items),
        "idempotency_key": uuid4(),
        "refusal": refusal,
        "says": says,
    }
    status = refusal.status if refusal else HTTPStatus.OK
    return page(request, "marketplace/cart.html", context, parts=("cart",), status=status)


def _lost(facts: dict[str, Any], shown: selectors.CartView) -> list[tuple[selectors.CartItem | None, str]]:
    """Each line that a refused checkout names as lost, once, with why; None for one that the cart does not show."""
    items = {str(claim.pk): item for item in shown.items for claim in item.claims}
    lost = [(items.get(line["item"]), line["why"]) for line in facts.get("lost", [])]
    return [line for number, line in enumerate(lost) if line not in lost[:number]]


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
            total_credits=form.cleaned_data["total_credits"],
        )
    except (Refusal, LockTimeout) as error:
        return _cart(request, refusal=errors.as_refusal(error))
    messages.success(request, _receipt(request.membership, bought))
    if len(bought) == 1:
        return redirect("marketplace:purchase_detail", bought[0].pk)
    return redirect("marketplace:purchase_list")


def _receipt(buyer: Membership, bought: list[Purchase]) -> str:
    paid = selectors.receipt(buyer=buyer, bought=bought)
    wallet = f"your balance was {paid.balance_before_credits} and is now {paid.balance_after_credits}"
    return f"Paid {paid.total_credits} credit{pluralize(paid.total_credits)}: {wallet}."
