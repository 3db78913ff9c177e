"""Wrong code, killed processes and ended connections sell nothing twice and charge nobody twice.

Each guard, dropped, lets the same hammer break what it guards: so none stands there for nothing.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from accounts.models import Membership
from marketplace.models import Cart, Claim
from tests.conftest import at_length, give_credits, make_source, offer_lead, open_membership
from tests.marketplace.hammering import hammer, offences
from tests.marketplace.ordered import order_on

pytestmark = [
    pytest.mark.no_cover,
    pytest.mark.race,
    pytest.mark.soak,
    pytest.mark.django_db(transaction=True),
]

WORKERS = at_length(short=2, soak=6)
ATTEMPTS = at_length(short=50, soak=600)
LEADS = at_length(short=4, soak=80)
BUYERS = 8

GUARDS = {
    "slot_claimed_once": "a copy claimed twice at once",
    "one_bundle_per_organisation": "one organisation with two bundles of a lead",
    "bundle_moves_together": "a bundle torn",
    "claim_guard": "a hold beyond its plan",
    "claim_waits_its_turn": "a hold past those who waited",
    "claim_within_its_order": "an order beyond its caps",
    "orders_leave_half": "orders with more than half",
    "order_sells_at_once": "an order that only holds",
    "payment_buys_its_claim": "a payment without its sale",
    "sale_has_its_purchase": "a sale without its purchase",
    "claim_counts_copies": "a count of copies that is wrong",
    "journal_balances": "books that do not balance",
    "account_changes_by_entries": "books that do not balance",
    "entry_moves_the_balance": "books that do not balance",
}
"""Each guard, and what the hammer does where it is missing."""

Floor = tuple[list[Membership], list[Any]]


@pytest.fixture
def floor(clock) -> Floor:
    """Buyers with a cart and a standing order each, and leads of one, two and three copies, two in a region.

    The hammer lets time pass for everybody: ``clock`` puts it back.
    """
    source = make_source("open-site", may_list=True)
    members = [open_membership(f"buyer{number}") for number in range(BUYERS)]
    for member in members:
        give_credits(member, 200)
        Cart.objects.create(membership=member)
        order_on(member, daily_leads=2)
    leads = [
        offer_lead(source, copies=1 + number % 3, zip_code=f"{500 + number // 2}04") for number in range(LEADS)
    ]
    return members, [lead.pk for lead in leads]


def test_whatever_is_hammered_nothing_is_sold_or_charged_twice(floor):
    members, lead_ids = floor

    outcomes = hammer(members, lead_ids, workers=WORKERS, attempts=ATTEMPTS, seed=1)

    assert offences() == {}, outcomes
    assert outcomes["killed"] >= 1
    assert outcomes["done"] > ATTEMPTS // 4
    assert outcomes["wrong code refused"] > ATTEMPTS // 10
    assert Claim.objects.exists()


def definition_of(guard: str) -> tuple[str, str]:
    """How to drop a guard, and how to make it again."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT format('DROP TRIGGER %%I ON %%s', tgname, tgrelid::regclass), pg_get_triggerdef(oid)
               FROM pg_trigger WHERE tgname = %(guard)s
               UNION ALL
               SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
                      format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname,
                             pg_get_constraintdef(oid))
               FROM pg_constraint WHERE conname = %(guard)s AND contype <> 't'""",
            {"guard": guard},
        )
        [(drop, make)] = cursor.fetchall()
    return drop, make


@pytest.fixture
def without() -> Iterator[Callable[[str], None]]:
    """Drops a guard until the test is over; what was broken meanwhile is emptied before it stands again."""
    made_again = []

    def drop_guard(guard: str) -> None:
        drop, make = definition_of(guard)
        made_again.append(make)
        with connection.cursor() as cursor:
            cursor.execute(drop)

    yield drop_guard
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE marketplace_claim, billing_journal, billing_account CASCADE")
        for make in made_again:
            cursor.execute(make)


@pytest.mark.parametrize("guard", at_length(short=["slot_claimed_once"], soak=list(GUARDS)))
def test_without_a_guard_the_hammer_breaks_what_it_guards(floor, without, guard):
    members, lead_ids = floor
    without(guard)

    outcomes = hammer(members, lead_ids, workers=WORKERS, attempts=ATTEMPTS, seed=2)

    assert GUARDS[guard] in offences(), outcomes
