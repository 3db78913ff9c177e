"""Sixteen threads top up, buy, give back, refund and dispute, while connections end and the provider's line breaks.

Afterwards the books balance to the credit and to the cent, beside the provider's own. ``make soak`` does it for a
minute; ``ARGS="-s tests/billing/test_hammer_of_payments.py"`` says how often each was done and refused.
"""

import logging
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

import pytest
from django.db import connection
from django.db.models import Sum

from aiqleads.core import alerts
from billing import selectors
from billing.invariants import broken
from billing.models import (
    Difference,
    Dispute,
    Entry,
    InboxMessage,
    Invoice,
    Pack,
    Payment,
    Refund,
    SandboxObject,
)
from marketplace.models import Purchase
from tests.billing import hammered
from tests.billing.dying import bought
from tests.conftest import at_length, make_source, offer_lead, open_membership
from tests.marketplace.hammering import offences

pytestmark = [pytest.mark.no_cover, pytest.mark.race, pytest.mark.soak, pytest.mark.django_db(transaction=True)]

THREADS: Final = 16
ATTEMPTS: Final = at_length(short=14, soak=1_000_000)
SECONDS: Final = 60.0
OWNERS: Final = at_length(short=3, soak=5)
LEADS: Final = at_length(short=8, soak=300)
NEVER: Final = {"a copy claimed twice at once", "a sale without its purchase"}
"""Of what ``offences`` asks, what holds where leads come back, too."""
ENDED: Final = "connections ended"
ALWAYS_DONE: Final = at_length(
    short={"top_up", "come_back", "buy_leads", "refund", "bring_a_message", "work", ENDED},
    soak={*hammered.WEIGHTS, "line broken", ENDED},
)


@pytest.fixture
def in_silence() -> Iterator[None]:
    """Without the log: each connection that is ended would be told."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def floor(settings: Any) -> tuple[list[Any], list[Any]]:
    """Owners who paid for a pack each, and leads of three copies."""
    settings.PAYMENT_ADAPTERS = {"sandbox": hammered.__name__}
    Pack.objects.create(code="fifty", name="50 credits", price_cents=4_900, amount_credits=50)
    owners = [open_membership(f"owner{number}") for number in range(OWNERS)]
    for owner in owners:
        bought(owner)
    source = make_source("open-site", may_list=True)
    return owners, [offer_lead(source, copies=3, zip_code=f"{500 + number}04").pk for number in range(LEADS)]


def test_whatever_is_hammered_the_books_end_as_the_providers(floor, olga, clock, monkeypatch, in_silence):
    owners, leads = floor
    connection.close_pool()
    monkeypatch.setenv("PGAPPNAME", hammered.APPLICATION)

    done = hammered.hammer(owners, olga.pk, leads, threads=THREADS, attempts=ATTEMPTS, seconds=SECONDS)

    connection.close()
    last = hammered.settle(clock)
    told = dict(sorted(done.items()))
    sys.stdout.write(f"{told}\n")
    assert done.keys() >= ALWAYS_DONE, told
    assert (last.error, last.differences) == ("", 0), (
        told,
        list(Difference.objects.filter(closed_at=None).values()),
    )
    assert broken() == [], told
    assert NEVER.isdisjoint(offences()), (told, offences())
    assert clearing_cents() == money_at_the_provider(), told
    assert captures_here() == captures_there(), told
    for owner in owners:
        assert has_credits(owner) == is_due_credits(owner), told
    assert chains_that_break() == []
    assert not [alert for alert in alerts.open_alerts() if alert.key.startswith("books")]
    assert not InboxMessage.objects.exclude(state="done").exists()
    assert set(Invoice.objects.filter(refund=None).values_list("payment", flat=True)) == set(
        Payment.objects.filter(status="paid").values_list("pk", flat=True)
    )


def captures_here() -> Counter[str]:
    """The provider's names of the money that we posted, each as often as it was."""
    posted = Payment.objects.filter(status="paid", journal__isnull=False)
    return Counter(posted.values_list("capture_id", flat=True))


def captures_there() -> Counter[str]:
    return Counter(SandboxObject.objects.filter(kind="payment", data__status="paid").values_list("pk", flat=True))


def clearing_cents() -> int:
    return sum(Entry.objects.filter(account__kind="clearing").values_list("amount", flat=True))


def money_at_the_provider() -> int:
    lines = SandboxObject.objects.filter(kind="movement").values_list("data", flat=True)
    return sum(line["gross"] - line["fee"] for line in lines)


def has_credits(owner: Any) -> int:
    return selectors.balance_credits(owner.organisation_id) - selectors.owed_credits(owner.organisation_id)


def is_due_credits(owner: Any) -> int:
    """What is left of what an organisation paid for, by what it did and not by the books."""

    def total(rows: Any, field: str) -> int:
        return rows.aggregate(total=Sum(field, default=0))["total"]

    organisation = owner.organisation_id
    return (
        total(Payment.objects.filter(organisation=organisation, status="paid"), "amount_credits")
        - total(Purchase.objects.filter(organisation=organisation, claim__state="sold"), "price_credits")
        - total(
            Refund.objects.filter(payment__organisation=organisation).exclude(status="failed"), "amount_credits"
        )
        - total(Dispute.objects.filter(payment__organisation=organisation).exclude(status="won"), "amount_credits")
    )


def chains_that_break() -> list[int]:
    """Entries whose balance is not the one before it and their own amount."""
    entries = Entry.objects.filter(account__organisation__isnull=False).order_by("account", "pk")
    torn = []
    for _, chain in groupby(
        entries.values_list("account", "pk", "amount", "balance_after"), key=lambda row: row[0]
    ):
        balance = 0
        for _, entry_id, amount, balance_after in chain:
            balance += amount
            if balance_after != balance:
                torn.append(entry_id)
    return torn
