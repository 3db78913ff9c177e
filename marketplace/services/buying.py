"""Buying what is held: every line or none, once per Idempotency-Key."""

import hashlib
from collections.abc import Sequence
from uuid import UUID

from accounts.models import Membership
from aiqleads.core import events, transactions
from billing import services as billing
from marketplace import delivery, errors
from marketplace.events import LeadSold
from marketplace.models import Cart, CheckoutReply, Claim, Listing, Purchase
from marketplace.services.holding import locked_cart, refusals, require_buyer


@transactions.write
def check_out(
    *, buyer: Membership, idempotency_key: str, claim_ids: Sequence[UUID] | None = None
) -> list[Purchase]:
    """Buy the cart: every line or none. The same key again answers as it did the first time.

    :param claim_ids: a claim of each line that the buyer was shown; None buys whatever is held
    :raises HoldExpired: a shown line is no longer held; nothing is charged
    :raises CartEmpty | InsufficientCredits | LeadWithdrawn | IdempotencyKeyReused: as they say
    """
    require_buyer(buyer)
    cart = locked_cart(buyer)
    request_hash = _request_hash(claim_ids)
    reply = CheckoutReply.objects.filter(membership=buyer, key=idempotency_key).first()
    if reply:
        return _replayed(reply, request_hash)
    claims = _lines(cart, claim_ids)
    purchases = _buy(claims, buyer)
    CheckoutReply.objects.create(
        membership=buyer,
        key=idempotency_key,
        request_hash=request_hash,
        purchase_ids=[str(purchase.pk) for purchase in purchases],
    )
    return purchases


def _lines(cart: Cart, claim_ids: Sequence[UUID] | None) -> list[Claim]:
    lead_ids = list(Claim.objects.live().filter(cart=cart).values_list("lead_id", flat=True))
    list(Listing.objects.locked(lead_ids))
    claims = list(Claim.objects.live().filter(cart=cart).select_related("lead").locked())
    if claim_ids is not None:
        shown = set(claim_ids)
        if shown - {claim.pk for claim in claims}:
            raise errors.HoldExpired(_why_ended(cart, shown))
        bundles = {claim.bundle for claim in claims if claim.pk in shown}
        claims = [claim for claim in claims if claim.bundle in bundles]
    if not claims:
        raise errors.CartEmpty("You are holding no lead.")
    return claims


def _why_ended(cart: Cart, shown: set[UUID]) -> str:
    bought = Claim.objects.filter(cart=cart, pk__in=shown, state=Claim.State.SOLD).count()
    if bought == len(shown):
        return "You have bought these leads already, and nothing was charged again. See your purchases."
    return "A hold in your cart has ended. Nothing was charged; look at the cart again."


def _buy(claims: list[Claim], buyer: Membership) -> list[Purchase]:
    sales = [
        billing.Sale(key=f"buy:{claim.pk}", memo=str(claim.lead), price_credits=claim.price_credits)
        for claim in claims
    ]
    journals = billing.post_sales(organisation_id=buyer.organisation_id, sales=sales)
    purchases = []
    for claim, journal in zip(claims, journals, strict=True):
        claim.state, claim.journal = Claim.State.SOLD, journal
        with refusals(claim.lead_id):
            claim.save(update_fields=["state", "journal"])
        purchases.append(_record_purchase(claim, buyer))
    return purchases


def _record_purchase(claim: Claim, buyer: Membership) -> Purchase:
    purchase = Purchase.objects.create(
        claim=claim,
        organisation_id=claim.organisation_id,
        membership=buyer,
        lead_id=claim.lead_id,
        price_credits=claim.price_credits,
    )
    delivery.issue_passport(purchase)
    events.publish(LeadSold(lead_id=claim.lead_id, claim_id=claim.pk))
    return purchase


def _replayed(reply: CheckoutReply, request_hash: str) -> list[Purchase]:
    if reply.request_hash != request_hash:
        raise errors.IdempotencyKeyReused("This Idempotency-Key was used for another cart. Use a new one.")
    return list(Purchase.objects.filter(pk__in=reply.purchase_ids).order_by("lead_id"))


def _request_hash(claim_ids: Sequence[UUID] | None) -> str:
    lines = "everything" if claim_ids is None else ",".join(sorted(map(str, claim_ids)))
    return hashlib.sha256(lines.encode()).hexdigest()
