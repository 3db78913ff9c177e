"""Synthetic leads for tests of scale: plausible, offered, and nobody's. Written by COPY, past the pipeline.

The guards of the tables hold, triggers and foreign keys included: the source has a right that allows listing, each
lead has its sightings, contacts, score and quote. What is hashed and encrypted is so as the pipeline does it.
"""

import json
import multiprocessing
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import repeat
from typing import Any, Final
from uuid import UUID

import django
from django.db import connection, transaction
from django.db.models import Model
from psycopg import sql

from aiqleads.core.personal_data import encrypt, keyed_hash
from leads import sightings
from leads.geography import public_point
from leads.models import Contact, Lead, Observation, Score, Source, SourceRight
from leads.reading.catalogue import labels, search_words
from leads.scoring import tier
from leads.summary import summarise
from marketplace import services
from marketplace.imagined import Home, Imagination, Owner, description
from marketplace.models import LeadSlot, Listing
from pricing import selectors as pricing
from pricing.models import Quote
from pricing.quoting import MarketDemand, PricedLead, quote_credits

SOURCE: Final = "load-leads"
MODEL_VERSION: Final = "synthetic"
LISTED_OVER_DAYS: Final = 90
REASONS: Final = (
    ("moving", 6, "The owner speaks of moving."),
    ("in a hurry", 6, "The owner wants to sell soon."),
    ("willing to deal", 5, "The owner is willing to deal."),
    ("phone", 15, "A phone number stands in the advert."),
    ("completeness", 15, "Price, rooms, area and photos are all known."),
    ("price", 6, "The price is in line with homes nearby."),
)
PRICE_CUT: Final = 0.15
CUT_AFTER_DAYS: Final = 14
ADVERTISED_TWICE: Final = 0.06
BATCH: Final = 5_000

Row = dict[str, Any]


Cities = tuple[tuple[str, str], ...]


def load(
    *,
    count: int,
    seed: int,
    processes: int = 1,
    cities: Cities = (),
    tell: Callable[[int], object] = lambda written: None,
) -> int:
    """Add ``count`` leads to the marketplace; return how many there are of this kind now.

    An empty database is filled alike by equal seeds, but for the time it is done at. Each ``BATCH`` is written
    whole or not at all.

    :param processes: so many write at once; more than one cannot join the caller's transaction
    :param cities: where alone they lie, as city and state; all over the country unless told
    :param tell: called with how many are written so far
    """
    source = _source()
    before = Lead.objects.filter(observations__source=source).distinct().count()
    starts = range(before, before + count, BATCH)
    sizes = [min(BATCH, before + count - start) for start in starts]
    batches = (starts, sizes, repeat(f"{seed}:{before}"), repeat(datetime.now(UTC)), repeat(cities))
    written = 0
    for size in _in_processes(processes, *batches) if processes > 1 and len(sizes) > 1 else map(_fill, *batches):
        written += size
        tell(written)
    _analyze()
    services.count_words()
    return before + count


def _in_processes(processes: int, *batches: Any) -> Iterator[int]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=django.setup) as pool:
        yield from pool.map(_fill, *batches)


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


def _fill(start: int, size: int, seed: str, now: datetime, cities: Cities) -> int:
    """Make up ``size`` leads and write them in one transaction; return their number."""
    batch = _Batch(random.Random(f"{seed}:{start}"), now, cities)  # noqa: S311  (plausible, not secret)
    lines: dict[str, list[str]] = defaultdict(list)
    columns: dict[str, list[str]] = {}
    for number in range(start, start + size):
        for table, row in batch.rows_of_lead(number):
            columns.setdefault(table, list(row))
            lines[table].append(_line(row))
    with transaction.atomic(), connection.cursor() as cursor:
        for table, model in TABLES.items():
            names = sql.SQL(", ").join(map(sql.Identifier, columns[table]))
            into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(model._meta.db_table), names)
            with cursor.copy(into) as copy:
                copy.write("".join(lines.pop(table)))
    return size


def _analyze() -> None:
    with connection.cursor() as cursor:
        for model in TABLES.values():
            cursor.execute(f"ANALYZE {model._meta.db_table}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Times:
    """Moments as COPY takes them: now, when the home was listed, and when it was listed for more."""

    now: str
    listed_at: str
    earlier: str


class _Batch:
    """Makes up one lead after another.

    The ids of a batch begin alike, so that it fills a few pages of each index and does not touch them all.
    """

    def __init__(self, chance: random.Random, now: datetime, cities: Cities) -> None:
        self._chance, self._now = chance, now
        self._imagination, self._policy = Imagination(chance, cities), pricing.policy_in_force()
        self._ids_begin = f"{chance.getrandbits(64):016x}"

    def rows_of_lead(self, number: int) -> Iterator[tuple[str, Row]]:
        """The rows of one made-up lead: table and columns."""
        home, owner = self._imagination.home(), self._imagination.owner(number)
        lead_id, quote_id = self._id(), self._id()
        age_days = LISTED_OVER_DAYS * self._chance.random() ** 2
        listed_at = (self._now - timedelta(days=age_days)).isoformat()
        earlier = (self._now - timedelta(days=age_days + CUT_AFTER_DAYS)).isoformat()
        times = _Times(now=self._now.isoformat(), listed_at=listed_at, earlier=earlier)
        quality = round(min(100, max(5, self._chance.gauss(58, 17))))
        reasons = [
            {"part": part, "points": points, "says": says} for part, points, says in self._chance.sample(REASONS, 3)
        ]
        shelf, shown = str(tier(quality)), _shown(home, listed_at)
        exact = {"latitude": home.latitude, "longitude": home.longitude}
        seen = {"first_seen_at": listed_at, "last_seen_at": times.now}
        address_hash = sightings.building_hash(home.address)
        yield "lead", {
            "id": lead_id, "state": "active", "state_reason": "", "is_operator_decided": False,
            "address_line": home.address.line, "provenance": {}, "changed_at": listed_at,
            "address_hash": address_hash, "features": home.features, **shown, **exact, **seen,
        }  # fmt: skip
        yield from self._sightings(lead_id, home, owner, address_hash=address_hash, times=times)
        yield "score", {
            "id": self._id(), "lead_id": lead_id, "quality_score": quality,
            "fraud_score": self._chance.randint(0, 15), "tier": shelf, "verdict": "pass",
            "model_version": MODEL_VERSION,
            "quality_evidence": reasons, "fraud_evidence": [], "observation_ids": "{}", "scored_at": listed_at,
        }  # fmt: skip
        priced = PricedLead(kind=home.kind, quality_score=quality, asking_price_cents=shown["asking_price_cents"])
        parts = quote_credits(lead=priced, demand=NO_DEMAND, policy=self._policy)
        price_credits = sum(part.credits for part in parts)
        yield "quote", {
            "id": quote_id, "lead_id": lead_id, "price_credits": price_credits,
            "parts": [{"part": item.part, "credits": item.credits, "says": item.says} for item in parts],
            "model_version": MODEL_VERSION, "quoted_at": listed_at,
        }  # fmt: skip
        yield "slot", {"id": self._id(), "lead_id": lead_id, "number": 1}
        public = public_point(lead_id=UUID(lead_id), **exact)
        yield "listing", {
            "lead_id": lead_id, **shown, "features": labels(home.features),
            "feature_words": search_words(home.features),
            "latitude": public[0], "longitude": public[1], "tier": shelf,
            "quality_score": quality, "source_name": "Owners and operators", "right_basis": "permission",
            "reasons": reasons, "first_seen_at": listed_at, "quote_id": quote_id, "price_credits": price_credits,
            "copies": 1, "copies_left": 1, "opens_at": listed_at, "listed_at": listed_at, "delisted_reason": "",
        }  # fmt: skip

    def _sightings(
        self, lead_id: str, home: Home, owner: Owner, *, address_hash: str, times: _Times
    ) -> Iterator[tuple[str, Row]]:
        """What adverts say of a home now, and sometimes said before: an earlier price, a second advert."""
        advert, door_hash = self._id(), sightings.door_hash(home.address)
        told: list[tuple[str, Home, str, str | None]] = [(advert, home, times.listed_at, None)]
        if self._chance.random() < PRICE_CUT:
            dearer = replace(home, asking_dollars=round(home.asking_dollars * self._chance.uniform(1.02, 1.15)))
            told.append((advert, dearer, times.earlier, times.listed_at))
        if self._chance.random() < ADVERTISED_TWICE:
            measured = replace(home, area_sqft=home.area_sqft + 20, text=self._chance.randrange(home.text + 1))
            told.append((self._id(), measured, times.listed_at, None))
        reaches = _reaches(lead_id, owner)
        for external_id, said, first_seen_at, gone_at in told:
            observation_id = self._id()
            yield "observation", {
                "id": observation_id, "source_id": SOURCE, "lead_id": lead_id,
                "external_id_hash": f"synthetic:{external_id}", "content_hash": f"synthetic:{observation_id}",
                "is_held": False, "address_hash": address_hash, "door_hash": door_hash, "raw": _raw(said.text),
                "first_seen_at": first_seen_at, "last_seen_at": gone_at or times.now,
                "gone_at": gone_at, "facts": _facts(said, times.listed_at),
            }  # fmt: skip
            for reach in reaches:
                yield "contact", {"id": self._id(), "observation_id": observation_id, **reach}

    def _id(self) -> str:
        return f"{self._ids_begin}{self._chance.getrandbits(64):016x}"


def _shown(home: Home, listed_at: str) -> Row:
    """What the lead and its listing both say of a home."""
    facts: Row = {
        "property_type": home.property_type,
        "beds": home.beds,
        "baths": home.baths,
        "area_sqft": home.area_sqft,
        "asking_price_cents": home.asking_dollars * 100,
        "price_period": home.price_period,
    }
    return {
        "kind": home.kind,
        "street": home.address.street,
        "city": home.address.city,
        "state_code": home.address.state,
        "zip_code": home.address.zip,
        **facts,
        "summary": summarise(**facts),
        "image_count": home.image_count,
        "posted_at": listed_at,
    }


def _facts(home: Home, listed_at: str) -> Row:
    """What ``sightings.public_facts`` tells of a record."""
    return {
        "kind": home.kind,
        "status": None,
        **sightings.address_facts(home.address),
        "city": home.address.city,
        "state_code": home.address.state,
        "zip_code": home.address.zip,
        "latitude": home.latitude,
        "longitude": home.longitude,
        "property_type": home.property_type,
        "beds": home.beds,
        "baths": home.baths,
        "area_sqft": home.area_sqft,
        "asking_price_cents": home.asking_dollars * 100,
        "price_period": home.price_period,
        "image_count": home.image_count,
        "posted_at": listed_at,
        "is_owner": True,
        "contact_kind": "person",
        "language": "en",
        "lot_sqft": None,
        "flags": [],
        "is_point_exact": True,
        "wording": _wording(home.text),
    }


def _reaches(lead_id: str, owner: Owner) -> list[Row]:
    """What the contacts of one lead's sightings all say."""
    name, sound = _name(owner.name)
    told: Row = {
        "lead_id": lead_id, "name": name, "name_phonetic_hash": sound, "is_phone_fictitious": False,
        "phone": None, "phone_hash": "", "phone_last_seven_hash": "", "email": None, "email_hash": "",
    }  # fmt: skip
    reaches = []
    if owner.phone:
        phone = {
            "phone": _encrypted(owner.phone),
            "phone_hash": keyed_hash(owner.phone, purpose="phone"),
            "phone_last_seven_hash": keyed_hash(owner.phone[-7:], purpose="phone_last_seven"),
        }
        reaches.append({**told, **phone, "is_phone_fictitious": True})
    if owner.email:
        email_hash = keyed_hash(owner.email, purpose="email")
        reaches.append({**told, "email": _encrypted(owner.email), "email_hash": email_hash})
    return reaches


@cache
def _name(name: str) -> tuple[bytes, str]:
    """A name as it is kept, and the hash of how it sounds: few names are made up, so each is encrypted once."""
    return _encrypted(name), sightings.name_phonetic_hash(name)


@cache
def _raw(text: int) -> bytes:
    document = {"title": "Home by owner", "description": description(text)}
    return _encrypted(json.dumps(document, sort_keys=True))


@cache
def _wording(text: int) -> list[int]:
    return sightings.wording(description(text))


def _encrypted(text: str) -> bytes:
    return encrypt(text.encode())


def _line(row: Row) -> str:
    """A row in COPY's text format. What is made up here holds neither tabs nor line ends nor backslashes."""
    return "\t".join([_AS_TEXT[type(value)](value) for value in row.values()]) + "\n"


NO_DEMAND: Final = MarketDemand(holds=0, sales=0, listed=0)
_AS_TEXT: Final[dict[type, Callable[[Any], str]]] = {
    type(None): lambda _: "\\N",
    str: str,
    bool: lambda flag: "t" if flag else "f",
    int: str,
    float: repr,
    bytes: lambda data: f"\\\\x{data.hex()}",
    dict: json.dumps,
    list: json.dumps,
}
TABLES: Final[dict[str, type[Model]]] = {
    "lead": Lead,
    "observation": Observation,
    "contact": Contact,
    "score": Score,
    "quote": Quote,
    "slot": LeadSlot,
    "listing": Listing,
}
"""The tables by the name of their rows, in the order that their foreign keys ask for."""
