"""Records in: stored, merged and checked, beside bare INSERTs of the same rows, and how many a second."""

import multiprocessing
import time
from collections.abc import Iterator
from functools import cache
from itertools import count
from uuid import UUID, uuid4

import django
from django.db import connection, transaction
from django.db.models import Model

from bench.measuring import Comparison, Figure
from bench.pipeline import plausible_record
from leads import services
from leads.models import Contact, Lead, Observation, Score, Source
from leads.records import ListingRecord
from marketplace.synthetic import SOURCE

BATCH = 50
PROCESSES = 2
SECONDS = 20.0
FIRST = 1_000_000
"""Numbers of homes that no other benchmark brings."""


def comparisons() -> Iterator[Comparison]:
    source, numbers = Source.objects.get(pk=SOURCE), count(FIRST)
    yield Comparison(
        name=f"{BATCH} records stored, merged, checked",
        beside="bare INSERTs",
        ours=lambda _: take_in(_batch(numbers), source),
        other=lambda _: _insert_again(BATCH),
        rounds=8,
        at_most_ratio=400,
    )


def figures(*, leads: int) -> Iterator[Figure]:
    """Records a second in two processes at once, with ``leads`` there already."""
    started = multiprocessing.get_context("spawn")
    with started.Pool(PROCESSES, initializer=django.setup) as pool:
        rates = pool.map(_records_per_second, range(PROCESSES))
    yield Figure(
        name=f"ingest: records a second, {leads:,} there", value=sum(rates), unit=f"in {PROCESSES} processes"
    )


def take_in(records: list[ListingRecord], source: Source) -> None:
    """What the crawl and the delivered event do with new records."""
    taken = services.ingest_many(records=records, source=source)
    services.assess_leads(lead_ids={stored.lead_id for stored in taken if stored.lead_id})


def _batch(numbers: Iterator[int]) -> list[ListingRecord]:
    return [plausible_record(next(numbers)) for _ in range(BATCH)]


def _records_per_second(process: int) -> float:
    source, numbers = Source.objects.get(pk=SOURCE), count(FIRST * (process + 2))
    take_in(_batch(numbers), source)
    done, spent = 0, 0.0
    while spent < SECONDS:
        records = _batch(numbers)
        begun = time.perf_counter()
        take_in(records, source)
        spent += time.perf_counter() - begun
        done += BATCH
    return done / spent


def _insert_again(rows: int) -> None:
    """The rows that as many records become, once more under new ids: no hash, no look-up, no decision."""
    with transaction.atomic(), connection.cursor() as cursor:
        for _ in range(rows):
            ids: dict[str, UUID] = {"lead": uuid4(), "observation": uuid4()}
            for model in (Lead, Observation, Contact, Score):
                cursor.execute(
                    _insert_like_newest(model), {**ids, "new": ids.get(model._meta.model_name or "", uuid4())}
                )


@cache
def _insert_like_newest(model: type[Model]) -> str:
    """An INSERT of one row with the columns of a row that is there."""
    table, given = (
        model._meta.db_table,
        {"id": "%(new)s", "lead_id": "%(lead)s", "observation_id": "%(observation)s"},
    )
    names = [str(column.column) for column in model._meta.concrete_fields]
    values = ", ".join(given.get(name, "%(new)s::text" if name == "content_hash" else name) for name in names)
    return f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM {table} LIMIT 1"  # noqa: S608  (names of our own)
