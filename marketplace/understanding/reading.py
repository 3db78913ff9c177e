"""A search while it is read: the words that nobody has understood yet, and what was understood so far."""

import re
import unicodedata
from collections.abc import Callable
from typing import Any, Final

from leads.gazetteer import Place

GAP: Final = " ; "
"""Stands where something was understood, so that what stood around it is never read as one."""
_SAME: Final = str.maketrans(
    {"’": "'", "‘": "'", "`": "'", "“": " ", "”": " ", '"': " ", "–": "-", "—": "-", "−": "-", ";": ",", "|": ",",
     "½": ".5", "¼": ".25", "¾": ".75", "≤": "<=", "≥": ">=", "≈": "~"}
)  # fmt: skip
_THOUSANDS: Final = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_CAPITALS: Final = re.compile(r"\b[A-Z]{2,}\b")
_NUMBERS: Final = {
    word: str(number)
    for number, word in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"], start=1
    )
}
_COUNTED: Final = (
    r"(?:bed|bd|br\b|bath|ba\b|acre|mile|mi\b|day|week|month|credit|million|mil\b|full|or more|plus|\+)"
)
_NUMBER_WORD: Final = re.compile(
    rf"\b({'|'.join(_NUMBERS)})(?=[\s-]+(?:(?:or|to|and|-)[\s-]+[a-z0-9]+[\s-]+)?{_COUNTED})"
)
_AND_A_HALF: Final = re.compile(
    rf"\b({'|'.join(_NUMBERS)}|\d)\s+(?:and a half|1/2)(?=[\s-]+(?:bath|ba\b|mil|acre))"
)
_FRACTIONS: Final = (
    (re.compile(r"(?<=\d)\s+(?=\.\d)"), ""),
    (re.compile(r"\bhalf\s+(?:an?\s+)?(?=acre|mil)|\b1/2\s+(?=acre)"), "0.5 "),
    (re.compile(r"\b(?:a\s+)?quarter\s+(?:of\s+)?(?:an?\s+)?(?=acre|mil)|\b1/4\s+(?=acre)"), "0.25 "),
    (re.compile(r"\ban?\s+(?=acre|million)"), "1 "),
)


class Reading:
    """``text`` in small letters, with gaps where it was understood; ``facts`` as ListingFilters names them.

    ``land`` is the word for the land whose area was asked for, or "".
    """

    def __init__(self, words: str) -> None:
        plain = unicodedata.normalize("NFKD", words.translate(_SAME))
        plain = "".join(letter for letter in plain if letter.isprintable() and not unicodedata.combining(letter))
        self.capitals = frozenset() if plain.isupper() else frozenset(map(str.lower, _CAPITALS.findall(plain)))
        self.text = _counted(" ".join(_THOUSANDS.sub("", plain).lower().split()))
        self.facts: dict[str, Any] = {}
        self.is_refused = False
        self.land = ""
        self.miles = 0.0
        self.place: Place | None = None

    def each(self, pattern: re.Pattern[str], read: Callable[[re.Match[str]], bool]) -> None:
        """Show every match to ``read``; those it understood are read no more."""
        self.text = pattern.sub(lambda found: GAP if read(found) else found.group(), self.text)

    def note(self, **facts: Any) -> bool:
        """Keep what was understood. What was said first stands; ``False`` where nothing of it is new."""
        new = {name: fact for name, fact in facts.items() if name not in self.facts}
        self.facts |= new
        return bool(new)

    def add(self, name: str, value: str) -> bool:
        """Add to a fact that may have several values; always ``True``."""
        self.facts[name] = tuple(dict.fromkeys((*self.facts.get(name, ()), value)))
        return True


def _counted(text: str) -> str:
    """Numbers in figures where they count something: "two bedroom", never "Two Rivers"."""
    text = _AND_A_HALF.sub(lambda found: f"{_NUMBERS.get(found[1], found[1])}.5", text)
    text = _NUMBER_WORD.sub(lambda found: _NUMBERS[found[1]], text)
    for pattern, figures in _FRACTIONS:
        text = pattern.sub(figures, text)
    return text
