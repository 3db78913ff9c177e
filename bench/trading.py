"""Holding, buying and being refused, beside the statements that do it in bare SQL under the same guards."""

import uuid
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.db import IntegrityError, connection, transaction

from accounts.models import Membership
from bench.cast import Cast
from bench.measuring import Comparison
from marketplace import errors, services
from marketplace.models import Listing

LOCK = "SELECT FROM marketplace_listing WHERE lead_id = %(lead)s FOR UPDATE"
HOLD = """
INSERT INTO marketplace_claim
    (id, lead_id, slot_id, organisation_id, membership_id, cart_id, bundle, state, quote_id, release_reason)
SELECT %(claim)s, %(lead)s, slot.id, %(organisation)s, %(member)s, cart.id, gen_random_uuid(), 'held', %(quote)s, ''
FROM marketplace_leadslot slot, marketplace_cart cart
WHERE slot.lead_id = %(lead)s AND cart.membership_id = %(member)s
"""
TELL = """
INSERT INTO core_outboxevent (name, payload, attempts, last_error, delivered_at)
VALUES (%s, '{}', 0, '', core_now())
"""
PAY = """
WITH journal AS (
    INSERT INTO billing_journal (id, key, memo) VALUES (%(journal)s, 'buy:' || %(claim)s, 'bench') RETURNING id)
INSERT INTO billing_entry (journal_id, account_id, lot_id, amount)
SELECT %(journal)s, side.* FROM journal, (VALUES
    (%(wallet)s::uuid, %(lot)s::bigint, -%(price)s), (%(income)s::uuid, NULL, %(price)s)) AS side
"""
SELL = "UPDATE marketplace_claim SET state = 'sold', journal_id = %(journal)s WHERE id = %(claim)s"
RECORD = """
WITH purchase AS (
    INSERT INTO marketplace_purchase (id, claim_id, organisation_id, membership_id, lead_id, price_credits)
    VALUES (%(claim)s, %(claim)s, %(organisation)s, %(member)s, %(lead)s, %(price)s) RETURNING id)
INSERT INTO marketplace_passport (purchase_id, channels, consent, quiet_hours, right_basis, valid_until)
SELECT id, '{}', '', '', '', core_now() FROM purchase
"""

COMPARISONS = ("hold and give back", "hold and buy", "refusal of a taken lead")


def comparisons(cast: Cast) -> Iterator[Comparison]:
    """:param cast: the buyers; every round uses up a lead for each side"""
    yield Comparison(
        name="hold and give back",
        beside="bare SQL",
        ours=lambda _: hold_and_release(cast),
        other=lambda _: hold_and_release_bare(cast),
        rounds=60,
        at_most_ratio=8,
    )
    yield Comparison(
        name="hold and buy",
        beside="bare SQL",
        ours=lambda _: buy(cast),
        other=lambda _: buy_bare(cast),
        rounds=60,
        at_most_ratio=8,
    )
    cast.taken = hold_one_for(cast.other, cast.another_lead())
    yield Comparison(
        name="refusal of a taken lead",
        beside="bare SQL",
        ours=lambda _: be_refused(cast),
        other=lambda _: be_refused_bare(cast),
        rounds=60,
        at_most_ratio=10,
    )


def hold_one_for(buyer: Membership, lead: Listing) -> Listing:
    """Hold ``lead``, so that others are refused."""
    services.hold_lead(lead_id=lead.pk, buyer=buyer)
    return lead


def hold_and_release(cast: Cast) -> None:
    claim = services.hold_lead(lead_id=cast.another_lead().pk, buyer=cast.ours)
    services.release_claim(claim_id=claim.pk, buyer=cast.ours)


def hold_and_release_bare(cast: Cast) -> None:
    facts = _facts(cast.another_lead(), cast.ours)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(HOLD, facts)
        cursor.execute(TELL, ["lead.held"])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE marketplace_claim SET state = 'released' WHERE id = %(claim)s", facts)
        cursor.execute(TELL, ["lead.released"])


def buy(cast: Cast) -> None:
    services.hold_lead(lead_id=cast.another_lead().pk, buyer=cast.ours)
    services.check_out(buyer=cast.ours, idempotency_key=uuid.uuid4().hex)


def buy_bare(cast: Cast) -> None:
    facts = _facts(cast.another_lead(), cast.ours)
    facts |= {"journal": uuid.uuid4(), "wallet": cast.wallet_id, "lot": cast.lot_id, "income": cast.income_id}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(HOLD, facts)
        cursor.execute(TELL, ["lead.held"])
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in (PAY, SELL, RECORD):
            cursor.execute(statement, facts)
        cursor.execute(TELL, ["lead.sold"])


def be_refused(cast: Cast) -> None:
    with suppress(errors.LeadUnavailable):
        services.hold_lead(lead_id=_taken(cast).pk, buyer=cast.ours)


def be_refused_bare(cast: Cast) -> None:
    facts = _facts(_taken(cast), cast.ours)
    with suppress(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK, facts)  # two INSERTs that wait for each other would be a deadlock
        cursor.execute(HOLD, facts)


def _taken(cast: Cast) -> Listing:
    if cast.taken is None:
        raise RuntimeError("Nobody holds the lead that is to be refused.")
    return cast.taken


def _facts(listing: Listing, buyer: Membership) -> dict[str, Any]:
    return {
        "claim": uuid.uuid4(),
        "lead": listing.pk,
        "organisation": buyer.organisation_id,
        "member": buyer.pk,
        "quote": listing.quote_id,
        "price": listing.price_credits,
    }
