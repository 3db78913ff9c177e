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

from accounts import permissions
from accounts.access import MemberRequest, member_required
from accounts.models import Membership
from accounts.permissions import Action
from aiqleads.core.refusals import Refusal
from aiqleads.core.transactions import LockTimeout
from billing import selectors as billing
from billing.views.parts import ways_of_paying
from marketplace import errors, selectors, services
from marketplace.forms.carts import CheckoutForm, TopUpForm
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
        "intent": selectors.waiting_intent(request.membership),
        **_ways_to_pay(request.membership, paying),
    }
    status = refusal.status if refusal else HTTPStatus.OK
    return page(request, "marketplace/cart.html", context, parts=("cart",), status=status)


def _ways_to_pay(buyer: Membership, paying: selectors.CartView) -> dict[str, Any]:
    """What an owner can buy where credits are missing: nothing is asked where there are enough."""
    if not paying.missing_credits or not permissions.allows(buyer, Action.PAY):
        return {}
    packs = [pack for pack in billing.packs_on_offer() if pack.amount_credits >= paying.missing_credits]
    return {"packs": packs, "ways": ways_of_paying(), "intent_id": uuid4()}


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


@never_cache
@require_POST
@member_required
def top_up(request: MemberRequest) -> HttpResponse:
    """On to the provider's page for the credits that the cart lacks; it is bought when they land."""
    form = TopUpForm(request.POST)
    if not form.is_valid():
        [says, *_] = [error for errors in form.errors.values() for error in errors]
        return _cart(request, refusal=Refusal(str(says)))
    chosen = form.cleaned_data
    try:
        payment = services.buy_with_money(
            buyer=request.membership,
            intent_id=chosen["idempotency_key"],
            pack_code=chosen["pack"],
            provider=chosen["provider"],
            claim_ids=chosen["lines"],
            total_credits=chosen["total_credits"],
        )
    except (Refusal, LockTimeout) as error:
        return _cart(request, refusal=errors.as_refusal(error))
    return redirect(payment.checkout_url or payment.get_absolute_url())


def _receipt(buyer: Membership, bought: list[Purchase]) -> str:
    paid = selectors.receipt(buyer=buyer, bought=bought)
    wallet = f"your balance was {paid.balance_before_credits} and is now {paid.balance_after_credits}"
    return f"Paid {paid.total_credits} credit{pluralize(paid.total_credits)}: {wallet}."
