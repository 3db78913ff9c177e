"""Synthetic leads for tests of scale: plausible, offered, and nobody's. Written by COPY, past the pipeline.

Every ZIP code of the country, prices that follow area and place, qualities that bunch in the middle. The guards of
the tables still hold: the source has a right that allows listing, each lead has its sighting, score and quote.
"""

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any, Final
from uuid import UUID

import zipcodes
from django.db import connection, transaction
from django.db.models import Model
from psycopg import sql
from psycopg.types.json import Jsonb

from aiqleads.core.personal_data import cipher, keyed_hash
from leads import sightings, usps
from leads.address import NormalisedAddress, street_key
from leads.geography import public_point
from leads.models import Contact, Kind, Lead, Observation, Score, Source, SourceRight
from leads.scoring import tier
from leads.summary import summarise
from marketplace.models import LeadSlot, Listing
from pricing import selectors as pricing
from pricing.models import Quote
from pricing.quoting import MarketDemand, Policy, PricedLead, quote_credits

SOURCE: Final = "load-leads"
MODEL_VERSION: Final = "synthetic"
LISTED_OVER_DAYS: Final = 90
KINDS: Final[dict[str, int]] = {
    Kind.FSBO: 46,
    Kind.RENTAL_OWNER: 18,
    Kind.EXPIRED: 14,
    Kind.ABSENTEE: 8,
    Kind.PREFORECLOSURE: 6,
    Kind.PROBATE: 4,
    Kind.OWNER_SUBMITTED: 4,
}
HOMES: Final = {"single_family": 60, "condo": 16, "townhouse": 14, "multi_family": 6, "manufactured": 4}
TREES: Final = (
    "Alder",
    "Ash",
    "Aspen",
    "Birch",
    "Cedar",
    "Elm",
    "Hickory",
    "Juniper",
    "Linden",
    "Maple",
    "Oak",
    "Pine",
)
SUFFIXES: Final = ("St", "Ave", "Rd", "Dr", "Ln", "Ct", "Way", "Blvd")
REASONS: Final = (
    ("moving", 6, "The owner speaks of moving."),
    ("in a hurry", 6, "The owner wants to sell soon."),
    ("willing to deal", 5, "The owner is willing to deal."),
    ("phone", 15, "A phone number stands in the advert."),
    ("completeness", 15, "Price, rooms, area and photos are all known."),
    ("price", 6, "The price is in line with homes nearby."),
)


BATCH: Final = 10_000

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The rows of one made-up lead, by table; keys are columns."""

    lead: Row
    observation: Row
    contact: Row
    score: Row
    quote: Row
    slot: Row
    listing: Row


def load(*, count: int, seed: int) -> int:
    """Add ``count`` leads to the marketplace; return how many there are of this kind now.

    An empty database is filled alike by equal seeds, but for the time it is done at.
    """
    source, policy, now = _source(), pricing.policy_in_force(), datetime.now(UTC)
    before = Observation.objects.filter(source=source).count()
    chance = random.Random(f"{seed}:{before}")  # noqa: S311  (plausible, not secret)
    made = (_make(chance, number, policy, now) for number in range(before, before + count))
    for batch in batched(made, BATCH):
        _write(batch)
    _analyze()
    return before + count


def _source() -> Source:
    source, is_new = Source.objects.get_or_create(
        slug=SOURCE, defaults={"name": "Synthetic leads", "family": Source.Family.OWNER, "reader": "none"}
    )
    if is_new:
        SourceRight.objects.create(
            source=source,
            basis=SourceRight.Basis.PERMISSION,
            may_list=True,
            during=("2026-01-01T00:00:00Z", None),
            document="Made by load_leads: every record is generated.",
        )
    return source


def batched(rows: Iterator[Rows], size: int) -> Iterator[list[Rows]]:
    """Lists of at most ``size`` rows, so that a million leads need no more memory than ten thousand."""
    while batch := list(islice(rows, size)):
        yield batch


def _write(batch: Sequence[Rows]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for name, model in TABLES.items():
            rows = [getattr(lead, name) for lead in batch]
            columns = sql.SQL(", ").join(map(sql.Identifier, rows[0]))
            table = sql.Identifier(model._meta.db_table)
            with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(table, columns)) as copy:
                for row in rows:
                    copy.write_row(
                        [Jsonb(value) if isinstance(value, dict | list) else value for value in row.values()]
                    )


def _analyze() -> None:
    with connection.cursor() as cursor:
        for model in TABLES.values():
            cursor.execute(f"ANALYZE {model._meta.db_table}")


def _make(chance: random.Random, number: int, policy: Policy, now: datetime) -> Rows:
    lead_id, quote_id = _uuid(chance), _uuid(chance)
    listed_at = now - timedelta(days=LISTED_OVER_DAYS * chance.random() ** 2)
    home, point = _home(chance, listed_at)
    quality = round(min(100, max(5, chance.gauss(58, 17))))
    reasons = [{"part": part, "points": points, "says": says} for part, points, says in chance.sample(REASONS, 3)]
    priced = PricedLead(kind=home["kind"], quality_score=quality, asking_price_cents=home["asking_price_cents"])
    neutral = MarketDemand(holds=0, sales=0, listed=0)
    parts = [asdict(part) for part in quote_credits(lead=priced, demand=neutral, policy=policy)]
    price_credits = sum(part["credits"] for part in parts)
    seen = {"first_seen_at": listed_at, "last_seen_at": now}
    exact = {"latitude": point[0], "longitude": point[1]}
    public = public_point(lead_id=lead_id, latitude=point[0], longitude=point[1])
    address = _address(chance.randint(100, 9999), home)
    hashes = {"address_hash": sightings.building_hash(address)}
    observation_id, email = _uuid(chance), f"owner.{number}@example.com"
    return Rows(
        lead={
            "id": lead_id, "state": "active", "state_reason": "", "is_operator_decided": False,
            "address_line": address.line, "provenance": {}, "changed_at": listed_at,
            **hashes, **home, **exact, **seen,
        },
        observation={
            "id": observation_id, "source_id": SOURCE, "lead_id": lead_id,
            "external_id_hash": f"synthetic:{number}", "content_hash": f"synthetic:{number}", "is_held": False,
            "door_hash": sightings.door_hash(address), **hashes, **seen,
            "facts": {
                **home, **exact, "posted_at": listed_at.isoformat(), "address_line": address.line, "unit": "",
                "number": address.number, "street_key": street_key(address.street),
                "status": None, "is_owner": True, "flags": [],
            },
        },
        contact={
            "id": _uuid(chance), "lead_id": lead_id, "observation_id": observation_id, "email": _encrypted(email),
            "email_hash": keyed_hash(email, purpose="email"), "phone_hash": "", "phone_last_seven_hash": "",
            "name_phonetic_hash": "", "is_phone_fictitious": False,
        },
        score={
            "id": _uuid(chance), "lead_id": lead_id, "quality_score": quality, "fraud_score": chance.randint(0, 15),
            "tier": str(tier(quality)), "verdict": "pass", "model_version": MODEL_VERSION,
            "quality_evidence": reasons, "fraud_evidence": [], "observation_ids": "{}", "scored_at": listed_at,
        },
        quote={
            "id": quote_id, "lead_id": lead_id, "price_credits": price_credits, "parts": parts,
            "model_version": MODEL_VERSION, "quoted_at": listed_at,
        },
        slot={"id": _uuid(chance), "lead_id": lead_id, "number": 1},
        listing={
            "lead_id": lead_id, **home, "latitude": public[0], "longitude": public[1], "tier": str(tier(quality)),
            "quality_score": quality, "source_name": "Owners and operators", "right_basis": "permission",
            "reasons": reasons, "first_seen_at": listed_at, "quote_id": quote_id, "price_credits": price_credits,
            "copies": 1, "copies_left": 1, "opens_at": listed_at, "listed_at": listed_at, "delisted_reason": "",
        },
    )  # fmt: skip


def _home(chance: random.Random, posted_at: datetime) -> tuple[Row, tuple[float, float]]:
    """What the lead and its listing both say of a home, and its exact point."""
    place = chance.choice(_places())
    kind = str(_weighted(chance, KINDS))
    property_type = _weighted(chance, HOMES)
    beds = min(6, max(1, round(chance.gauss(3, 1))))
    baths = max(1, round(beds * chance.uniform(0.5, 0.9) * 2) / 2)
    area_sqft = round(420 + beds * chance.gauss(430, 90), -1)
    dollars_per_sqft = place.dollars_per_sqft * chance.lognormvariate(0, 0.18)
    is_let = kind == Kind.RENTAL_OWNER
    dollars = round(area_sqft * dollars_per_sqft * (0.0055 if is_let else 1), -1 if is_let else -3)
    facts: Row = {
        "property_type": property_type,
        "beds": beds,
        "baths": baths,
        "area_sqft": int(area_sqft),
        "asking_price_cents": int(dollars) * 100,
        "price_period": "month" if is_let else "once",
    }
    home = {
        "kind": kind,
        "street": f"{chance.choice('NSEW')} {chance.choice(TREES)} {chance.choice(SUFFIXES)}",
        "city": place.city,
        "state_code": place.state_code,
        "zip_code": place.zip_code,
        **facts,
        "summary": summarise(**facts),
        "image_count": chance.randint(0, 24),
        "posted_at": posted_at,
    }
    return home, (place.latitude + chance.gauss(0, 0.02), place.longitude + chance.gauss(0, 0.02))


def _address(number: int, home: Row) -> NormalisedAddress:
    direction, name, suffix = home["street"].split()
    return NormalisedAddress(
        number=str(number),
        predirectional=direction,
        street_name=name,
        suffix=suffix,
        city=home["city"],
        state=home["state_code"],
        zip=home["zip_code"],
    )


def _encrypted(text: str) -> bytes:
    return cipher().encrypt(text.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One ZIP code's area, and what homes cost there."""

    zip_code: str
    city: str
    state_code: str
    latitude: float
    longitude: float
    dollars_per_sqft: float


@cache
def _places() -> list[Place]:
    """Every standard ZIP code of the fifty states, with a price level that its first three digits share."""
    return [
        Place(
            zip_code=row["zip_code"],
            city=row["city"],
            state_code=row["state"],
            latitude=float(row["lat"]),
            longitude=float(row["long"]),
            dollars_per_sqft=random.Random(row["zip_code"][:3]).lognormvariate(math.log(200), 0.35),  # noqa: S311
        )
        for row in zipcodes.list_all()  # type: ignore[no-untyped-call]
        if row["zip_code_type"] == "STANDARD" and row["state"] in usps.STATE_CODES
    ]


def _weighted(chance: random.Random, weights: Mapping[str, int]) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]


def _uuid(chance: random.Random) -> UUID:
    return UUID(int=chance.getrandbits(128), version=4)


TABLES: Final[dict[str, type[Model]]] = {
    "lead": Lead,
    "observation": Observation,
    "contact": Contact,
    "score": Score,
    "quote": Quote,
    "slot": LeadSlot,
    "listing": Listing,
}
"""The tables by the name of their row in ``Rows``, in the order that their foreign keys ask for."""
