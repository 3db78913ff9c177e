"""Puts right what a hurried hand mistypes: "bedrom", "condoo", "firplace". Names of places are forgiven elsewhere.

A right word stays as it is, even where it looks like another one.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from leads import usps
from leads.fair_housing import PROTECTED_TERMS
from leads.gazetteer import find_place
from marketplace.understanding.reading import Reading
from marketplace.understanding.wishes import is_common, spellings
from marketplace.understanding.words import FILLERS, ORDINARY, SPELT

SHORTEST: Final = 4
SHORTEST_TWICE_WRONG: Final = 9
NAMED_BY: Final = 500
"""A town of so many people may be meant by a word that looks misspelt."""
_WORD: Final = re.compile(rf"(?<![\w'-])[a-z]{{{SHORTEST},}}(?:-[a-z]+)?(?![\w'-])")
SHORTEST_STATE: Final = 6
_STATES: Final = tuple(name for name in usps.STATES if len(name) >= SHORTEST_STATE and name.isalpha())
_MEANT: Final = (*SPELT, *_STATES)
_KNOWN: Final = FILLERS | ORDINARY | PROTECTED_TERMS | frozenset(_MEANT)
_WISHED: Final = tuple(sorted(word for word in spellings() if len(word) > SHORTEST))


def put_right(reading: Reading) -> None:
    """Replace each misspelt word of a search by the one that is meant."""
    reading.text = _WORD.sub(lambda found: _meant(found.group()), reading.text)


def put_wishes_right(reading: Reading) -> None:
    """The same for words that homes are wished for with, once places that they might name are read."""
    reading.text = _WORD.sub(lambda found: _wished(found.group()), reading.text)


@lru_cache(4_096)
def _meant(word: str) -> str:
    if word in _KNOWN or word.removesuffix("s") in _KNOWN or find_place(word, least=NAMED_BY):
        return word
    return _nearest(word, _MEANT)


@lru_cache(4_096)
def _wished(word: str) -> str:
    if len(word.removesuffix("s")) <= SHORTEST or word in _KNOWN or word in spellings() or is_common(word):
        return word  # too short without its plural as well: "studs" are no study
    return word if find_place(word, least=NAMED_BY) else _nearest(word, _WISHED)


def _nearest(word: str, known: Sequence[str]) -> str:
    """The most alike of some words that begin as it does, if that is close; else the word itself."""
    allowed = 2 if len(word) >= SHORTEST_TWICE_WRONG else 1
    begins_alike = [spelt for spelt in known if spelt[0] == word[0]]
    near = process.extractOne(word, begins_alike, scorer=OSA.distance, score_cutoff=allowed)
    return near[0] if near and len(near[0]) > SHORTEST else word
