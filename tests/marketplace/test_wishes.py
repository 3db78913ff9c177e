"""What a search wishes for: phrases of the catalogue, kept whole and rightly spelt."""

import pytest

from ai.embedding.words import common_words
from leads import fair_housing
from leads.reading.catalogue import FEATURES
from marketplace.understanding import read_wishes, understand
from marketplace.understanding.wishes import _table, spellings

LABELS = {entry.says for entry in FEATURES.values()}


def answers(text: str) -> list[str]:
    """The best label for each wish."""
    return [next(iter(wish.answers)) for wish in read_wishes(text).wanted]


def test_every_feature_of_the_catalogue_can_be_wished_for():
    answered = {label for entry in _table().values() for label, how in entry.answers.items() if how == 1}

    assert answered == LABELS


def test_no_phrase_speaks_of_people():
    said = [" ".join(phrase) for phrase in _table()]

    assert [phrase for phrase in said if fair_housing.searchable(phrase) != phrase] == []


@pytest.mark.parametrize(
    ("text", "best"),
    [
        ("no stairs near shops", ["all on one level", "near shops"]),
        ("turn key", ["move-in ready"]),
        ("walk to the shops", ["near shops"]),
        ("granny flat", ["guest unit"]),
        ("natural light", ["bright rooms"]),
        ("quite condo", ["quiet street"]),
        ("piscina", ["pool"]),
        ("pool and a swimming pool", ["pool"]),
        ("asdf", []),
    ],
)
def test_words_wish_for_features(text, best):
    assert answers(text) == best


def test_what_is_not_wanted_is_told_apart_and_no_wish():
    wishes = read_wishes("without a pool, garage, not near the highway")

    assert [wish.words for wish in wishes.wanted] == ["garage"]
    assert wishes.unwanted == ("pool", "near the highway")
    assert wishes.rest == ()


def test_words_that_nothing_is_known_of_are_the_rest():
    assert read_wishes("no hoa big yard hawthorn").rest == ("hoa", "hawthorn")


@pytest.mark.parametrize(
    ("words", "facts", "text"),
    [
        ("walk to shops austin", {"city": "Austin", "state": "TX"}, "walk to shops"),
        ("no stairs orlando", {"city": "Orlando", "state": "FL"}, "no stairs"),
        ("montain view denver", {"city": "Denver", "state": "CO"}, "mountain view"),
        ("harwood flors seatle", {"city": "Seattle", "state": "WA"}, "hardwood floors"),
        ("lots of natural light", {}, "natural light"),
        ("oak trees all over the lot, texas", {"state": "TX"}, "oak trees"),
        ("lot with a barn, texas", {"state": "TX"}, "barn"),
        ("ranch style texas", {"property_type": ("single_family",), "state": "TX"}, "ranch style"),
        ("magnolia rd houston", {"city": "Houston", "state": "TX"}, "magnolia rd"),
    ],
)  # fmt: skip
def test_phrases_are_kept_whole_beside_what_is_understood(words, facts, text):
    understood = understand(words)

    assert (dict(understood.facts), understood.text) == (facts, text)
    assert understand(text).text == text


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        ("mountain view ca", {"city": "Mountain View", "state": "CA"}),
        ("homes in mountain view", {"city": "Mountain View", "state": "CA"}),
        ("land near Lake Norman", {"near": (35.54, -80.93), "radius_miles": 5.0, "property_type": ("land",)}),
        ("near park city utah", {"near": (40.646, -111.498), "radius_miles": 10.0}),
        ("condo st louis", {"city": "St. Louis", "state": "MO", "property_type": ("condo",)}),
    ],
)
def test_a_place_that_is_called_like_a_wish_stays_a_place(words, fact):
    assert dict(understand(words).facts) == fact


def test_a_right_word_is_never_put_right():
    assert understand("down to the studs").text == "down studs"
    right = sorted(word for word in common_words() - spellings() if len(word) > 4 and word.isascii())[::40]

    changed = {word: understand(word).text for word in right if understand(word).text not in {word, ""}}

    assert len(right) > 300
    assert changed == {}
