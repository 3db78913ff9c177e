"""Buying what is held: every line or none, at the total that was shown, once per Idempotency-Key."""

import hashlib
import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from functools import partial
from http import HTTPStatus
from typing import Final, TypeVar
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import Membership
from aiqleads.core import events, idempotency, transactions
from aiqleads.core.prepared import Prepared
from aiqleads.core.refusals import Refusal
from billing import services as billing
from leads.models import Lead
from marketplace import delivery, errors
from marketplace.events import LeadSold
from marketplace.models import Cart, Claim, Listing, Purchase
from marketplace.services.caps import lock_cap, require_within_cap
from marketplace.services.delivering import queue_purchases
from marketplace.services.holding import locked_cart

R = TypeVar("R", bound=Refusal)


def check_out(
    *,
    buyer: Membership,
    idempotency_key: str | None,
    claim_ids: Sequence[UUID] | None = None,
    total_credits: int | None = None,
) -> list[Purchase]:
    """Buy the cart: every line or none. The same key again answers as it did the first time.

    :param idempotency_key: None where the door keeps its whole answer, as the API does
    :param claim_ids: a claim of each line that the buyer was shown; None buys whatever is held
    :param total_credits: the sum that the buyer was shown; None where none was
    :raises HoldExpired | LeadWithdrawn | LeadUnavailable: a line is lost and nothing is charged; the fact ``lost``
        says which lines and why, ``left`` which ones could be bought instead and for how much
    :raises LicenceMissing: the member has no verified licence where a home is; it is told like a lost line
    :raises CartChanged: the lines cost another sum than the one shown
    :raises CartEmpty | InsufficientCredits | MemberCapReached | KeyReused: as they say
    """
    buy = partial(_check_out, buyer, idempotency_key, claim_ids, total_credits)
    try:
        return buy()
    except IntegrityError:  # a guard refused a line and all was undone: try each line, to name those that are lost
        with errors.refusals():
            return buy(is_tried_first=True)


@transactions.write
def _check_out(
    buyer: Membership,
    idempotency_key: str | None,
    claim_ids: Sequence[UUID] | None,
    total_credits: int | None,
    *,
    is_tried_first: bool = False,
) -> list[Purchase]:
    cart = locked_cart(buyer)
    lock_cap(buyer)
    once = idempotency_key and {
        "actor": f"checkout:{buyer.pk}",
        "key": idempotency_key,
        "fingerprint": _request_hash(claim_ids, total_credits),
    }
    if once and (kept := idempotency.recall(**once)):
        return list(Purchase.objects.filter(pk__in=json.loads(kept.body)).order_by("lead_id"))
    claims = cart_lines(cart, claim_ids)
    require_total(claims, total_credits)
    require_within_cap(buyer, sum(claim.price_credits for claim in claims))
    if is_tried_first:
        _require_each(claims)
    purchases = pay_for(claims)
    if once:
        body = json.dumps([str(purchase.pk) for purchase in purchases])
        idempotency.keep(**once, reply=idempotency.Reply(status=HTTPStatus.CREATED, body=body))
    return purchases


_HELD: Final = Prepared(lambda cart_id: Claim.objects.live().filter(cart=cart_id).locked())
_OFFERS_HELD: Final = Prepared(
    lambda cart_id: Listing.objects.locked(Claim.objects.live().filter(cart=cart_id).values("lead")).only("pk")
)


def cart_lines(cart: Cart, claim_ids: Sequence[UUID] | None) -> list[Claim]:
    """The running holds of a locked cart that were asked for, locked. Joins the caller's transaction.

    :raises HoldExpired | CartEmpty: one of them has ended, or there is none
    """
    _OFFERS_HELD.rows(cart_id=cart.pk)
    live = _HELD.rows(cart_id=cart.pk)
    leads = Lead.objects.only("kind", "city", "state_code").in_bulk([claim.lead_id for claim in live])
    for claim in live:
        claim.lead = leads[claim.lead_id]
    claims = live if claim_ids is None else _bundles_of(live, claim_ids)
    if claim_ids is not None and set(claim_ids) - {claim.pk for claim in claims}:
        raise _ended(cart, set(claim_ids), claims)
    if not claims:
        raise errors.CartEmpty("You are holding no lead.")
    return claims


def _bundles_of(live: list[Claim], claim_ids: Sequence[UUID]) -> list[Claim]:
    """Those of ``live`` that share a bundle with one of ``claim_ids``."""
    bundles = {claim.bundle for claim in live if claim.pk in claim_ids}
    return [claim for claim in live if claim.bundle in bundles]


def _ended(cart: Cart, shown: set[UUID], left: list[Claim]) -> errors.HoldExpired:
    ended = {claim.pk: claim for claim in Claim.objects.filter(cart=cart, pk__in=shown)}
    lost = [LostLine.of(ended.get(pk), pk) for pk in sorted(shown - {claim.pk for claim in left})]
    if all(pk in ended and ended[pk].state == Claim.State.SOLD for pk in shown):
        says = "You have bought these leads already, and nothing was charged again. See your purchases."
    else:
        says = "A hold in your cart has ended. Nothing was charged; look at the cart again."
    return _telling(errors.HoldExpired(says), lost, left)


@dataclass(frozen=True, slots=True, kw_only=True)
class LostLine:
    """A line of a checkout that cannot be bought, and why, in a sentence."""

    item: str
    lead: str | None
    why: str

    @classmethod
    def of(cls, claim: Claim | None, claim_id: UUID, why: str = "") -> "LostLine":
        """The line that ``claim_id`` stood for; ``claim`` is None when it is none of this cart's."""
        if claim is None:
            return cls(item=str(claim_id), lead=None, why="It is not in your cart.")
        return cls(item=str(claim_id), lead=str(claim.lead_id), why=why or claim.why_ended)


def _telling(refusal: R, lost: list[LostLine], left: list[Claim]) -> R:
    """``refusal`` with what was lost, and what could be bought without it."""
    rest = {"items": [str(claim.pk) for claim in left], "total_credits": sum(claim.price_credits for claim in left)}
    refusal.facts |= {"lost": [asdict(line) for line in lost], "left": rest}
    return refusal


def require_total(claims: list[Claim], shown_credits: int | None) -> None:
    """Refuse another sum than the one that was shown.

    :raises CartChanged: saying what it costs
    """
    total_credits = sum(claim.price_credits for claim in claims)
    if shown_credits not in {None, total_credits}:
        raise errors.CartChanged(
            f"This costs {total_credits} credits, not the {shown_credits} that were shown. Nothing was charged.",
            total_credits=total_credits,
        )


def _require_each(claims: list[Claim]) -> None:
    """Try to sell each line alone, and take it back.

    :raises Refusal: a guard's of the first that is lost; its facts name all of them
    """
    refused = {}
    for claim in claims:
        try:
            with _naming_the_state(claim), transaction.atomic():
                _sell([claim])
                transaction.set_rollback(True)
        except Refusal as refusal:
            refused[claim] = refusal
    if refused:
        lost = [LostLine.of(claim, claim.pk, refusal.detail) for claim, refusal in refused.items()]
        torn = {claim.bundle for claim in refused}
        raise _telling(next(iter(refused.values())), lost, [claim for claim in claims if claim.bundle not in torn])


def _naming_the_state(claim: Claim) -> AbstractContextManager[None]:
    state_code = claim.lead.state_code
    return errors.refusals(purchase_within_licence=lambda: errors.licence_missing(state_code))


def pay_for(claims: list[Claim]) -> list[Purchase]:
    """Turn locked holds of one buyer into sales: all or none. Joins the caller's transaction.

    :raises InsufficientCredits: the wallet does not hold the total
    :raises IntegrityError: a guard refuses one of them
    """
    purchases = _sell(claims)
    delivery.issue_passports(purchases)
    events.publish(*(LeadSold(lead_id=claim.lead_id, claim_id=claim.pk) for claim in claims))
    queue_purchases(purchases)
    return purchases


_SELL: Final = """
WITH sold AS (
    UPDATE marketplace_claim claim SET state = 'sold', journal_id = paid.journal_id
    FROM unnest(%s::uuid[], %s::uuid[]) paid (claim_id, journal_id) WHERE claim.id = paid.claim_id
    RETURNING claim.*)
INSERT INTO marketplace_purchase (id, claim_id, organisation_id, membership_id, lead_id, price_credits)
SELECT gen_random_uuid(), id, organisation_id, membership_id, lead_id, price_credits FROM sold
RETURNING *
"""


def _sell(claims: list[Claim]) -> list[Purchase]:
    """Charge for each claim, mark it sold and write its purchase down."""
    sales = [
        billing.Sale(key=f"buy:{claim.pk}", memo=str(claim.lead), price_credits=claim.price_credits)
        for claim in claims
    ]
    journals = billing.post_sales(organisation_id=claims[0].organisation_id, sales=sales)
    ids = [[claim.pk for claim in claims], [journal.pk for journal in journals]]
    bought = {purchase.claim_id: purchase for purchase in Purchase.objects.raw(_SELL, ids)}
    for claim, journal in zip(claims, journals, strict=True):
        claim.state, claim.journal_id = Claim.State.SOLD, journal.pk
        bought[claim.pk].claim = claim
    return [bought[claim.pk] for claim in claims]


def _request_hash(claim_ids: Sequence[UUID] | None, total_credits: int | None) -> str:
    lines = "everything" if claim_ids is None else ",".join(sorted(map(str, claim_ids)))
    asked = lines if total_credits is None else f"{lines} for {total_credits}"
    return hashlib.sha256(asked.encode()).hexdigest()
