"""Keeps phrases whole that wish for something, while the rest of a search is read.

"walk to shops" is no distance to a place, "no stairs" loses no word, "ranch style" tells of the home as well. Names
of streets are kept so, too: "Hawthorn Street" is no town called Hawthorn.
"""

import re
from collections.abc import Mapping
from typing import Final

from leads import usps
from leads.gazetteer import find_place
from marketplace.understanding.reading import GAP, Reading
from marketplace.understanding.wishes import Phrase, phrases
from marketplace.understanding.words import FILLERS, ORDINARY, SPELT

MARK: Final = "xqzx"
"""Begins the word that stands for a phrase: one that is read as any other, and that nobody types."""
A_TOWN: Final = 500
_WORDS_AROUND: Final = re.compile(rf"(?:(?P<before>[a-z]+) )?{MARK}(?: (?P<after>[a-z]+))?")
_STREET: Final = re.compile(
    r"(?<![\w'-])(?P<name>[a-z]{4,}) "
    r"(?:(?:street|avenue|ave|road|rd|drive|dr|lane|ln|boulevard|blvd)\b|st\b(?! [a-z]))"
)
_NO_STREET: Final = FILLERS | ORDINARY | frozenset(SPELT)
_MUCH: Final = re.compile(r"\b(?:lots?|plenty|tons) of $")
_INTO: Final = frozenset({"in", "near", "around", "of", "from"})


def kept_aside(reading: Reading) -> Mapping[str, str]:
    """Put a mark in place of each phrase of several words; return the phrases by their marks."""
    kept: dict[str, str] = {}
    for phrase in reversed(_phrases(reading.text)) if MARK not in reading.text else ():
        mark = MARK + "abcdefghijklmnopqrstuvwxyz"[len(kept) % 26] * (1 + len(kept) // 26)
        kept[mark] = phrase.words
        before = _MUCH.sub("", reading.text[: phrase.begin])
        reading.text = f"{before}{GAP}{mark}{GAP}{reading.text[phrase.end :]}"
        if phrase.type:
            reading.add("property_type", phrase.type)
    return kept


def _phrases(text: str) -> list[Phrase]:
    """What is kept whole, from left to right: wishes that are no places, and streets."""
    kept = [phrase for phrase in phrases(text) if not _is_a_place(text, phrase)]
    for found in _STREET.finditer(text):
        is_free = all(found.end() <= one.begin or found.start() >= one.end for one in kept)
        if is_free and found["name"] not in _NO_STREET:
            kept.append(Phrase(*found.span(), found.group(), ""))
    return sorted(kept, key=lambda one: one.begin)


def put_back(kept: Mapping[str, str], text: str) -> str:
    """The text with its phrases in it again."""
    return " ".join(kept.get(word, word) for word in text.split())


def _is_a_place(text: str, phrase: Phrase) -> bool:
    """Whether a phrase names a place, or begins the name of one: "mountain view ca", "near park city"."""
    around = _WORDS_AROUND.search(f"{text[: phrase.begin]}{MARK}{text[phrase.end :]}")
    before, after = (around["before"], around["after"]) if around else (None, None)
    if after and phrase.words.endswith("downtown"):
        return True
    named = [f"{phrase.words.split()[-1]} {after}", f"{phrase.words} {after}"] if after else []
    if any(find_place(name, least=A_TOWN) for name in named):
        return True
    state = usps.state_code(after) if after else ""
    is_placed = bool(state) or before in _INTO
    return is_placed and find_place(phrase.words, state=state or "", least=A_TOWN) is not None
