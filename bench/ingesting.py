"""Records in: stored, merged and checked, beside bare INSERTs of the same rows, among more and more leads.

A quarter of the records are other adverts of homes that are there, so that look-ups find something and merging has
its work; the rest are homes that nobody knew. What a record costs is told in CPU time too, on our side and on the
database's, since a busy machine changes the rate and hardly the cost.
"""

import gc
import multiprocessing
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import count, islice
from typing import Any, Final, TypeVar
from uuid import UUID, uuid4

import django
import psutil
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Model

from aiqleads.core.transactions import LockTimeout
from bench import arriving
from bench.measuring import Comparison, Figure
from bench.pipeline import plausible_record
from leads import services
from leads.models import Contact, Lead, Observation, Score, Source
from leads.records import ListingRecord
from marketplace.synthetic import SOURCE, TABLES

Written = TypeVar("Written")

BATCH: Final = 50
PROCESSES: Final = 2
SECONDS: Final = 20.0
FIRST: Final = 1_000_000
"""Numbers of homes that no other benchmark brings."""
SLOWEST_RATE: Final = 100.0
"""Half of what is aimed at: a busy machine may be in the way."""
LEAST_OF_FIRST_RATE: Final = 0.5
MEGABYTE: Final = 1_000_000

COMPARISONS: Final = (f"{BATCH} records stored, merged, checked",)
FIGURES: Final = (
    *(
        f"ingest: 0 there, {what}"
        for what in (
            "records a second",
            "CPU",
            "of it PostgreSQL's",
            "memory of a process",
            "size of the database",
        )
    ),
    "ingest: rate of the first, 0 there",
    "ingest: rate by CPU time, 0 there",
)


def comparisons() -> Iterator[Comparison]:
    source, numbers, peer = Source.objects.get(pk=SOURCE), count(FIRST), Peer()
    yield Comparison(
        name=f"{BATCH} records stored, merged, checked",
        beside="bare INSERTs",
        ours=lambda _: take_in([plausible_record(next(numbers)) for _ in range(BATCH)], source),
        prepare=peer.prepare,
        other=peer.insert,
        is_other_last=True,
        rounds=8,
        at_most_ratio=20,
    )
    peer.tidy()


def figures(sizes: Sequence[int]) -> Iterator[Figure]:
    """Records a second with each of ``sizes`` leads there, from an empty database on.

    A short round goes before each measurement, so that no side pays for what is read for the first time.
    """
    first_rate = first_cost = 0.0
    for size in sorted(sizes):
        _fill_up_to(size)
        _in_processes(_take_in_for, 2.0)
        ours = _in_processes(_take_in_for, SECONDS)
        peer = _in_processes(_insert_for, SECONDS / 4)
        yield from _told(f"ingest: {size:,} there", ours, peer)
        if first_rate:
            rate, cost = ours.rate / first_rate, first_cost / ours.cpu_ms
            yield Figure(
                name=f"ingest: rate of the first, {size:,} there",
                value=rate,
                unit="×",
                at_least=LEAST_OF_FIRST_RATE,
            )
            yield Figure(name=f"ingest: rate by CPU time, {size:,} there", value=cost, unit="×")
        first_rate, first_cost = first_rate or ours.rate, first_cost or ours.cpu_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one process did, or several together: records, seconds, CPU seconds of both sides, megabytes."""

    records: int
    seconds: float
    client_seconds: float
    server_seconds: float
    megabytes: float
    rate: float

    @property
    def cpu_ms(self) -> float:
        """Milliseconds of CPU that a record costs, on our side and on the database's."""
        return (self.client_seconds + self.server_seconds) / self.records * 1000

    @property
    def server_ms(self) -> float:
        return self.server_seconds / self.records * 1000


def _told(name: str, ours: Measured, peer: Measured) -> Iterator[Figure]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        size_bytes = cursor.fetchone()[0]
    yield Figure(
        name=f"{name}, records a second",
        value=ours.rate,
        unit=f"in {PROCESSES} processes",
        beside="bare INSERTs",
        other=peer.rate,
        at_least=SLOWEST_RATE,
    )
    yield Figure(name=f"{name}, CPU", value=ours.cpu_ms, unit="ms", beside="bare INSERTs", other=peer.cpu_ms)
    yield Figure(name=f"{name}, of it PostgreSQL's", value=ours.server_ms, unit="ms", other=peer.server_ms)
    yield Figure(name=f"{name}, memory of a process", value=ours.megabytes, unit="MB")
    yield Figure(name=f"{name}, size of the database", value=size_bytes / MEGABYTE, unit="MB")


def _fill_up_to(size: int) -> None:
    there = Lead.objects.count()
    if there < size:
        call_command("load_leads", size - there, processes=PROCESSES)
    with connection.cursor() as cursor:  # as autovacuum does in time: not while the clock runs
        cursor.execute(f"VACUUM (ANALYZE) {', '.join(model._meta.db_table for model in TABLES.values())}")


def _in_processes(work: Callable[[tuple[int, float]], Measured], seconds: float) -> Measured:
    """What ``PROCESSES`` processes do at once, for so many seconds each."""
    started = multiprocessing.get_context("spawn")
    seeds = [(time.time_ns() % 10_000_000 + process, seconds) for process in range(PROCESSES)]
    with started.Pool(PROCESSES, initializer=django.setup) as pool:
        done = pool.map(work, seeds, chunksize=1)
    return Measured(
        records=sum(item.records for item in done),
        seconds=max(item.seconds for item in done),
        client_seconds=sum(item.client_seconds for item in done),
        server_seconds=sum(item.server_seconds for item in done),
        megabytes=max(item.megabytes for item in done),
        rate=sum(item.rate for item in done),
    )


def _take_in_for(asked: tuple[int, float]) -> Measured:
    seed, seconds = asked
    source, records = Source.objects.get(pk=SOURCE), arriving.records(seed)
    take_in(list(islice(records, BATCH)), source)
    return _measured(seconds, lambda: list(islice(records, BATCH)), lambda batch: take_in(batch, source))


def _insert_for(asked: tuple[int, float]) -> Measured:
    peer = Peer()
    measured = _measured(asked[1], peer.prepare, Peer.insert)
    peer.tidy()
    return measured


def take_in(records: Sequence[ListingRecord], source: Source) -> None:
    """What the crawl and the delivered event do with new records."""
    taken = _patiently(lambda: services.ingest_many(records=records, source=source))
    lead_ids = {stored.lead_id for stored in taken if stored.lead_id}
    _patiently(lambda: services.assess_leads(lead_ids=lead_ids))


def _patiently(write: Callable[[], Written]) -> Written:
    """Begin again where another process kept the rows for too long, as a crawl and the outbox do."""
    while True:
        with suppress(LockTimeout):
            return write()


def _measured(seconds: float, prepare: Callable[[], Any], work: Callable[[Any], None]) -> Measured:
    """Work through one batch after another; what prepares them does not count, nor does clearing up after it."""
    done, spent, client, server, backend = 0, 0.0, 0.0, 0.0, _backend()
    prepare()
    gc.collect()
    gc.freeze()  # the list of places that homes are made up in is large, and no crawl has it in memory
    while spent < seconds:
        batch = prepare()
        begun = time.perf_counter(), time.process_time(), _cpu_seconds(backend)
        work(batch)
        spent += time.perf_counter() - begun[0]
        client += time.process_time() - begun[1]
        server += _cpu_seconds(backend) - begun[2]
        done += BATCH
    return Measured(
        records=done,
        seconds=spent,
        client_seconds=client,
        server_seconds=server,
        megabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE,
        rate=done / spent,
    )


def _backend() -> psutil.Process | None:
    """The process of the database that serves us; None where it runs on another machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid(), inet_server_addr() IS NULL")
        pid, is_local = cursor.fetchone()
    return psutil.Process(pid) if is_local else None


def _cpu_seconds(process: psutil.Process | None) -> float:
    if process is None:
        return 0.0
    times = process.cpu_times()
    return float(times.user + times.system)


class Peer:
    """The rows that records became, to be inserted once more under new ids: no hash, no look-up, no decision."""

    def __init__(self) -> None:
        self._rows: list[tuple[type[Model], dict[str, Any]]] = []
        self._inserted: list[tuple[type[Model], UUID]] = []

    def prepare(self, _: int = 0) -> "Peer":
        """Take the rows of the leads that were judged last, and delete what was inserted before: no home is two."""
        self.tidy()
        newest = Score.objects.order_by("-scored_at").values_list("lead", flat=True)[:BATCH]
        lead_ids = list(newest)
        tables = ((Lead, "id"), (Observation, "lead_id"), (Contact, "lead_id"), (Score, "lead_id"))
        self._rows = [(model, row) for model, key in tables for row in _rows(model, key, lead_ids)]
        return self

    def insert(self, _: int = 0) -> None:
        """One INSERT after another, in one transaction."""
        new: dict[UUID, UUID] = {row["id"]: uuid4() for _, row in self._rows}
        with transaction.atomic(), connection.cursor() as cursor:
            for model, row in self._rows:
                values = [
                    uuid4().hex if column == "content_hash" else new.get(value, value) if value.__hash__ else value
                    for column, value in row.items()
                ]
                cursor.execute(_insert(model), values)
        self._inserted = [(model, new[row["id"]]) for model, row in self._rows]

    def tidy(self) -> None:
        """Delete what was inserted."""
        for model in (Score, Contact, Observation, Lead):
            ids = [pk for inserted, pk in self._inserted if inserted is model]
            model._base_manager.filter(pk__in=ids).delete()
        self._inserted = []


def _rows(model: type[Model], key: str, ids: list[UUID]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {model._meta.db_table} WHERE {key} = ANY(%s)", [ids])  # noqa: S608
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@cache
def _insert(model: type[Model]) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {model._meta.db_table} LIMIT 0")  # noqa: S608  (a name of our own)
        names = [column.name for column in cursor.description or ()]
    places = ", ".join("%s" for _ in names)
    return f"INSERT INTO {model._meta.db_table} ({', '.join(names)}) VALUES ({places})"  # noqa: S608
