"""One plain spelling for the many that hide a word from programs, with the way back to where each letter stood.

Full-width digits, letters with accents, key-cap emoji, invisible characters in the middle of a number: each becomes
what a reader sees. Only what is compared is folded; what is kept stays as it was written.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_KINDS_OF_SPACE: Final = frozenset({"Zs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Folded:
    """A text as it is compared.

    :ivar plain: lower case, without accents, dashes as "-", spaces as " "
    :ivar places: for each of its letters, where the original has it; None where both are alike
    """

    original: str
    plain: str
    places: tuple[int, ...] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where the letters from ``start`` up to ``end`` (at least one) stand in the original."""
        if self.places is None:
            return start, end
        last = self.places[end - 1] + 1
        while last < len(self.original) and not _plain(self.original[last]):
            last += 1  # what is drawn onto the last letter, or nothing at all
        return self.places[start], last

    def written(self, start: int, end: int) -> str:
        """The same letters as they were written."""
        begins, ends = self.span(start, end)
        return self.original[begins:ends]


def fold(text: str) -> Folded:
    """Fold a text."""
    if text.isascii():
        return Folded(text, text.lower(), None)
    letters = list(_letters(text))
    return Folded(text, "".join(letter for letter, _ in letters), tuple(place for _, place in letters))


def folded(text: str) -> str:
    """Only what is compared."""
    return fold(text).plain


def _letters(text: str) -> Iterator[tuple[str, int]]:
    for place, character in enumerate(text):
        for letter in _plain(character):
            yield letter, place


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    """What a character is compared as; "" for one that is not seen by itself."""
    return "".join(_as_seen(part) for part in unicodedata.normalize("NFKD", character)).casefold()


def _as_seen(part: str) -> str:
    kind = unicodedata.category(part)
    if kind[0] == "M" or kind == "Cf":
        return ""
    if kind in _KINDS_OF_SPACE:
        return " "
    if kind == "Pd":
        return "-"
    if kind == "Nd":
        return str(unicodedata.digit(part))
    return "'" if part in "’‘`" else part
