"""The closed catalogue of what may be read from an advert: ``catalogue.toml``, ready to be looked for.

Pure. A fact is known by its key, ``topic: name``. Nothing outside the catalogue is ever read, told or scored.
"""

import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from leads.phrases import Phrase

VERSION: Final = "2"
"""Counts up with every change of the catalogue that makes a text read otherwise."""


class Topic(StrEnum):
    """What a fact is about."""

    MOTIVATION = "motivation"
    TIMELINE = "timeline"
    CONDITION = "condition"
    OCCUPANCY = "occupancy"
    SELLER = "seller"
    RED_FLAG = "red_flag"
    FEATURE = "feature"


TOLD_TO_EVERYBODY: Final = frozenset({Topic.CONDITION, Topic.FEATURE})
ONE_OF_A_TOPIC: Final = frozenset({Topic.TIMELINE, Topic.OCCUPANCY})
"""Topics whose facts exclude each other."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One fact that a text may tell.

    :ivar says: our words for it; of a feature or a condition, a label for everybody
    :ivar also: other words by which everybody may search for it
    :ivar local: the expressions of the local reader
    :ivar cue_expression: what the words that prove it must hold; as a pattern, ``cue``
    """

    topic: Topic
    name: str
    says: str
    also: str
    local: tuple[Phrase, ...]
    cue_expression: str

    @cached_property
    def cue(self) -> re.Pattern[str]:
        return re.compile(self.cue_expression)

    @property
    def key(self) -> str:
        return f"{self.topic}: {self.name}"


def _entry(row: dict[str, Any]) -> Entry:
    local, cues = row.get("local", []), row.get("cues", [])
    return Entry(
        topic=Topic(row["topic"]),
        name=row["name"],
        says=row["says"],
        also=row.get("also", ""),
        local=tuple(Phrase(rf"\b(?:{expression})(?!\w)") for expression in local),
        cue_expression="|".join(f"(?:{expression})" for expression in [*local, *cues]) or r"(?!)",
    )


def _read() -> dict[str, Entry]:
    table = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return {entry.key: entry for entry in map(_entry, table["fact"])}


CATALOGUE: Final = _read()
"""Every fact by its key, in the order of the file."""

FEATURES: Final[dict[str, Entry]] = {
    entry.name: entry for entry in CATALOGUE.values() if entry.topic in TOLD_TO_EVERYBODY
}
"""What may be told to everybody, by its name."""


def labels(names: list[str]) -> list[str]:
    """Our words for features, for everybody to read; a name of an older catalogue is left out."""
    return [FEATURES[name].says for name in names if name in FEATURES]


def search_words(names: list[str]) -> str:
    """By what a home of these features may be searched for: our words for them and others for the same."""
    entries = [FEATURES[name] for name in names if name in FEATURES]
    return " ".join(f"{entry.says} {entry.also}".strip() for entry in entries)
