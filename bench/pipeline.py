"""One record's way in, and one lead's way to the marketplace."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from django.db import connection, transaction

from aiqleads.core import events
from aiqleads.core.clock import Now
from aiqleads.core.models import OutboxEvent
from aiqleads.core.personal_data import encrypt
from bench.measuring import Comparison
from leads import services
from leads.address import parse_address
from leads.models import Source
from leads.records import ListingRecord
from marketplace.synthetic import SOURCE

INSERT = """
INSERT INTO leads_observation (id, source_id, external_id_hash, content_hash, address_hash, raw, facts, is_held)
VALUES (%s, %s, %s, %s, '', %s, %s, false)
"""

COMPARISONS = ("ingest: a new record", "ingest: seen again", "ingest: another price", "record to listing")


def comparisons() -> Iterator[Comparison]:
    source = Source.objects.get(pk=SOURCE)
    known = plausible_record(0)
    services.ingest(record=known, source=source)
    yield Comparison(
        name="ingest: a new record",
        beside="one INSERT",
        ours=lambda number: services.ingest(record=plausible_record(1 + number), source=source),
        other=lambda _: _insert(),
        rounds=40,
        at_most_ratio=80,
    )
    yield Comparison(
        name="ingest: seen again",
        beside="one INSERT",
        ours=lambda _: services.ingest(record=known, source=source),
        other=lambda _: _insert(),
        rounds=40,
        at_most_ratio=15,
    )
    yield Comparison(
        name="ingest: another price",
        beside="one INSERT",
        ours=lambda number: services.ingest(record=replace(known, asking_price=Decimal(number)), source=source),
        other=lambda _: _insert(),
        rounds=40,
        at_most_ratio=80,
    )
    events.deliver_all()
    yield Comparison(
        name="record to listing",
        beside="ingesting it",
        ours=lambda number: _ingest_and_list(plausible_record(1000 + 2 * number), source),
        other=lambda number: _ingest_only(plausible_record(1001 + 2 * number), source),
        rounds=20,
        at_most_ratio=15,
    )


def _ingest_and_list(record: ListingRecord, source: Source) -> None:
    services.ingest(record=record, source=source)
    events.deliver_all()


def _ingest_only(record: ListingRecord, source: Source) -> None:
    services.ingest(record=record, source=source)
    OutboxEvent.objects.filter(delivered_at=None).update(delivered_at=Now())


def plausible_record(number: int) -> ListingRecord:
    """A home for sale by its owner that differs from every other number's."""
    line = f"{100 + 2 * number} Bench Hollow Road"
    return ListingRecord(
        external_id=f"bench-{number}",
        url=f"https://homes.example.com/{number}",
        title="House by owner",
        asking_price=Decimal(412_000),
        beds=3,
        baths=2.0,
        area_sqft=1480,
        address=line,
        city="Austin",
        state="TX",
        zip="78704",
        lat=30.2431,
        lng=-97.7651,
        phones=(f"+1512555{number:04d}",),
        contact_name="Casey Homeowner",
        property_type="single_family",
        is_owner=True,
        description="Bright rooms near the creek. Relocating, price negotiable.",
        kind="fsbo",
        price_period="once",
        parsed_address=parse_address(line, city="Austin", state="TX", zip_code="78704"),
    )


def _insert() -> None:
    unique = uuid.uuid4().hex
    raw = encrypt(json.dumps({"description": "Bright rooms near the creek."}).encode())
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(INSERT, [uuid.uuid4(), SOURCE, unique, unique, raw, "{}"])
