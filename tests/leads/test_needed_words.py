"""An expression is passed over only where it cannot match."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.needed_words import may_match, needed_words
from leads.scam_phrases import expressions
from tests.conftest import at_length


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        ("western union", ((("western union",),),)),
        ("gift cards?|bitcoin", ((("gift card",),), (("bitcoin",),))),
        (r"(?:send|wire)\w* (?:the )?money", ((("send", "wire"), (" ",), ("money",)),)),
        (r"(?:the )?\w+", ((),)),
        ("no (?:agents|$)", ((("no ",),),)),
        (r"[ab]+(?!warm)(?:cold)*", ((),)),
    ],
)
def test_the_words_of_every_part_that_a_match_must_hold_are_told(pattern, needed):
    told = tuple(tuple(sorted(tuple(sorted(words)) for words in parts)) for parts in needed_words(pattern))

    assert told == tuple(tuple(sorted(parts)) for parts in needed)


def test_a_text_without_them_is_passed_over():
    needed = needed_words(r"(?:send|wire)\w* (?:the )?money|gift cards?")

    assert [may_match(needed, text) for text in ("wired money", "a gift card", "money", "send a gift")] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("expression", sorted(expressions()))
@settings(max_examples=at_length(short=4, soak=200))
@given(data=st.data())
def test_whatever_a_phrase_of_frauds_matches_is_looked_at(expression, data):
    text = data.draw(st.from_regex(re.compile(expression, re.ASCII)))

    assert may_match(needed_words(expression), text)
