"""What an agent seems to look for, and what fits it: numbers of plain values."""

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import numpy as np
import pytest

from marketplace.taste import Signal, Taste, taste_of, varied

NOW = datetime(2026, 11, 22, tzinfo=UTC)
EAST, NORTH = np.array([1.0, 0.0]), np.array([0.0, 1.0])


@dataclass
class Home:
    pk: UUID
    city: str = "Austin"
    state_code: str = "TX"
    kind: str = "fsbo"
    asking_price_cents: int | None = 400_000_00
    price_period: str = "once"
    quality_score: int = 50
    features: list[str] = field(default_factory=list)


def home(number: int, **facts: object) -> Home:
    return Home(pk=UUID(int=number), **facts)


def signal(of: Home, *, weight: float = 1.0, days_ago: float = 0) -> Signal:
    return Signal(home=of, weight=weight, at=NOW - timedelta(days=days_ago))


def test_a_signal_weighs_half_as_much_after_three_weeks():
    taste = taste_of([signal(home(1), days_ago=21), signal(home(2, city="Boise", state_code="ID"))], {}, now=NOW)

    assert taste.cities == pytest.approx({("Austin", "TX"): 1 / 3, ("Boise", "ID"): 2 / 3})


def test_vectors_are_averaged_by_weight_and_have_length_one():
    one, other, unknown = home(1), home(2), home(3)
    signals = [signal(one, weight=3), signal(other, weight=4), signal(unknown, weight=9)]

    taste = taste_of(signals, {one.pk: EAST, other.pk: NORTH}, now=NOW)

    assert taste.vector.tolist() == pytest.approx([0.6, 0.8])


def test_prices_of_sales_and_of_rents_are_kept_apart():
    rent = home(2, asking_price_cents=2_000_00, price_period="month")

    taste = taste_of([signal(home(1)), signal(rent), signal(home(3, asking_price_cents=None))], {}, now=NOW)

    assert taste.prices == pytest.approx({"once": math.log(400_000_00), "month": math.log(2_000_00)})


def test_what_is_like_all_signals_fits_wholly_and_what_is_like_none_by_its_quality_alone():
    liked = taste_of([signal(home(1))], {UUID(int=1): EAST}, now=NOW)

    same = liked.fit(home(2, quality_score=100), EAST)
    unlike = liked.fit(home(3, city="Boise", kind="probate", asking_price_cents=None, quality_score=50), NORTH)

    assert same == pytest.approx(1.0)
    assert unlike == pytest.approx(0.08 * 0.5 / (0.4 + 0.3 + 0.12 + 0.08))


def test_of_nothing_known_the_better_lead_fits_better():
    assert Taste().fit(home(1, quality_score=90), EAST) == pytest.approx(0.9)


def test_the_next_is_not_what_was_shown_already():
    same, alike, other = home(1), home(2), home(3)
    homes = {one.pk: one for one in (same, alike, other)}
    fits = {same.pk: 0.9, alike.pk: 0.89, other.pk: 0.75}
    vectors = {same.pk: EAST, alike.pk: EAST, other.pk: NORTH}

    assert varied(fits, homes, vectors, limit=2) == [same.pk, other.pk]
    assert varied(fits, homes, vectors, limit=9) == [same.pk, other.pk, alike.pk]


def test_without_vectors_city_and_kind_tell_what_repeats():
    same, alike, other = home(1), home(2), home(3, city="Boise", state_code="ID", kind="probate")
    fits = {same.pk: 0.9, alike.pk: 0.9, other.pk: 0.6}

    found = varied(fits, {one.pk: one for one in (same, alike, other)}, {}, limit=3)

    assert found == [same.pk, other.pk, alike.pk]


def test_of_equal_fits_the_key_decides():
    homes = {pk: Home(pk=pk, city=str(pk)) for pk in (uuid4() for _ in range(5))}

    assert varied(dict.fromkeys(homes, 0.5), homes, {}, limit=1) == [min(homes)]
