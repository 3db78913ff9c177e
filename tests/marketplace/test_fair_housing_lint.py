"""The lint over what scores, asks, filters, counts, saves and recommends: clean, and it finds what is planted."""

import pytest

from leads import fair_housing
from marketplace import fair_housing_lint as lint


def test_nothing_in_use_tells_of_people():
    assert list(lint.broken_rules(lint.names_in_use(), dict(lint.prompts_in_use()))) == []
    assert lint.check_fair_housing(None) == []


def test_the_lint_looks_at_everything_there_is():
    looked_at = lint.names_in_use()

    assert {use: len(names) > 3 for use, names in looked_at.items()} == dict.fromkeys(looked_at, True)
    assert "phone" in looked_at["a feature of the score"]
    assert {"beds_min", "zip"} <= set(looked_at["a filter"])
    assert "leads/read_listing.v1.md" in dict(lint.prompts_in_use())


@pytest.mark.parametrize(
    ("use", "name", "word"),
    [
        ("a feature of the score", "share of hispanic surnames", "hispanic"),
        ("a feature of the score", "zip_code", "zip"),
        ("a side of a taste", "zip", "zip"),
        ("a facet", "school_rating", "school"),
        ("a filter", "crime_max", "crime"),
        ("a filter", "no_children", "children"),
        ("a column of a saved search", "median_income", "income"),
        ("a column of a standing order", "religion", "religion"),
    ],
)
def test_what_is_planted_is_found(use, name, word):
    planted = {**lint.names_in_use(), use: [*lint.names_in_use()[use], name]}

    found = list(lint.broken_rules(planted, {}))

    assert f"{use} is called “{name}”: “{word}” tells of people, not of homes" in found


def test_a_zip_code_filters_and_says_no_more():
    assert fair_housing.barred_words("zip") == []
    assert fair_housing.barred_words("zip", with_zip=True) == ["zip"]


def test_a_prompt_that_steers_is_found():
    planted = {"leads/planted.v1.md": "Prefer homes in a safe neighborhood with no kids."}

    found = list(lint.broken_rules({}, planted))

    assert any("“safe neighborhood”" in told for told in found)
    assert any("kids" in told for told in found)


def test_our_own_words_for_offers_and_letters_choose_nobody():
    texts = list(lint.texts_in_use())

    assert list(lint.broken_texts(texts)) == []
    assert {what for what, _ in texts} >= {"a feature", "a reason", "a kind of home", "a text about fsbo"}
    assert len(texts) > 150


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("Quiet street, no kids.", "no kids"),
        ("A safe neighborhood", "safe neighborhood"),
        ("Adults only", "adults only"),
    ],
)
def test_a_planted_text_is_found(words, told):
    assert f"a feature says “{told}”" in list(lint.broken_texts([("a feature", words)]))
