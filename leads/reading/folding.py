"""A text as it is compared: small letters, plain signs, single spaces; and back to where each sign stood.

Pure. What a model quotes and what stands in an advert differ by such things, and so do an order to a machine and
the same order written with signs that nobody sees.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MAX_CHARACTERS: Final = 20_000
_PLAIN: Final = str.maketrans("’‘ʼ`“”„«»–—−‹›", '\'\'\'\'"""""---<>')
_UNTIDY: Final = re.compile(r"\s*[^\S\n ]\s*|\s{2,}|[^\x00-\x7f]")
_MARKS: Final = "\u0301\u0303\u0308"
"""Accents of Spanish and German, where they stand alone: composing took the others in."""


@dataclass(frozen=True, slots=True)
class Folded:
    """``text`` as it is compared. ``offsets`` tells where each of its signs stood; None: where it stands."""

    text: str
    offsets: Sequence[int] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where in the text that was folded the signs from ``start`` to ``end`` (not included) stood."""
        if self.offsets is None:
            return start, end
        return self.offsets[start], self.offsets[end - 1] + 1


def fold(text: str) -> Folded:
    """Fold the first ``MAX_CHARACTERS`` of a text; paragraphs and lines stay apart."""
    text = text[:MAX_CHARACTERS]
    untidy = list(_UNTIDY.finditer(text))
    if not untidy:
        return Folded(text.lower(), None)
    pieces: list[str] = []
    offsets: list[int] = []
    done = 0
    for match in untidy:
        start, end = match.span()
        plain = _plainly(match.group())
        pieces += [text[done:start].lower(), plain]
        offsets += [*range(done, start), *([start] * len(plain))]
        done = end
    pieces.append(text[done:].lower())
    offsets += range(done, len(text))
    return Folded("".join(pieces), offsets)


def find(quote: str, text: Folded) -> tuple[int, int] | None:
    """Where a quotation stands in the text that was folded, line breaks taken as spaces; None: it does not."""
    wanted = _in_one_line(fold(quote).text).strip()
    start = _in_one_line(text.text).find(wanted) if wanted else -1
    return None if start < 0 else text.span(start, start + len(wanted))


def _plainly(found: str) -> str:
    """A run of white space, or one sign beyond ASCII, as it is compared."""
    if found.isspace():
        return "\n" if "\n" in found else " "
    if unicodedata.category(found) in {"Cf", "Mn"} and found not in _MARKS:
        return ""
    return unicodedata.normalize("NFKC", found.translate(_PLAIN)).lower()


def _in_one_line(text: str) -> str:
    return text.replace("\n", " ")
