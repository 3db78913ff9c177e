"""Checks and scores: facts in, points with reasons out."""

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads import fair_housing, scoring, validation
from leads.comparables import Market
from leads.facts import LeadFacts, as_json, from_json
from leads.geography import public_point
from leads.reading.local import read_locally
from leads.scam_phrases import find_signals
from leads.scoring import features

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOME = LeadFacts(
    kind="fsbo",
    signals=(),
    motivations=(),
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
    contact_regions=1,
    homes_with_same_images=0,
    market=Market(homes=20, area="78704", measure="square foot", median_cents=300_00.0, spread=0.1),
)


def told(text: str = "", **facts):
    """The honest home, but for these facts and what this text says."""
    reading = tuple(passage.fact for passage in read_locally(text))
    said = {
        "signals": find_signals(text),
        "motivations": scoring.motivations_of(reading),
        "reading": reading,
    }
    return replace(HOME, **{**said, **facts})


def fraud(**facts):
    return {item.part: item.points for item in validation.fraud_evidence(told(**facts))}


def verdict(**facts):
    changed = told(**facts)
    return str(validation.verdict(changed, validation.fraud_score(validation.fraud_evidence(changed)))[0])


def quality(**facts):
    return scoring.quality_score(scoring.PRIOR.evidence(told(**facts), now=NOW))


def test_an_honest_advert_raises_no_suspicion():
    assert (fraud(), verdict()) == ({}, "pass")


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("Pay by Western Union", "untraceable payment"),
        ("Send the deposit first", "payment before viewing"),
        ("I am out of the country", "owner is away"),
        ("I will mail you the keys", "keys by mail"),
        ("The house can not be shown", "cannot be viewed"),
        ("Send a copy of your passport", "asks for personal papers"),
        ("We are on deployment with the Navy", "owner is away"),
        ("Order your credit report through the link below", "asks for personal papers"),
    ],
)
def test_each_word_of_an_advance_fee_fraud_counts_and_is_quoted(words, part):
    (item,) = validation.fraud_evidence(told(words))

    assert item.part == part
    assert item.says.startswith("The advert says “")


@pytest.mark.parametrize(
    ("price_cents", "expected"), [(450_000_00, {}), (300_000_00, {}), (240_000_00, {"price below the market": 20})]
)
def test_a_price_is_held_against_homes_nearby(price_cents, expected):
    assert fraud(asking_price_cents=price_cents) == expected


def test_a_price_far_below_the_market_waits_for_an_operator():
    assert fraud(asking_price_cents=100_000_00) == {"price far below the market": 45}
    assert verdict(asking_price_cents=100_000_00) == "review"


@pytest.mark.parametrize("facts", [{"market": None}, {"property_type": "land"}, {"area_sqft": None}])
def test_no_market_no_word_about_the_price(facts):
    assert fraud(asking_price_cents=100_000_00, **facts) == {}


def test_one_signal_alone_rejects_nobody_and_several_do():
    assert verdict(text="I am overseas") == "pass"
    assert verdict(text="I am overseas. Wire the deposit before the viewing.") == "reject"


@pytest.mark.parametrize(
    "words",
    [
        "No wire transfers, please.",
        "Never pay a deposit before viewing the house!",
        "Beware of scams that ask for Western Union.",
        "Certified check or wire the balance at closing with the title company.",
        "Owner relocated out of state. Vacant, lockbox, quick closing with the local title company.",
        "My husband was deployed last year and we are moving on. Open house Sunday near the Missionary Church.",
        "Perfect for travel nurses. Showings by appointment; no viewings on weekdays.",
        "Cannot be shown before noon. First month and deposit due at signing.",
        "Proof of funds before viewing, please. Credit check required.",
        "Kein Vorkasse-Betrug: Besichtigung jederzeit.",
        "Sin depósito antes de ver la casa.",
    ],
)
def test_what_honest_owners_say_and_warn_of_is_no_signal(words):
    assert verdict(text=words) == "pass"
    assert sum(fraud(text=words).values()) <= 10


@pytest.mark.parametrize(
    "words",
    [
        "I am on a mission trip in Africa. God bless. Send the rent by MoneyGram and I will mail the keys.",
        "Estoy en Londres. Envíe el depósito antes de ver el piso y le envío las llaves por mensajería.",
        "Ich bin zur Zeit im Ausland. Nach der Überweisung der Kaution bekommen Sie die Schlüssel per Post.",
        "We moved to the UK and cannot show the flat. Pay the rent through Airbnb, refunded if you do not like it.",
        "We moved to Kenya for my job and left with the keys. Look through the windows, you cannot get inside.",
        "I am an officer currently deployed. Pay via Zelle upfront to reserve the place.",
        "Our company won the lottery for you: pay the transfer fee with gift cards to claim your prize.",
    ],
)
def test_frauds_are_stopped_in_three_languages(words):
    assert verdict(text=words) == "reject"


def test_quotations_leave_out_numbers_and_what_stands_between():
    (item,) = validation.fraud_evidence(told("Pay the rent to Casey Roe at 512-555-0142 with Zelle"))

    assert item.says == "The advert says “rent to … with zelle”."


def test_a_market_of_unlike_prices_calls_none_of_them_far_off():
    market = replace(HOME.market, spread=0.6)

    assert fraud(asking_price_cents=150_000_00, market=market) == {}


def test_without_areas_the_bedrooms_are_compared_and_count_half():
    market = Market(homes=9, area="787xx", measure="home", median_cents=2_000_00, spread=0.1)

    assert fraud(asking_price_cents=700_00, area_sqft=None, price_period="month", market=market) == {
        "price far below the market": 22
    }


def test_somebody_who_may_not_own_the_land_waits_for_an_operator():
    lot = {"property_type": "land", "beds": None, "area_sqft": None, "market": None}

    assert verdict(text="Vacant lot, owner moved out of state. Quick cash closing.", **lot) == "pass"
    assert verdict(text="Vacant lot below market. Email only, quick closing with my own notary.", **lot) == "review"


def test_pictures_of_other_homes_count():
    assert fraud(homes_with_same_images=1) == {"pictures of another home": 25}
    assert fraud(homes_with_same_images=3) == {"pictures of another home": 40}


def test_a_policy_weighs_parts_and_moves_thresholds():
    suspect = told("I am overseas")
    strict = validation.Policy(review_from=20, reject_from=30, weights={"text": 80})

    evidence = validation.fraud_evidence(suspect, strict)

    assert [item.points for item in evidence] == [24]
    assert validation.verdict(suspect, 24, strict)[0] == "review"
    assert validation.fraud_evidence(suspect, replace(strict, weights={"text": 0})) == []


def test_facts_come_back_from_their_document():
    facts = told("I am overseas, must sell", flags=frozenset({"zip_unknown"}), posted_at=None)

    assert from_json(json.loads(json.dumps(as_json(facts, judged_at=NOW)))) == (facts, NOW)


def test_a_contact_in_adverts_for_many_homes_counts():
    assert fraud(unlike_homes_with_contact=5) == {}
    assert fraud(unlike_homes_with_contact=6) == {"contact used for many homes": 30}
    assert fraud(contact_regions=4) == {"contact used in many places": 20}


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
    evidence = scoring.PRIOR.evidence(HOME, now=NOW)

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
    says = [item.says for item in scoring.PRIOR.evidence(replace(HOME, beds=None, posted_at=None), now=NOW)]

    assert "Unknown: bedrooms." in says
    assert "When it was posted: unknown." in says


def test_every_quotation_has_our_own_words_for_the_public():
    quoting = {item.part for item in features.FEATURES if item.field == "description"}

    assert scoring.IN_OUR_WORDS.keys() == quoting


@given(term=st.sampled_from(sorted(fair_housing.PROTECTED_TERMS)))
def test_no_protected_term_moves_a_score(term):
    assert quality(text=f"Bright rooms. {term} {term.upper()}") == quality()


@given(term=st.sampled_from(sorted(fair_housing.PROTECTED_TERMS)))
def test_no_protected_term_is_a_sign_of_fraud(term):
    assert find_signals(f"We are a {term} family. {term.upper()}!") == ()


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
