"""Buying what is held with credits that are still to come.

The lines are kept, the payment goes its way, and once it has landed they are bought together, for at most what was
shown. If they cannot be, the credits stay and it is told.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid5

from django.urls import reverse

from accounts import permissions
from accounts.models import Membership
from accounts.permissions import Action
from aiqleads.core import clock, transactions
from aiqleads.core.clock import Now
from aiqleads.core.refusals import Refusal
from billing import selectors as billing_selectors
from billing import services as billing
from billing.models import Payment
from marketplace import errors
from marketplace.models import Cart, Claim, Listing, Notification, Purchase, PurchaseIntent, PurchaseIntentLine
from marketplace.services.buying import cart_lines, pay_for, require_total
from marketplace.services.caps import lock_cap, require_within_cap
from marketplace.services.holding import Copies, hold_copies, locked_cart
from marketplace.services.notifying import notify

LIVES: Final = timedelta(hours=24)
State: Final = PurchaseIntent.State


def buy_with_money(
    *,
    buyer: Membership,
    intent_id: UUID,
    pack_code: str,
    provider: str,
    claim_ids: Sequence[UUID] | None = None,
    total_credits: int | None = None,
) -> Payment:
    """Open the provider's page for the credits that the cart lacks; when they land, what is held now is bought.

    The same ``intent_id`` again is the same page. A newer intent of the member takes the place of an older one.

    :param claim_ids: a claim of each line that the buyer was shown; None means whatever is held
    :param total_credits: the sum that the buyer was shown; None where none was
    :raises NotYourRole | PackTooSmall | CartEmpty | CartChanged | HoldExpired: as they say; nothing is paid
    :raises PackNotOffered | ProviderNotOffered | PaymentRefused | ProviderAway: as ``billing`` says them
    """
    transactions.refuse_transaction()
    intent = _intend(buyer, intent_id, pack_code, claim_ids, total_credits)
    return billing.start_checkout(
        member=buyer, pack_code=pack_code, provider=provider, payment_id=intent.payment_id
    )


@transactions.write
def _intend(
    buyer: Membership,
    intent_id: UUID,
    pack_code: str,
    claim_ids: Sequence[UUID] | None,
    total_credits: int | None,
) -> PurchaseIntent:
    permissions.require(buyer, Action.PAY)
    cart = locked_cart(buyer)
    known = PurchaseIntent.objects.filter(pk=intent_id, membership=buyer).first()
    if known:
        return known
    claims = cart_lines(cart, claim_ids)
    require_total(claims, total_credits)
    total = sum(claim.price_credits for claim in claims)
    _require_enough(buyer, pack_code, total)
    earlier = PurchaseIntent.objects.filter(membership=buyer, state=State.WAITING)
    earlier.update(state=State.REPLACED, settled_at=Now())
    intent = PurchaseIntent.objects.create(
        pk=intent_id,
        organisation_id=buyer.organisation_id,
        membership=buyer,
        payment_id=uuid5(intent_id, "payment"),
        total_credits=total,
        expires_at=clock.now() + LIVES,
    )
    PurchaseIntentLine.objects.bulk_create(
        PurchaseIntentLine(
            intent=intent, lead_id=claim.lead_id, bundle=claim.bundle, shown_credits=claim.price_credits
        )
        for claim in claims
    )
    return intent


def _require_enough(buyer: Membership, pack_code: str, total_credits: int) -> None:
    """Refuse a pack after which the cart could still not be paid."""
    pack = billing_selectors.find_pack(pack_code)
    missing = total_credits - billing_selectors.balance_credits(buyer.organisation_id)
    if pack is not None and pack.amount_credits < missing:
        raise errors.PackTooSmall(
            f"This pack is {pack.amount_credits} credits and you are {missing} short.",
            needed_credits=missing,
            field="pack",
        )


def try_intents(*, payment_id: UUID) -> None:
    """Buy what waits for a payment that has landed. Safe to run twice: an intent is settled once."""
    for intent_id in PurchaseIntent.objects.filter(payment_id=payment_id, state=State.WAITING).values_list(
        "pk", flat=True
    ):
        _try(intent_id)


def _try(intent_id: UUID) -> None:
    """Buy all lines or none; a lost one is told. Where rows are locked for long it raises, and is tried later."""
    try:
        with errors.refusals(claim_waits_its_turn=_comes_second, purchase_within_licence=_unlicensed):
            _buy(intent_id)
    except Refusal as refusal:
        _lose(intent_id, refusal.detail)


def _comes_second() -> Refusal:
    return errors.LeadUnavailable("Somebody who waited for a lead of your cart comes first.")


def _unlicensed() -> Refusal:
    return Refusal("You have no verified licence in the state of a lead of your cart.")


@transactions.write
def _buy(intent_id: UUID) -> None:
    buyer = PurchaseIntent.objects.select_related("membership__user").get(pk=intent_id).membership
    cart = locked_cart(buyer)
    intent = PurchaseIntent.objects.select_for_update(of=("self",)).get(pk=intent_id)
    if intent.state != State.WAITING:
        return
    if intent.expires_at <= clock.now():
        raise errors.HoldExpired("The payment took longer than a day.")
    lock_cap(buyer)
    claims = _claims(intent, cart, buyer)
    total = sum(claim.price_credits for claim in claims)
    if total > intent.total_credits:
        raise errors.PriceChanged(f"It costs {total} credits by now and you were shown {intent.total_credits}.")
    require_within_cap(buyer, total)
    purchases = pay_for(claims)
    _settle(intent, State.BOUGHT)
    _tell_bought(intent, purchases)


def _claims(intent: PurchaseIntent, cart: Cart, buyer: Membership) -> list[Claim]:
    """A hold of every line, locked: the one that still runs, or a new one where the lead is free."""
    lines = list(intent.lines.order_by("lead_id", "pk"))
    listings = {listing.pk: listing for listing in Listing.objects.locked([line.lead_id for line in lines])}
    live = list(Claim.objects.live().filter(cart=cart, lead__in=listings).locked())
    found: list[Claim] = []
    for lead_id in sorted(listings):
        asked = [line for line in lines if line.lead_id == lead_id]
        held = [claim for claim in live if claim.lead_id == lead_id]
        copies = Copies.ALL if len(asked) > 1 else Copies.ONE
        claims = held or hold_copies(listings[lead_id], cart, buyer, copies, intent=intent)
        if len(claims) != len(asked):
            raise errors.LeadUnavailable("Somebody else was faster: a lead of your cart is taken.")
        if any(claim.price_credits > asked[0].shown_credits for claim in claims):
            raise errors.PriceChanged("A lead of your cart costs more by now than you were shown.")
        found += claims
    return found


def _settle(intent: PurchaseIntent, state: str, says: str = "") -> None:
    intent.state, intent.says, intent.settled_at = state, says[:300], Now()
    intent.save(update_fields=["state", "says", "settled_at"])


@transactions.write
def _lose(intent_id: UUID, says: str) -> None:
    intent = PurchaseIntent.objects.select_for_update(of=("self",)).get(pk=intent_id)
    if intent.state != State.WAITING:
        return
    _settle(intent, State.LOST, says)
    paid = Payment.objects.get(pk=intent.payment_id)
    kept = f"Nothing was charged for them: the {paid.amount_credits:,} credits that you paid for are yours."
    notify(
        membership_id=intent.membership_id,
        kind=Notification.Kind.INTENT,
        key=f"intent:{intent.pk}",
        says="Your payment has arrived, but the leads of your cart could not be bought",
        body=f"{says}\n{kept}",
        path=reverse("marketplace:cart"),
    )


def _tell_bought(intent: PurchaseIntent, purchases: list[Purchase]) -> None:
    spent = sum(purchase.price_credits for purchase in purchases)
    count = len(purchases)
    what = "1 lead is yours" if count == 1 else f"{count} leads are yours"
    left = billing_selectors.balance_credits(intent.organisation_id)
    notify(
        membership_id=intent.membership_id,
        kind=Notification.Kind.INTENT,
        key=f"intent:{intent.pk}",
        says=f"Your payment has arrived: {what} for {spent} credits",
        body=f"Paid {spent} of at most {intent.total_credits} credits; {left} are left.",
        path=purchases[0].get_absolute_url() if count == 1 else reverse("marketplace:purchase_list"),
    )


@transactions.write
def give_up_intents() -> int:
    """Close what waited for a payment that did not come within its day; return how many. Again is harmless.

    Nobody is told: nothing was paid. A payment that comes even later credits, and says so itself.
    """
    over = PurchaseIntent.objects.filter(state=State.WAITING, expires_at__lte=Now())
    return over.update(state=State.LOST, says="The payment did not come within a day.", settled_at=Now())
