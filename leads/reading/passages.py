"""What was read, and the words that prove it: plain values."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

MOST_QUOTED_WORDS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFact:
    """A fact of the catalogue, and some of the words that tell it: nobody's name, no number."""

    topic: str
    name: str
    quote: str

    @property
    def key(self) -> str:
        return f"{self.topic}: {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A fact and where the words that prove it stand in the advert, as offsets into its text."""

    fact: ReadFact
    start: int
    end: int

    def as_json(self) -> dict[str, Any]:
        fact = self.fact
        return {
            "topic": fact.topic,
            "name": fact.name,
            "quote": fact.quote,
            "start": self.start,
            "end": self.end,
        }

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> "Passage":
        fact = ReadFact(topic=row["topic"], name=row["name"], quote=row["quote"])
        return cls(fact=fact, start=row["start"], end=row["end"])


def short_quote(words: str) -> str:
    """The words at both ends, without any that holds a digit or an at sign: what lies between may name somebody."""
    told = [word for word in words.split() if not any(sign.isdigit() or sign == "@" for sign in word)]
    if len(told) > MOST_QUOTED_WORDS:
        told = [*told[:2], "…", *told[-2:]]
    return " ".join(told) or "…"


def without_doubles(passages: Iterable[Passage]) -> tuple[Passage, ...]:
    """The first passage of every fact, in the order of the text."""
    first: dict[str, Passage] = {}
    for passage in passages:
        first.setdefault(passage.fact.key, passage)
    return tuple(sorted(first.values(), key=lambda item: (item.start, item.end, item.fact.key)))
