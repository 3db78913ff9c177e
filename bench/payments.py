"""Payments recorded a second, beside bare SQL of the same rows; and how long many journals are looked at.

Recorded is what ``record_payment`` does where a provider says that it was paid: lot, journal, entries, payment,
invoice and event in one transaction. Looked at is each invariant that ``manage.py verify_ledger`` asks.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import Model

from accounts import services as accounts
from accounts.models import User
from accounts.plans import CURRENT_TERMS_VERSION
from aiqleads.core.models import OutboxEvent
from bench import books
from bench.measuring import Figure
from billing import services
from billing.invariants import BY_THEMSELVES, INVARIANTS, Invariant, broken
from billing.models import Entry, Invoice, Journal, Lot, Pack, Payment
from billing.providers.port import Money, PaymentState, PaymentStatus

PAYMENTS: Final = 480
ORGANISATIONS: Final = 10
PACKS: Final = 2_000
"""How many each organisation bought, of 50 credits; it spent four of five by sales of ten credits."""
FIGURES: Final = (
    "payments recorded a second, 16 threads",
    *(f"books of 0: {invariant.name}" for invariant in INVARIANTS),
    "books of 0: wrong",
)
MOST_SECONDS: Final = 5
WRITTEN: Final[Sequence[type[Model]]] = (Lot, Journal, Entry, Payment, Invoice, OutboxEvent)
FILL: Final = """
SET LOCAL session_replication_role = replica;
CREATE TEMP TABLE bought ON COMMIT DROP AS
SELECT account.id AS account, account.organisation_id AS organisation, number, gen_random_uuid() AS journal,
    gen_random_uuid() AS payment, nextval(pg_get_serial_sequence('billing_lot', 'id')) AS lot
FROM billing_account account, generate_series(1, %(packs)s) AS number
WHERE account.organisation_id = ANY(%(owners)s) AND kind = 'paid';
INSERT INTO billing_lot (id, account_id, amount, remaining, paid_cents)
SELECT lot, account, 50, CASE WHEN number * 5 <= %(packs)s * 4 THEN 0 ELSE 50 END, 5000 FROM bought;
INSERT INTO billing_journal (id, key, memo) SELECT journal, 'sandbox:pi:' || payment, 'Filled' FROM bought;
INSERT INTO billing_entry (journal_id, account_id, lot_id, amount, balance_after)
SELECT journal, account, lot, 50, 50 * number FROM bought ORDER BY number;
INSERT INTO billing_entry (journal_id, account_id, amount)
SELECT journal, house.id, CASE kind WHEN 'issued' THEN -50 WHEN 'unearned' THEN -5000 ELSE 5000 END
FROM bought, billing_account house WHERE house.organisation_id IS NULL
    AND (kind = 'issued' OR kind = 'unearned' OR (kind = 'clearing' AND house.provider = 'sandbox'));
INSERT INTO billing_payment (id, organisation_id, provider, purpose, pack_id, bill_id, amount_credits, net_cents,
    tax_cents, status, checkout_id, checkout_url, capture_id, code, says, paid_at, journal_id)
SELECT payment, organisation, 'sandbox', 'pack', %(pack)s, '', 50, 5000, 0, 'paid', '', '', payment::text, '', '',
    core_now(), journal FROM bought;
CREATE TEMP TABLE sold ON COMMIT DROP AS
SELECT account, lot, gen_random_uuid() AS journal, (number - 1) * 5 + part AS place
FROM bought, generate_series(1, 5) AS part WHERE number * 5 <= %(packs)s * 4;
INSERT INTO billing_journal (id, key, memo) SELECT journal, 'sale:' || journal, 'Filled' FROM sold;
INSERT INTO billing_entry (journal_id, account_id, lot_id, amount, balance_after)
SELECT journal, account, lot, -10, 50 * %(packs)s - 10 * place FROM sold ORDER BY place;
INSERT INTO billing_entry (journal_id, account_id, amount)
SELECT journal, house.id, 10 FROM sold, billing_account house
WHERE house.organisation_id IS NULL AND kind = 'revenue' AND unit = 'credits';
UPDATE billing_account SET balance = 10 * %(packs)s
WHERE organisation_id = ANY(%(owners)s) AND kind = 'paid';
"""
Rows = dict[type[Model], list[tuple[Any, ...]]]


def figures() -> Iterator[Figure]:
    pack = Pack.objects.create(code=f"bench-{uuid4().hex[:8]}", name="50", price_cents=5_000, amount_credits=50)
    yield _recorded(pack)
    _fill(pack)
    journals = Journal.objects.count()
    for invariant in INVARIANTS:
        yield Figure(
            name=f"books of {journals:,}: {invariant.name}",
            value=_seconds(invariant),
            unit="s",
            at_most=MOST_SECONDS,
        )
    yield Figure(
        name=f"books of {journals:,}: wrong", value=len(broken(BY_THEMSELVES)), unit="invariants", at_most=0
    )


def _recorded(pack: Pack) -> Figure:
    owners = [_owner(f"payers{number}") for number in range(books.ORGANISATIONS)]
    started = [
        Payment.objects.create(
            organisation_id=owners[number % len(owners)], provider="sandbox", pack=pack,
            purpose=Payment.Purpose.PACK, amount_credits=50, net_cents=5_000,
        )
        for number in range(PAYMENTS)
    ]  # fmt: skip
    known: dict[type[Model], set[Any]] = {model: set(_ids(model)) for model in WRITTEN if model is not Payment}
    shares = [started[number :: books.THREADS] for number in range(books.THREADS)]
    taken = books.at_once([partial(_record, [payment.pk for payment in share]) for share in shares])
    written = {model: [row for row in _rows(model) if row[0] not in known.get(model, ())] for model in WRITTEN}
    with _plain_tables():
        bare = books.at_once([partial(_insert, written, number) for number in range(books.THREADS)])
    return Figure(
        name=FIGURES[0],
        value=PAYMENTS / taken,
        unit="a second",
        at_least=1,
        beside="bare SQL, same rows",
        other=PAYMENTS / bare,
    )


def _owner(name: str) -> UUID:
    """An organisation that has its accounts."""
    user = User.objects.create_user(f"{name}-{uuid4().hex}@example.com")
    member = accounts.add_organisation(owner=user, name=name, terms_version=CURRENT_TERMS_VERSION)
    services.grant_credits(
        organisation_id=member.organisation_id, amount_credits=1, key=f"bench:{member.pk}", memo="Bench"
    )
    return member.organisation_id


def _record(payment_ids: Sequence[UUID]) -> None:
    for payment_id in payment_ids:
        state = PaymentState(
            status=PaymentStatus.PAID,
            reference=str(payment_id),
            capture_id=f"bench-{payment_id}",
            paid=Money(minor=5_000),
            refunded=Money(minor=0),
        )
        services.record_payment(payment_id=payment_id, state=state)


def _ids(model: type[Model]) -> list[Any]:
    return list(model._default_manager.values_list("pk", flat=True))


def _rows(model: type[Model]) -> list[tuple[Any, ...]]:
    """Every row of a table, its key first."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT kept.id, kept::text FROM {model._meta.db_table} kept")  # noqa: S608  (a name of ours)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


@contextmanager
def _plain_tables() -> Iterator[None]:
    """Tables of the same columns, checks and indexes, which nothing guards."""
    with connection.cursor() as cursor:
        for model in WRITTEN:
            table = model._meta.db_table
            cursor.execute(f"CREATE TABLE plain_{table} (LIKE {table} INCLUDING ALL)")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {', '.join(f'plain_{model._meta.db_table}' for model in WRITTEN)}")


def _insert(written: Rows, number: int) -> None:
    """This thread's share of what the payments wrote, one transaction each."""
    for place in range(number, PAYMENTS, books.THREADS):
        with transaction.atomic(), connection.cursor() as cursor:
            for model, rows in written.items():
                each = len(rows) // PAYMENTS
                table = model._meta.db_table
                for _, row in rows[place * each : (place + 1) * each]:
                    cursor.execute(f"INSERT INTO plain_{table} SELECT (%s::{table}).*", [row])


def _fill(pack: Pack) -> None:
    """Books of as many journals as a busy year leaves, each of them right."""
    owners = [_owner(f"filled{number}") for number in range(ORGANISATIONS)]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FILL, {"owners": owners, "packs": PACKS, "pack": pack.pk})
    with connection.cursor() as cursor:  # as autovacuum does in time: not while the clock runs
        cursor.execute("VACUUM (ANALYZE) billing_journal, billing_entry, billing_lot, billing_payment")


def _seconds(invariant: Invariant) -> float:
    started_at = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({invariant.broken}) found")  # noqa: S608  (SQL of ours)
        cursor.fetchone()
    return time.perf_counter() - started_at
