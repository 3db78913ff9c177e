"""Journals a second, by many at once, beside plain inserts of the same rows into tables that nothing guards."""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from random import Random
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from aiqleads.core import transactions
from bench import cast
from bench.measuring import Figure
from billing import services
from billing.errors import InsufficientCredits
from billing.invariants import BY_THEMSELVES, broken
from billing.models import Entry, Journal

THREADS: Final = 16
ORGANISATIONS: Final = 4
SECONDS: Final = 8.0
FIGURES: Final = ("journals a second, 16 threads", "books that are wrong afterwards")

PLAIN_TABLES: Final = """
CREATE TABLE plain_journal (LIKE billing_journal INCLUDING ALL);
CREATE TABLE plain_entry (LIKE billing_entry INCLUDING ALL);
"""
INSERT_JOURNAL: Final = "INSERT INTO plain_journal (id, key, memo, reverses_id) VALUES (%s, %s, %s, %s)"
INSERT_ENTRY: Final = """
INSERT INTO plain_entry (id, journal_id, account_id, lot_id, amount, balance_after)
VALUES (%s, %s, %s, %s, %s, %s)
"""
Row = tuple[Any, ...]


def figures() -> Iterator[Figure]:
    owners = [cast.buyer(f"books{number}").organisation_id for number in range(ORGANISATIONS)]
    before = Journal.objects.count()
    keys = count()
    taken = at_once([partial(_trade, owners, seed, keys) for seed in range(THREADS)])
    posted = Journal.objects.count() - before
    plain = _plain_inserts()
    yield Figure(
        name=FIGURES[0],
        value=posted / taken,
        unit="a second",
        at_least=1,
        beside="plain inserts",
        other=plain,
    )
    yield Figure(name=FIGURES[1], value=len(broken(BY_THEMSELVES)), unit="invariants", at_most=0)


def at_once(works: list[Callable[[], None]]) -> float:
    """Run all of them, each on a thread and a connection; how many seconds it took."""
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # the product's has fewer places than threads
    connection.settings_dict["OPTIONS"]["pool"]["max_size"] = len(works) + 1
    started_at = time.perf_counter()
    with ThreadPoolExecutor(len(works)) as pool:
        for done in [pool.submit(_on_a_connection, work) for work in works]:
            done.result()
    return time.perf_counter() - started_at


def _on_a_connection(work: Callable[[], None]) -> None:
    try:
        work()
    finally:
        connection.close()


def _trade(owners: list[UUID], seed: int, keys: "count[int]") -> None:
    """Top-ups, purchases of up to three leads and returns, until the time is over."""
    chance = Random(seed)  # noqa: S311  (no secret)
    ends_at = time.perf_counter() + SECONDS
    mine: list[Journal] = []
    while time.perf_counter() < ends_at:
        owner, key = chance.choice(owners), next(keys)
        match chance.randrange(5):
            case 0:
                _top_up(owner, f"sandbox:pi:{key}")
            case 1 if mine:
                _take_back(mine.pop())
            case _:
                mine += _buy(owner, [f"sale:{key}:{number}" for number in range(chance.randint(1, 3))])


@transactions.write
def _top_up(owner: UUID, key: str) -> None:
    services.post_payment(
        organisation_id=owner,
        key=key,
        memo="",
        amount_credits=50,
        net_cents=5_000,
        tax_cents=400,
        provider="sandbox",
    )


@transactions.write
def _take_back(sold: Journal) -> None:
    services.reverse_journal(journal_id=sold.pk, key=f"return:{sold.pk}", memo="")


@transactions.write
def _buy(owner: UUID, keys: list[str]) -> list[Journal]:
    sales = [services.Sale(key=key, memo="", price_credits=10) for key in keys]
    try:
        return services.post_sales(organisation_id=owner, sales=sales)
    except InsufficientCredits:
        return []


def _plain_inserts() -> float:
    """How many of the same journals a second the same threads insert, one transaction each, with their entries."""
    entries: dict[UUID, list[Row]] = {}
    for row in Entry.objects.values_list("pk", "journal_id", "account_id", "lot_id", "amount", "balance_after"):
        entries.setdefault(row[1], []).append(row)
    journals = list(Journal.objects.values_list("pk", "key", "memo", "reverses_id"))
    with connection.cursor() as cursor:
        cursor.execute(PLAIN_TABLES)
    try:
        shares = [journals[number::THREADS] for number in range(THREADS)]
        return len(journals) / at_once([partial(_insert, share, entries) for share in shares])
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE plain_entry, plain_journal")


def _insert(journals: Iterable[Row], entries: dict[UUID, list[Row]]) -> None:
    for journal in journals:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(INSERT_JOURNAL, journal)
            cursor.executemany(INSERT_ENTRY, entries[journal[0]])
