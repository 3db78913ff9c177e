"""Sales that never were, with a known truth: seeded, ours, and only for trying what learns from outcomes.

Facts are drawn like those of adverts; whether an owner is reached is drawn from ``TRUTH``, log-odds by band that
add up, and one pair of features that do more together than each alone. What ``TRUTH`` does not name does nothing.
``is_unequal`` makes half of the areas tell phones and prices seldom, so that any honest model ranks them last;
``is_leaky`` plants a feature that was noted after the sale. docs/subsystems/scoring.md tells why each is there.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from leads.comparables import Market
from leads.facts import LeadFacts
from leads.reading.catalogue import CATALOGUE
from leads.reading.passages import ReadFact
from leads.scoring.examples import Bands, Example, bands_of
from leads.scoring.features import FEATURES, KINDS, SAID, Feature, Standing
from leads.scoring.measures import Floats

START: Final = -2.2
TRUTH: Final[dict[str, Sequence[float]]] = {
    "kind": (0.9, 1.0, 0.2, 0.3, -0.1, -0.3, -0.5, -0.6),
    "phone": (0.0, 1.3),
    "e-mail": (0.0, 0.4),
    "completeness": (0.0, 0.1, 0.2, 0.3, 0.4, 0.5),
    "freshness": (0.7, 0.4, 0.0, -0.4, -1.0),
    "offered before": (0.0, 0.4, 0.6),
    "moving": (0.0, 0.7),
    "in a hurry": (0.0, 0.5),
    "wants no agents": (0.0, -1.4),
    "price cuts": (0.0, 0.2, 0.5),
    "price": (0.2, 0.4, 0.0, -0.7),
    "years owned": (-0.4, 0.0, 0.5),
    "seller": (-0.9, 0.3),
}
TOGETHER: Final = 0.5
"""What a phone and a hurry add together, beyond each alone: boosting can tell, a scorecard cannot."""
NOTED_LATER: Final = "noted later"
_BEGAN: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
_SOLD_EVERY: Final = timedelta(minutes=50)
_PHRASES: Final = {
    "moving": 0.2,
    "in a hurry": 0.15,
    "wants no agents": 0.12,
    "willing to deal": 0.2,
    "vacant": 0.1,
}
_AREAS: Final = tuple(f"0000{number}" for number in range(8))
_SOURCES: Final = ("owners-site", "classifieds", "county")
_REGIONS: Final = ("TX", "OH", "CA")


@dataclass(frozen=True, slots=True)
class World:
    """Examples with the chance that each was drawn by, and whose areas they lie in."""

    examples: tuple[Example, ...]
    chances: Floats
    features: tuple[Feature, ...]
    shares: dict[str, dict[str, float]]


def simulate(*, count: int, seed: int, is_unequal: bool = False, is_leaky: bool = False) -> World:
    """Draw ``count`` sales, one after another in time. The same numbers draw the same."""
    chance = random.Random(f"outcomes:{seed}")  # noqa: S311  (plausible, not secret)
    features = (*FEATURES, _planted()) if is_leaky else FEATURES
    drawn = [_draw(chance, number, is_unequal=is_unequal, is_leaky=is_leaky) for number in range(count)]
    return World(
        examples=tuple(example for example, _ in drawn),
        chances=np.array([likely for _, likely in drawn]),
        features=features,
        shares={area: _people(area) for area in _AREAS},
    )


def true_log_odds(bands: Bands) -> float:
    """What decides whether the owner of such a lead is reached."""
    told = sum(TRUTH[part][band] for part, band in bands.items() if part in TRUTH and band is not None)
    is_both = bands["phone"] == 1 and bands["in a hurry"] == 1
    return START + told + (TOGETHER if is_both else 0.0)


def _draw(chance: random.Random, number: int, *, is_unequal: bool, is_leaky: bool) -> tuple[Example, float]:
    sold_at = _BEGAN + number * _SOLD_EVERY
    area = chance.choice(_AREAS)
    facts = _facts(chance, sold_at, is_told_less=is_unequal and _is_second_half(area))
    bands = dict(bands_of(facts, sold_at))
    likely = 1 / (1 + math.exp(-true_log_odds(bands)))
    is_reached = chance.random() < likely
    if is_leaky:
        bands[NOTED_LATER] = int(is_reached) if chance.random() < 0.97 else int(not is_reached)
    example = Example(
        bands=bands,
        is_reached=is_reached,
        sold_at=sold_at,
        source=chance.choice(_SOURCES),
        region=chance.choice(_REGIONS),
        zip_code=area,
    )
    return example, likely


def _facts(chance: random.Random, now: datetime, *, is_told_less: bool) -> LeadFacts:
    asking_cents = chance.randint(120_000, 900_000) * 100
    area_sqft = chance.randint(700, 3_500)
    is_priced = chance.random() < (0.4 if is_told_less else 0.9)
    cuts = chance.choices((0, 1, 2), (70, 20, 10))[0]
    is_sale_known = chance.random() < 0.5
    posted_at = now - timedelta(days=chance.choice((0, 1, 2, 5, 6, 10, 18, 30, 50, 80, 120)))
    said = [part for part, share in _PHRASES.items() if chance.random() < share]
    return LeadFacts(
        kind=chance.choice(tuple(KINDS)),
        signals=(),
        motivations=(),
        is_owner=chance.choice((True, True, True, False, None)),
        has_phone=chance.random() < (0.15 if is_told_less else 0.75),
        has_email=chance.random() < 0.3,
        has_address=chance.random() < 0.7,
        city="",
        beds=chance.choice((2.0, 3.0, 4.0, None)),
        baths=chance.choice((1.0, 2.0, None)),
        area_sqft=area_sqft,
        asking_price_cents=asking_cents if is_priced else None,
        price_period="once",
        property_type="single_family",
        image_count=chance.choice((0, 4, 9)),
        posted_at=posted_at if chance.random() < 0.9 else None,
        last_seen_at=now,
        price_cuts=cuts,
        price_cut_ratio=chance.uniform(0.01, 0.2) if cuts else None,
        on_market_since=posted_at - timedelta(days=chance.choice((0, 0, 20, 60))),
        relistings=chance.choices((0, 1, 2), (80, 14, 6))[0],
        last_sold_at=now - timedelta(days=chance.randint(100, 9_000)) if is_sale_known else None,
        last_sold_cents=round(asking_cents * chance.uniform(0.3, 1.2)) if is_sale_known else None,
        sources=chance.choice((1, 1, 1, 2)),
        unlike_homes_with_contact=0,
        contact_regions=1,
        homes_with_same_images=0,
        market=_market(chance, asking_cents / area_sqft) if chance.random() < 0.8 else None,
        reading=tuple(_read(part) for part in said),
    )


def _market(chance: random.Random, cents: float) -> Market:
    beside = cents / chance.uniform(0.6, 1.7)
    return Market(homes=20, area="simulated", measure="square foot", median_cents=round(beside, 2), spread=0.2)


def _read(part: str) -> ReadFact:
    entry = CATALOGUE[SAID[part][0]]
    return ReadFact(topic=entry.topic, name=entry.name, quote=part)


def _is_second_half(area: str) -> bool:
    return _AREAS.index(area) >= len(_AREAS) // 2


def _people(area: str) -> dict[str, float]:
    first = 0.1 if _is_second_half(area) else 0.9
    return {"first": first, "second": round(1 - first, 1)}


def _planted() -> Feature:
    """What only somebody knows who knows the outcome. Nothing reads it from facts: the simulator fills it in."""
    return Feature(part=NOTED_LATER, field="", bands=2, read=lambda _facts, _now: Standing(0, ""), is_silent=True)
