"""Everything that moves credits, by many at once, while connections end half-way and lots end by the clock."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from random import Random
from typing import Final
from uuid import UUID

import psycopg
import pytest
from django.db import Error, connection

from aiqleads.core import clock, transactions
from aiqleads.core.transactions import LockTimeout
from billing import selectors, services
from billing.errors import InsufficientCredits
from billing.invariants import BY_THEMSELVES, broken
from billing.models import Entry, Journal, Lot
from tests.conftest import at_length, open_membership
from tests.database import url_of

pytestmark = [pytest.mark.no_cover, pytest.mark.race, pytest.mark.django_db(transaction=True)]

THREADS: Final = 16
ATTEMPTS: Final = at_length(short=12, soak=1_500)
KEYS: Final = count()
APPLICATION: Final = "hammered-books"


class Trader:
    """One thread's way through the books of a few organisations."""

    def __init__(self, owners: list[UUID], seed: int) -> None:
        self.owners, self.random, self.done = owners, Random(seed), Counter[str]()

    def run(self) -> Counter[str]:
        acts = [self.give, self.pay, self.sell, self.sell, self.give_back, self.refund, self.undo, self.end]
        for _ in range(ATTEMPTS):
            act = self.random.choice(acts)
            try:
                act(self.random.choice(self.owners))
                self.done[act.__name__] += 1
            except (InsufficientCredits, Journal.DoesNotExist, LockTimeout) as refusal:
                self.done[type(refusal).__name__] += 1
            except (Error, psycopg.Error):
                self.done["connection lost"] += 1
                connection.close()
        connection.close()
        return self.done

    def give(self, owner: UUID) -> None:
        services.grant_credits(
            organisation_id=owner, amount_credits=self.amount, key=self.key, memo="", valid_days=self.days
        )

    def pay(self, owner: UUID) -> None:
        credited = self.amount
        _post_payment(owner, f"sandbox:pi:{self.key}", credited, self.random.choice([None, self.days]))

    def sell(self, owner: UUID) -> None:
        prices = [self.random.randint(1, 9) for _ in range(self.random.randint(1, 3))]
        _post_sales(owner, [services.Sale(key=f"sale:{self.key}", memo="", price_credits=each) for each in prices])

    def give_back(self, owner: UUID) -> None:
        sold = Journal.objects.filter(key__startswith="sale:", reversal=None, entries__account__organisation=owner)
        self.reverse(sold.order_by("?").first(), "return")

    def refund(self, owner: UUID) -> None:
        lot = Lot.objects.filter(account__organisation=owner, account__kind="paid").order_by("?").first()
        if lot is None:
            return
        credits_back = self.random.randint(1, 5)
        aside = _set_aside(lot, credits_back, f"refund:{self.key}")
        if self.random.randrange(2):
            _settle(owner, credits_back, f"refunded:{self.key}")
        else:
            self.reverse(aside, "refund-failed")

    def undo(self, owner: UUID) -> None:
        if self.random.randrange(4) == 0:
            lot = Lot.objects.filter(account__organisation=owner, account__kind="paid").order_by("?").first()
            _claw_back(owner, self.amount, lot.pk if lot else None, f"dispute:{self.key}")

    def end(self, owner: UUID) -> None:
        services.expire_lots(organisation_id=owner)

    def reverse(self, journal: Journal | None, why: str) -> None:
        if journal:
            _reverse(journal, f"{why}:{journal.pk}")

    @property
    def amount(self) -> int:
        return self.random.randint(5, 40)

    @property
    def days(self) -> int:
        return self.random.randint(1, 20)

    @property
    def key(self) -> str:
        return str(next(KEYS))


@transactions.write
def _post_payment(owner: UUID, key: str, credited: int, days: int | None) -> None:
    services.post_payment(
        organisation_id=owner,
        key=key,
        memo="",
        amount_credits=credited,
        net_cents=97 * credited,
        tax_cents=8 * credited,
        provider="sandbox",
        valid_days=days,
    )


@transactions.write
def _post_sales(owner: UUID, sales: list[services.Sale]) -> None:
    services.post_sales(organisation_id=owner, sales=sales)


@transactions.write
def _reverse(journal: Journal, key: str) -> None:
    services.reverse_journal(journal_id=journal.pk, key=key, memo="")


@transactions.write
def _set_aside(lot: Lot, credits_back: int, key: str) -> Journal:
    return services.set_aside(
        lot_id=lot.pk, amount_credits=credits_back, net_cents=97 * credits_back, key=key, memo=""
    )


@transactions.write
def _settle(owner: UUID, credits_back: int, key: str) -> None:
    services.settle_refund(
        organisation_id=owner,
        amount_credits=credits_back,
        net_cents=97 * credits_back,
        tax_cents=8 * credits_back,
        provider="sandbox",
        key=key,
        memo="",
    )


@transactions.write
def _claw_back(owner: UUID, amount: int, lot_id: int | None, key: str) -> None:
    services.claw_back(organisation_id=owner, amount_credits=amount, first_lot_id=lot_id, key=key, memo="")


@pytest.mark.usefixtures("clock")  # puts the days back that pass meanwhile
def test_whatever_moves_credits_at_once_the_books_are_right(monkeypatch):
    """Backends are ended in the middle of their statements, and days pass meanwhile."""
    connection.close_pool()
    monkeypatch.setenv("PGAPPNAME", APPLICATION)
    owners = [open_membership(f"owner{number}").organisation_id for number in range(4)]
    are_done = threading.Event()
    saboteur = threading.Thread(target=_sabotage, args=(are_done,))
    saboteur.start()
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            outcomes = sum(pool.map(lambda seed: Trader(owners, seed).run(), range(THREADS)), Counter[str]())
    finally:
        are_done.set()
        saboteur.join()

    connection.close()
    services.recognise_revenue(day=clock.now().date())
    assert broken(BY_THEMSELVES) == []
    assert {"give", "pay", "sell", "give_back", "refund", "undo", "end"} <= outcomes.keys()
    spendable = sum(selectors.balance_credits(owner) for owner in owners)
    assert selectors.credits_in_wallets() == spendable
    assert selectors.earned_cents() == 0
    assert Entry.objects.count() > len(owners) * THREADS


def _sabotage(are_done: threading.Event) -> None:
    with psycopg.connect(
        url_of(connection.settings_dict["NAME"]), autocommit=True, application_name="saboteur"
    ) as own:
        while not are_done.wait(0.2):
            own.execute("UPDATE test_clock SET shift = shift + interval '1 day'")
            own.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s "
                "AND state <> 'idle' AND datname = current_database() AND random() < 0.2 LIMIT 1",
                [APPLICATION],
            )
