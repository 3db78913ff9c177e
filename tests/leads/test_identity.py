"""Same, doubtful or different: what two sightings are to each other, decided without a database."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.address import street_key
from leads.identity import Outcome, Sighting, compare, contradicts, is_offered_anew
from leads.likeness import Street, shared_ratio, sketch, streets

HOUSE = Sighting(
    building="1506 n 116th st 78704",
    number="1506",
    street="n 116th st",
    zip_code="78704",
    city="Austin",
    contacts=frozenset({"phone"}),
    names=frozenset({"MR"}),
    property_type="single_family",
    beds=3,
    baths=2,
    area_sqft=1480,
    asking_price_cents=412_000_00,
)
NOWHERE = replace(HOUSE, building="", number="", street="", unit="")
OTHERS = {"contacts": frozenset({"another phone"}), "names": frozenset({"SM"})}


def outcome(one: Sighting, other: Sighting, **homes: int) -> Outcome:
    assert compare(one, other, homes=homes) == compare(other, one, homes=homes)
    return compare(one, other, homes=homes).outcome


def at(line: str, **facts: object) -> Sighting:
    """The house, at another address of the same town."""
    number, _, street = line.partition(" ")
    key = street_key(street)
    return replace(HOUSE, building=f"{number} {key} 78704", number=number, street=key, **facts)


@pytest.mark.parametrize(
    "other",
    [
        at("1508 N 116th St"),
        at("1560 N 116th St"),
        at("1506 S 116th St"),
        at("1506 N 117th St"),
        at("1506 N 116th Ave"),
        at("1506 Oak St"),
        replace(HOUSE, building="1506 n 116th st 53226", zip_code="53226", city="Milwaukee"),
    ],
)
def test_another_number_street_or_town_wins_over_phone_name_rooms_and_price(other):
    assert compare(HOUSE, other).points == -100
    assert outcome(HOUSE, other) is Outcome.DIFFERENT


def test_another_unit_wins_over_everything():
    assert outcome(replace(HOUSE, unit="1"), replace(HOUSE, unit="2")) is Outcome.DIFFERENT
    assert outcome(replace(HOUSE, unit="1"), replace(NOWHERE, unit="2")) is Outcome.DIFFERENT


@pytest.mark.parametrize("misspelt", ["Hiddn Creek Rd", "Hidden Crek Rd", "Hidden Creek"])
def test_a_street_may_be_misspelt_where_something_else_speaks_for_it(misspelt):
    home = at("40 Hidden Creek Rd")
    alone = {"contacts": frozenset(), "names": frozenset(), "beds": None, "area_sqft": None, "baths": None}

    assert outcome(home, at(f"40 {misspelt}")) is Outcome.SAME
    assert outcome(home, at(f"40 {misspelt}", **{**alone, "asking_price_cents": None})) is Outcome.DOUBTFUL


def test_the_house_is_the_same_with_other_people_and_another_price():
    later = replace(HOUSE, **OTHERS, asking_price_cents=545_000_00)

    assert outcome(HOUSE, later) is Outcome.SAME


def test_a_house_of_which_everything_else_differs_is_doubtful():
    unlike = replace(HOUSE, **OTHERS, beds=5, baths=4, area_sqft=3100, asking_price_cents=900_000_00)

    assert outcome(HOUSE, unlike) is Outcome.DOUBTFUL


def test_flats_of_one_building_without_a_unit_are_one_home_only_by_contact_and_rooms():
    flat = replace(HOUSE, property_type="apartment")

    assert outcome(flat, flat) is Outcome.SAME
    assert outcome(flat, replace(flat, **OTHERS)) is Outcome.DOUBTFUL
    assert outcome(flat, replace(flat, beds=1, asking_price_cents=250_000_00)) is not Outcome.SAME
    assert outcome(flat, replace(flat, **OTHERS, beds=1, asking_price_cents=250_000_00)) is Outcome.DIFFERENT


def test_a_missing_unit_is_made_up_for_by_contact_and_rooms():
    unit = replace(HOUSE, unit="3")

    assert outcome(unit, replace(HOUSE, area_sqft=None, asking_price_cents=None)) is Outcome.SAME
    assert outcome(unit, replace(HOUSE, **OTHERS)) is Outcome.DOUBTFUL
    assert outcome(unit, replace(HOUSE, beds=5)) is Outcome.DIFFERENT


def test_a_missing_address_is_made_up_for_by_phone_rooms_and_price():
    less = replace(NOWHERE, baths=None, area_sqft=None, asking_price_cents=400_000_00)

    assert outcome(HOUSE, less) is Outcome.SAME
    assert outcome(HOUSE, replace(less, beds=None)) is Outcome.DOUBTFUL
    assert outcome(HOUSE, replace(less, beds=2)) is Outcome.DIFFERENT
    assert outcome(HOUSE, replace(less, zip_code="78705")) is Outcome.DIFFERENT


def test_a_phone_of_forty_homes_counts_little():
    less = replace(NOWHERE, baths=None, area_sqft=None)

    assert outcome(less, less, phone=3) is Outcome.SAME
    assert outcome(less, less, phone=40) is Outcome.DIFFERENT
    assert compare(less, less, homes={"phone": 40}).points < compare(less, less, homes={"phone": 8}).points


def test_a_missing_zip_is_made_up_for_by_the_town():
    assert outcome(HOUSE, replace(HOUSE, building="1506 n 116th st austin tx", zip_code="")) is Outcome.SAME


def test_words_and_pictures_speak_for_a_home_without_address_or_contact():
    bare = replace(NOWHERE, contacts=frozenset(), names=frozenset(), baths=None, area_sqft=None)
    told = replace(bare, wording=list(range(16)), images=frozenset({0b1011}))

    assert outcome(bare, bare) is Outcome.DIFFERENT
    assert outcome(told, replace(told, images=frozenset({0b1010}))) is Outcome.SAME
    assert outcome(replace(told, images=frozenset()), told) is Outcome.DOUBTFUL


def test_points_tell_homes_of_one_owner_apart():
    here = replace(NOWHERE, latitude=30.2431, longitude=-97.7651)

    assert outcome(here, replace(here, latitude=30.2431, longitude=-97.7652)) is Outcome.SAME
    assert (
        outcome(here, replace(here, latitude=30.2731, asking_price_cents=None, area_sqft=None)) is Outcome.DIFFERENT
    )


def test_a_home_offered_anew_by_another_seller_is_a_new_chance():
    year = timedelta(days=365)

    assert is_offered_anew(replace(HOUSE, **OTHERS), [HOUSE], unseen=year)
    assert not is_offered_anew(HOUSE, [HOUSE], unseen=year)
    assert not is_offered_anew(replace(HOUSE, **OTHERS), [HOUSE], unseen=timedelta(days=30))
    assert not is_offered_anew(replace(HOUSE, contacts=frozenset()), [HOUSE], unseen=year)


@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [
        ("N. 116th Street", "North 116th St", Street.SAME),
        ("Maple St", "Mable St", Street.NEAR),
        ("Maple St", "Maple", Street.NEAR),
        ("E Maple St", "Maple St", Street.NEAR),
        ("Maple St", "Maple Ave", Street.OTHER),
        ("Oak St", "Ash St", Street.OTHER),
        ("5th Ave", "6th Ave", Street.OTHER),
        ("Highway 61", "Highway 16", Street.OTHER),
    ],
)
def test_streets(one, other, likeness):
    assert streets(street_key(one), street_key(other)) is likeness
    assert streets(street_key(other), street_key(one)) is likeness


def test_two_descriptions_are_compared_without_their_words():
    words = "Bright rooms near the creek with a new roof, a fenced yard and a workshop behind the garage. " * 2
    mine, theirs = sketch(words, key=b"key"), sketch(words + "Call after six in the evening please.", key=b"key")

    assert shared_ratio(mine, mine) == 1
    assert shared_ratio(mine, theirs) > 0.5
    assert shared_ratio(mine, sketch(" ".join(map(str, range(60))), key=b"key")) < 0.2
    assert sketch("Call me", key=b"key") == []


sightings = st.builds(
    Sighting,
    building=st.sampled_from(["", "a", "b"]),
    number=st.sampled_from(["1", "2"]),
    street=st.sampled_from(["oak st", "oaks st", "elm st"]),
    unit=st.sampled_from(["", "1", "2"]),
    zip_code=st.sampled_from(["", "78704", "78705"]),
    city=st.sampled_from(["", "Austin"]),
    contacts=st.frozensets(st.sampled_from(["p", "q"])),
    beds=st.sampled_from([None, 2, 3]),
    area_sqft=st.sampled_from([None, 1000, 1020, 1500]),
    asking_price_cents=st.sampled_from([None, 100, 105, 200]),
)


@given(one=sightings, other=sightings)
def test_a_comparison_is_symmetric_and_a_contradiction_is_never_the_same_home(one, other):
    assert compare(one, other) == compare(other, one)
    assert not (compare(one, other).outcome is Outcome.SAME and contradicts(one, other))


@given(one=sightings, other=sightings)
def test_neither_a_place_nor_a_contact_alone_makes_two_adverts_one_home(one, other):
    stranger = replace(other, building="", beds=None, area_sqft=None, asking_price_cents=None)

    assert compare(replace(one, building=""), stranger).outcome is not Outcome.SAME


@given(one=sightings, other=sightings)
def test_the_evidence_tells_where_the_points_come_from(one, other):
    result = compare(one, other)

    assert sum(item.points for item in result.evidence) <= result.points
    assert all(item.says.endswith(".") for item in result.evidence)
