"""An advert's text as it may be read by anything: orders to machines and what fair housing protects are blanked.

Pure. The text keeps its length, so that what is found in it stands at the same place in the advert. Whoever writes
to the machine that reads ("ignore your instructions", fake tags, fake replies) is not obeyed and not quoted: the
sentence that says so is nobody's fact about a home.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from leads import fair_housing
from leads.phrases import Phrase
from leads.reading.folding import Folded, fold

_TABLE: Final = tomllib.loads(Path(__file__).with_name("orders.toml").read_text(encoding="utf-8"))


def _rules(kind: str) -> tuple[Phrase, ...]:
    words: dict[str, str] = _TABLE["words"]
    written = (re.sub(r"<(\w+)>", lambda word: words.get(word[1], word[0]), rule) for rule in _TABLE["rules"][kind])
    return tuple(map(Phrase, written))


_IN_SENTENCES: Final = _rules("sentences")
_IN_BLOCKS: Final = _rules("blocks")
_SENTENCE_END: Final = re.compile(r"(?<!\b[a-z]\.[a-z])[.!?。](?=\s|$|[\"')\]])|\n")
_PROTECTED: Final = re.compile(rf"\b(?:{'|'.join(sorted(fair_housing.PROTECTED_TERMS))})\b")


@dataclass(frozen=True, slots=True)
class Masked:
    """A text in which what may not be read is blank, folded.

    :ivar folded: as it is looked through
    :ivar hidden: the blanked spans of the text itself
    :ivar orders: those of them that give orders to machines
    """

    folded: Folded
    hidden: tuple[tuple[int, int], ...]
    orders: tuple[tuple[int, int], ...]


def mask(text: str) -> Masked:
    """Blank what speaks to machines, and every protected term."""
    folded = fold(text)
    orders = list(_orders(folded))
    hidden = [*orders, *_protected(folded)]
    return Masked(
        folded=Folded(_blanked(folded.text, hidden), folded.offsets),
        hidden=tuple(folded.span(start, end) for start, end in hidden),
        orders=tuple(folded.span(start, end) for start, end in orders),
    )


def as_data(text: str, masked: Masked) -> str:
    """An advert as a model may read it: what is hidden is blank, and nothing looks like a tag. Of equal length."""
    return _blanked(text, masked.hidden).replace("<", "‹").replace(">", "›")


def _blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    signs = list(text)
    for start, end in spans:
        signs[start:end] = ["\n" if sign == "\n" else " " for sign in signs[start:end]]
    return "".join(signs)


def _orders(folded: Folded) -> Iterator[tuple[int, int]]:
    text = folded.text
    for rule in _IN_BLOCKS:
        yield from ((match.start(), _line_end(text, match.end())) for match in rule.found_in(text) if match.group())
    for rule in _IN_SENTENCES:
        for match in rule.found_in(text):
            yield _sentence_start(text, match.start()), _line_end(text, match.end())


def _sentence_start(text: str, position: int) -> int:
    return max((match.end() for match in _SENTENCE_END.finditer(text, 0, position)), default=0)


def _line_end(text: str, position: int) -> int:
    """Who speaks to the machine goes on doing so until the line ends."""
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def _protected(folded: Folded) -> Iterator[tuple[int, int]]:
    for match in _PROTECTED.finditer(folded.text):
        yield match.span()
    yield from fair_housing.steering_spans(folded.text)
