"""The audit trail as a chain: seals over what can no longer grow, and looking for what was changed since.

Whoever writes an entry holds a lock on the table from before he draws a number until he commits. So once those have
ended who held that lock when a number was read, everything up to that number is there, however late.
Entries are hashed by the database, over their columns as JSON: a million are looked through in seconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import structlog
from django.db import connection
from django.db.models import Max

from aiqleads.core import alerts, clock, transactions
from aiqleads.core.models import AuditEntry, AuditHorizon, AuditSeal

log = structlog.get_logger(__name__)

ENTRIES_PER_SEAL: Final = 10_000
"""At most: a range that was changed is named no finer than its seal."""
LONGEST_UNSEALED_SECONDS: Final = 3_600
FIRST_NUMBER: Final = 1
_BEFORE_THE_FIRST: Final = "0" * 64

_HASH_OF_RANGE: Final = """
    SELECT count(id), encode(sha256(decode(%s, 'hex') || coalesce(string_agg(told, '' ORDER BY number), '')), 'hex')
    FROM (
        SELECT id, number, sha256(convert_to(jsonb_build_array(
            number, id, (extract(epoch FROM at) * 1000000)::bigint, actor_id, action, subject, details,
            door, network, address_hash, agent, request_id
        )::text, 'UTF8')) AS told
        FROM core_auditentry WHERE number BETWEEN %s AND %s
    ) AS entries
"""
_WRITERS: Final = """
    SELECT DISTINCT virtualtransaction FROM pg_locks
    WHERE locktype = 'relation' AND relation = 'core_auditentry'::regclass AND mode = 'RowExclusiveLock'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid <> pg_backend_pid()
"""
_REACH: Final = """
    SELECT max(number) FROM (
        SELECT number FROM core_auditentry WHERE number BETWEEN %s AND %s ORDER BY number LIMIT %s
    ) AS first_ones
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """What one sealing did: so many seals over so many entries, up to ``last_number``."""

    seals: int = 0
    rows: int = 0
    last_number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A stretch of the trail that is not as it was sealed, and how one sees that."""

    first_number: int
    last_number: int
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What :func:`verify` saw; ``head`` is the newest seal's hash, to be held against the log."""

    seals: int
    rows: int
    unsealed: int
    head: str
    faults: list[Fault] = field(default_factory=list)


def seal() -> Sealed:
    """Seal what can no longer grow, and note how far the trail reaches for the next time.

    Safe to run twice and side by side: the second waits for the first and finds its work done. A chain whose newest
    seal is not the one that was made last is not gone on with: it was tampered with, and operators are told.
    """
    try:
        made = _seal()
    except _ChainBroken:
        alerts.open_alert(
            key="audit.broken", says="The audit trail's newest seal is gone. Run manage.py verify_audit."
        )
        return Sealed()
    if made:
        log.info("audit.sealed", seals=len(made), rows=sum(one.rows for one in made), head=made[-1].sha256)
    return Sealed(
        seals=len(made), rows=sum(one.rows for one in made), last_number=made[-1].last_number if made else 0
    )


class _ChainBroken(Exception):
    """The newest seal is not the one that the horizon remembers."""


@transactions.write
def _seal() -> list[AuditSeal]:
    horizon = _locked_horizon()
    if horizon is None or set(horizon.waits_for) & set(_writers()):
        return []
    newest = AuditSeal.objects.order_by("-first_number").first()
    if (newest.sha256 if newest else "") != horizon.sealed_sha256:
        raise _ChainBroken
    made = list(_seal_up_to(horizon.number, after=newest))
    if made:
        horizon.sealed_number, horizon.sealed_sha256 = made[-1].last_number, made[-1].sha256
    horizon.number, horizon.waits_for = _reach()
    horizon.read_at = clock.Now()
    horizon.save()
    return made


def _locked_horizon() -> AuditHorizon | None:
    """The horizon of the last time, locked; None where there was none, and now there is."""
    horizon = AuditHorizon.objects.select_for_update().first()
    if horizon is not None:
        return horizon
    number, waits_for = _reach()
    AuditHorizon.objects.bulk_create([AuditHorizon(number=number, waits_for=waits_for)], ignore_conflicts=True)
    return None


def _reach() -> tuple[int, list[str]]:
    """The last number that was drawn, and the transactions that may still commit it or one before.

    Two statements, in this order: whoever draws after the first is no concern of ours.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM core_auditentry_number")
        number = cursor.fetchone()[0]
        return number, _writers()


def _writers() -> list[str]:
    """The other transactions that have written entries and not ended."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITERS)
        return [name for (name,) in cursor.fetchall()]


def _seal_up_to(number: int, *, after: AuditSeal | None) -> Iterator[AuditSeal]:
    """Numbers that nobody has, after a transaction was rolled back, are sealed with the entries after them."""
    first, previous = (after.last_number + 1, after.sha256) if after else (FIRST_NUMBER, _BEFORE_THE_FIRST)
    while (last := _last_of_batch(first, number)) is not None:
        rows, digest = _hash_of(previous, first, last)
        yield AuditSeal.objects.create(
            first_number=first, last_number=last, rows=rows, previous_sha256=previous, sha256=digest
        )
        first, previous = last + 1, digest


def _last_of_batch(first: int, number: int) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(_REACH, [first, number, ENTRIES_PER_SEAL])
        last: int | None = cursor.fetchone()[0]
    return last


def _hash_of(previous: str, first: int, last: int) -> tuple[int, str]:
    with connection.cursor() as cursor:
        cursor.execute(_HASH_OF_RANGE, [previous, first, last])
        rows, digest = cursor.fetchone()
    return rows, digest


def verify(*, head: str = "") -> Verdict:
    """Look through the whole trail for what is not as it was sealed.

    :param head: a hash that the log told once; a chain that does not hold it was cut off or begun anew
    """
    faults: list[Fault] = []
    first, previous, seals, rows, heads = FIRST_NUMBER, _BEFORE_THE_FIRST, 0, 0, {""}
    wanted = {head, _remembered_head()}
    for link in AuditSeal.objects.order_by("first_number").iterator():
        seals, rows = seals + 1, rows + link.rows
        faults += _faults_of(link, expected_first=first, previous=previous)
        heads |= wanted & {link.sha256}
        first, previous = link.last_number + 1, link.sha256
    if wanted - heads:
        faults.append(
            Fault(first_number=first, last_number=_last_number(first), says="the end of the chain is gone")
        )
    unsealed = AuditEntry.objects.filter(number__gte=first).count()
    return Verdict(seals=seals, rows=rows, unsealed=unsealed, head=previous if seals else "", faults=faults)


def _remembered_head() -> str:
    horizon = AuditHorizon.objects.first()
    return horizon.sealed_sha256 if horizon else ""


def _last_number(first: int) -> int:
    last = AuditEntry.objects.aggregate(last=Max("number"))["last"]
    return max(first, last or 0)


def _faults_of(link: AuditSeal, *, expected_first: int, previous: str) -> Iterator[Fault]:
    """What one seal says that the rows, or the seal before it, do not."""
    if link.first_number != expected_first or link.previous_sha256 != previous:
        gap_ends = max(expected_first, link.first_number - 1)
        yield Fault(first_number=expected_first, last_number=gap_ends, says="a seal is gone or was exchanged")
    found, digest = _hash_of(link.previous_sha256, link.first_number, link.last_number)
    if digest == link.sha256 and found == link.rows:
        return
    difference = found - link.rows
    says = f"{abs(difference)} {'added' if difference > 0 else 'removed'}" if difference else "changed"
    yield Fault(first_number=link.first_number, last_number=link.last_number, says=says)


def find_unsealed() -> Iterator[alerts.Finding]:
    """A watch: entries that no seal covers for long, because nobody seals or a transaction does not end."""
    horizon = AuditHorizon.objects.first()
    late = AuditEntry.objects.filter(
        number__gt=horizon.sealed_number if horizon else 0,
        at__lt=clock.Now() - timedelta(seconds=LONGEST_UNSEALED_SECONDS),
    )
    if late.exists():
        yield alerts.Finding(
            key="audit.unsealed:trail", says="The audit trail was not sealed for an hour. Does beat run?"
        )
