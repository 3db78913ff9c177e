"""Holds and checkouts by two processes at once, beside bare SQL under the same guards; and what must never be."""

import multiprocessing
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import django
from django.db import connection

from bench import cast, trading
from bench.cast import Cast, Share
from marketplace.models import Listing

PROCESSES: Final = 2
SECONDS: Final = 4.0

Work = Callable[[Cast], None]
WORKS: Final[dict[str, tuple[Work, Work]]] = {
    "holds on many leads": (trading.hold_and_release, trading.hold_and_release_bare),
    "attempts on one held lead": (trading.be_refused, trading.be_refused_bare),
    "checkouts": (trading.buy, trading.buy_bare),
}
"""What is done, and the same as bare SQL."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How often a second it is done by all processes together, and would be if its statements were all the work."""

    done: float
    statements_alone: float


def rates(name: str) -> tuple[Rate, Rate]:
    """Ours, and the least SQL that does the same."""
    return _rate(name, 0), _rate(name, 1)


def _rate(name: str, side: int) -> Rate:
    buyers = cast.assemble()
    taken = trading.hold_one_for(buyers.other, buyers.another_lead()).pk if "one" in name else None
    with multiprocessing.get_context("spawn").Pool(PROCESSES, initializer=django.setup) as pool:
        shares = [Share(number=number, processes=PROCESSES) for number in range(PROCESSES)]
        each = pool.starmap(_work, [(name, side, share, taken) for share in shares], chunksize=1)
    return Rate(sum(one.done for one in each), sum(one.statements_alone for one in each))


class Statements:
    """Counts the seconds that statements take, from this process and back; beginnings and commits are left out."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self, execute: Callable[..., Any], *asked: Any) -> Any:
        started_at = time.perf_counter()
        try:
            return execute(*asked)
        finally:
            self.seconds += time.perf_counter() - started_at


def _work(name: str, side: int, share: Share, taken: UUID | None) -> Rate:
    buyers = cast.assemble(share)
    buyers.taken = Listing.objects.get(pk=taken) if taken else None
    work = WORKS[name][side]
    work(buyers)
    done, statements, started_at = 0, Statements(), time.perf_counter()
    with connection.execute_wrapper(statements):
        while time.perf_counter() - started_at < SECONDS:
            work(buyers)
            done += 1
    return Rate(done / (time.perf_counter() - started_at), done / statements.seconds)


OVERSOLD: Final = """
SELECT count(*) FROM marketplace_leadslot slot
WHERE (SELECT count(*) FROM marketplace_claim WHERE slot_id = slot.id AND state = 'sold') > 1
"""
CHARGED_TWICE: Final = """
SELECT count(*) FROM marketplace_claim claim
WHERE state = 'sold' AND (SELECT count(*) FROM billing_journal WHERE key = 'buy:' || claim.id) <> 1
"""
OUT_OF_BALANCE: Final = """
SELECT count(*) FROM billing_account account
WHERE organisation_id IS NOT NULL
    AND balance <> (SELECT coalesce(sum(amount), 0) FROM billing_entry WHERE account_id = account.id)
"""
WRONGS: Final = {"oversold": OVERSOLD, "charged twice": CHARGED_TWICE, "wallets out of balance": OUT_OF_BALANCE}


def wrongs() -> Iterator[tuple[str, int]]:
    """What must never be, and how often it is."""
    for name, statement in WRONGS.items():
        with connection.cursor() as cursor:
            cursor.execute(statement)
            yield name, cursor.fetchone()[0]
