"""Checks and scores: facts in, points with reasons out."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads import fair_housing, scoring, validation
from leads.facts import LeadFacts
from leads.geography import public_point

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOME = LeadFacts(
    kind="fsbo",
    text="Bright rooms near the creek.",
    is_owner=True,
    has_phone=True,
    has_email=False,
    has_address=True,
    city="Austin",
    beds=3,
    baths=2,
    area_sqft=1500,
    asking_price_cents=450_000_00,
    price_period="once",
    property_type="single_family",
    image_count=8,
    posted_at=NOW - timedelta(days=2),
    last_seen_at=NOW,
    price_cuts=0,
    sources=1,
    unlike_homes_with_contact=0,
    comparables=20,
    median_cents_per_sqft=300_00.0,
)


def fraud(**facts):
    return {item.part: item.points for item in validation.fraud_evidence(replace(HOME, **facts))}


def verdict(**facts):
    changed = replace(HOME, **facts)
    return str(validation.verdict(changed, validation.fraud_score(validation.fraud_evidence(changed)))[0])


def quality(**facts):
    return scoring.quality_score(scoring.quality_evidence(replace(HOME, **facts), now=NOW))


def test_an_honest_advert_raises_no_suspicion():
    assert (fraud(), verdict()) == ({}, "pass")


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("Pay by Western Union", "untraceable payment"),
        ("Send the deposit first", "payment before viewing"),
        ("I am out of the country", "owner is away"),
        ("I will mail you the keys", "keys by mail"),
        ("The house can not be shown", "no viewing, no call"),
        ("Send a copy of your passport", "asks for personal papers"),
    ],
)
def test_each_word_of_an_advance_fee_fraud_counts_and_is_quoted(words, part):
    (item,) = validation.fraud_evidence(replace(HOME, text=words))

    assert item.part == part
    assert item.says.startswith("The advert says “")


@pytest.mark.parametrize(
    ("price_cents", "expected"), [(450_000_00, {}), (200_000_00, {"price below the market": 20})]
)
def test_a_price_is_held_against_homes_nearby(price_cents, expected):
    assert fraud(asking_price_cents=price_cents) == expected


def test_a_price_far_below_the_market_waits_for_an_operator():
    assert fraud(asking_price_cents=100_000_00) == {"price far below the market": 45}
    assert verdict(asking_price_cents=100_000_00) == "review"


@pytest.mark.parametrize("facts", [{"comparables": 7}, {"median_cents_per_sqft": None}, {"property_type": "land"}])
def test_no_market_no_word_about_the_price(facts):
    assert fraud(asking_price_cents=100_000_00, **facts) == {}


def test_one_signal_alone_rejects_nobody_and_several_do():
    assert verdict(text="I am overseas") == "pass"
    assert verdict(text="I am overseas. Wire the deposit first.") == "reject"


def test_a_contact_in_adverts_for_many_homes_counts():
    assert fraud(unlike_homes_with_contact=5) == {}
    assert fraud(unlike_homes_with_contact=6) == {"contact used for many homes": 30}


def test_impossible_facts_count():
    facts = {
        "asking_price_cents": 100_00,
        "beds": 40,
        "flags": frozenset({"zip_contradicts_state"}),
        "area_sqft": None,
    }

    assert fraud(**facts) == {"impossible price": 30, "impossible rooms": 25, "place contradicts itself": 15}


@pytest.mark.parametrize(
    "facts",
    [
        {"has_phone": False, "has_address": False},
        {"city": ""},
        {"asking_price_cents": None, "beds": None, "area_sqft": None},
    ],
)
def test_what_nobody_could_use_is_not_sold(facts):
    assert verdict(**facts) == "reject"


def test_points_explain_the_whole_score():
    evidence = scoring.quality_evidence(HOME, now=NOW)

    assert quality() == scoring.quality_score(evidence)
    assert all(item.says.endswith(".") for item in evidence)


@pytest.mark.parametrize(
    "worse",
    [
        {"has_phone": False},
        {"beds": None},
        {"image_count": 0},
        {"posted_at": NOW - timedelta(days=90)},
        {"posted_at": None},
        {"text": "No agents please."},
        {"asking_price_cents": 900_000_00},
    ],
)
def test_less_to_go_by_scores_less(worse):
    assert quality(**worse) < quality()


@pytest.mark.parametrize("better", [{"text": "Relocating, must sell."}, {"price_cuts": 2}, {"has_email": True}])
def test_a_willing_seller_scores_more(better):
    assert quality(**better) > quality()


def test_what_is_unknown_is_named():
    says = [item.says for item in scoring.quality_evidence(replace(HOME, beds=None, posted_at=None), now=NOW)]

    assert "Unknown: bedrooms." in says
    assert "When it was posted: unknown." in says


def test_every_quotation_has_our_own_words_for_the_public():
    quoting = {part for part, _, _ in (*scoring.MOTIVATION, scoring.UNWILLING)}

    assert scoring.IN_OUR_WORDS.keys() == quoting


@given(term=st.sampled_from(sorted(fair_housing.PROTECTED_TERMS)))
def test_no_protected_term_moves_a_score(term):
    assert quality(text=f"{HOME.text} {term} {term.upper()}") == quality()


@given(city=st.text(max_size=20))
def test_the_place_moves_no_score(city):
    assert quality(city=city) == quality()


def metres_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle distance by the haversine formula."""
    (lat1, lng1), (lat2, lng2) = ([math.radians(value) for value in point] for point in (one, other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lng2 - lng1) / 2) ** 2
    return 2 * 6_371_000 * math.asin(math.sqrt(half))


@given(
    lead_id=st.uuids(),
    latitude=st.floats(-70, 70),
    longitude=st.floats(-179, 179),
)
def test_the_public_point_lies_300_to_800_metres_off_and_stays(lead_id: UUID, latitude, longitude):
    moved = public_point(lead_id=lead_id, latitude=latitude, longitude=longitude)

    assert moved == public_point(lead_id=lead_id, latitude=latitude, longitude=longitude)
    assert 300 <= metres_between((latitude, longitude), moved) <= 800
