"""The labelled searches themselves: 200 of them, each labelled in the closed words that a search is understood in.

A line of ``queries.jsonl`` is ``{"q": …, "expect": {…}}``, written before the search could read a word. ``expect``
holds only what the query says: ``asking_*`` in whole US dollars, ``price_max`` in credits, ``area_*`` in square
feet, ``near`` as latitude and longitude with ``radius_miles`` around it, ``text`` the words that are left, and
``refused`` where the query asks for protected classes of people. Cities and counties bear their name and state.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from leads.models import Kind, Tier
from leads.usps import STATE_CODES

QUERIES: Final = [
    json.loads(line) for line in Path(__file__).with_name("queries.jsonl").read_text(encoding="utf-8").splitlines()
]
LABELS: Final[list[dict[str, Any]]] = [query["expect"] for query in QUERIES]

PROPERTY_TYPES: Final = {
    "single_family",
    "condo",
    "townhouse",
    "multi_family",
    "apartment",
    "manufactured",
    "land",
    "commercial",
}
RANGES: Final = [("beds_min", "beds_max"), ("asking_min", "asking_max"), ("area_min", "area_max")]

Check = Callable[[Any], bool]


def whole(least: int, most: int) -> Check:
    return lambda value: type(value) is int and least <= value <= most


def some_of(names: set[str]) -> Check:
    return lambda value: isinstance(value, list) and 0 < len(value) == len(set(value)) and set(value) <= names


def is_name(value: Any) -> bool:
    return isinstance(value, str) and value == value.strip() and value[:1].isupper()


def is_point_in_the_states(value: Any) -> bool:
    latitude, longitude = value
    return 18.9 <= latitude <= 71.4 and -179.2 <= longitude <= -66.9


def are_zips(value: Any) -> bool:
    return len(set(value)) == len(value) > 0 and all(len(code) == 5 and code.isdigit() for code in value)


VOCABULARY: Final[dict[str, Check]] = {
    "beds_min": whole(0, 10),
    "beds_max": whole(0, 10),
    "baths_min": lambda value: type(value) in {int, float} and 0 < value <= 10 and value * 2 % 1 == 0,
    "asking_min": whole(100, 100_000_000),
    "asking_max": whole(100, 100_000_000),
    "price_max": whole(1, 1_000),
    "area_min": whole(100, 100_000_000),
    "area_max": whole(100, 100_000_000),
    "quality_min": whole(1, 100),
    "property_type": some_of(PROPERTY_TYPES),
    "kind": some_of(set(Kind.values)),
    "tier": some_of(set(Tier.values)),
    "listed_within_days": whole(1, 365),
    "sort": lambda value: value in {"newest", "price", "quality"},
    "state": lambda value: value in STATE_CODES,
    "city": is_name,
    "county": is_name,
    "zip": are_zips,
    "near": is_point_in_the_states,
    "radius_miles": whole(1, 100),
    "text": lambda value: bool(value) and value == " ".join(value.lower().split()),
    "refused": lambda value: value is True,
}


def labelled_with(key: str) -> list[dict[str, Any]]:
    return [label for label in LABELS if key in label]


def test_there_are_two_hundred_searches_and_no_two_alike():
    assert len({" ".join(query["q"].lower().split()) for query in QUERIES}) == len(QUERIES) == 200


@pytest.mark.parametrize("key", VOCABULARY)
def test_a_word_of_the_labels_always_holds_what_it_may(key):
    labels = labelled_with(key)

    assert labels
    assert [label for label in labels if not VOCABULARY[key](label[key])] == []


def test_every_search_means_something_and_is_labelled_in_known_words_only():
    assert [query for query in QUERIES if set(query) != {"q", "expect"} or not query["expect"]] == []
    assert set().union(*LABELS) == set(VOCABULARY)


@pytest.mark.parametrize(("least", "most"), RANGES)
def test_no_range_is_upside_down(least, most):
    ranges = [label for label in labelled_with(least) if most in label]

    assert ranges
    assert [label for label in ranges if label[least] > label[most]] == []


def test_a_search_is_in_a_place_or_near_one():
    assert [label for label in LABELS if ("near" in label) != ("radius_miles" in label)] == []
    assert [label for label in labelled_with("near") if {"state", "city", "county", "zip"} & set(label)] == []
    assert [label for label in labelled_with("city") + labelled_with("county") if "state" not in label] == []
    assert [label for label in labelled_with("city") if "county" in label] == []


def test_the_searches_reach_across_the_country():
    assert len({label["state"] for label in labelled_with("state")}) >= 40
    assert len(labelled_with("near")) >= 40
    assert len(labelled_with("county")) >= 15
    assert len(labelled_with("zip")) >= 10


def test_what_is_refused_is_neither_a_filter_nor_text():
    assert len(labelled_with("refused")) == 8
    assert [label for label in labelled_with("refused") if "text" in label] == []


def test_some_searches_are_words_alone():
    assert len([label for label in LABELS if set(label) == {"text"}]) == 10
