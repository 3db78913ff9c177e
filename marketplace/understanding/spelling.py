"""Puts right what a hurried hand mistypes: "bedrom", "condoo", "undr". Names of places are forgiven elsewhere."""

import re
from functools import lru_cache
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from leads import usps
from leads.fair_housing import PROTECTED_TERMS
from leads.gazetteer import find_place
from marketplace.understanding.reading import Reading
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


def put_right(reading: Reading) -> None:
    """Replace each misspelt word of a search by the one that is meant."""
    reading.text = _WORD.sub(lambda found: _meant(found.group()), reading.text)


@lru_cache(4_096)
def _meant(word: str) -> str:
    if word in _KNOWN or word.removesuffix("s") in _KNOWN or find_place(word, least=NAMED_BY):
        return word
    allowed = 2 if len(word) >= SHORTEST_TWICE_WRONG else 1
    near = process.extractOne(
        word, [spelt for spelt in _MEANT if spelt[0] == word[0]], scorer=OSA.distance, score_cutoff=allowed
    )
    return near[0] if near and len(near[0]) > SHORTEST else word
