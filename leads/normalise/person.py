"""Names: whether a person, a household or a company stands behind an advert, and their surname."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Literal

from nameparser import HumanName

from leads.normalise.text import one_line

PartyKind = Literal["person", "household", "company"]

_KINDS: dict[str, PartyKind] = {"Person": "person", "Household": "household", "Corporation": "company"}
_ROLES = re.compile(
    r"^(?:contact|ask for|call|text|owner|seller|name)\s*[:\-]\s*|\s*\((?:owner|seller)\)$", re.IGNORECASE
)
_NOBODY = frozenset({"owner", "seller", "n/a", "na", "none", "unknown", "private", "anonymous", "me", "contact"})


@dataclass(frozen=True, slots=True)
class Party:
    """Who an advert names. ``given`` and ``surname`` are ``None`` for companies and where the name lacks them."""

    kind: PartyKind
    name: str
    given: str | None
    surname: str | None


def clean_name(text: str | None) -> str | None:
    """The name without role words ("Owner: …"); ``None`` for words that name nobody, and for an e-mail address."""
    name = one_line(text, max_characters=120)
    while name and (shorter := _ROLES.sub("", name).strip(" ,:-")) != name:
        name = shorter
    if not name or name.lower() in _NOBODY or "@" in name or not any(letter.isalpha() for letter in name):
        return None
    return name


def read_party(text: str | None) -> Party | None:
    """Tell person, household and company apart; ``None`` where nobody is named."""
    name = clean_name(text)
    if name is None:
        return None
    kind = _party_kind(name)
    if kind == "company":
        return Party(kind, name, None, None)
    human = HumanName(re.split(r"\s+(?:and|&|\+)\s+", name, maxsplit=1)[-1] if kind == "household" else name)
    return Party(kind, name, human.first or None, human.last or None)


def _party_kind(name: str) -> PartyKind:
    tagger = _tagger()
    try:
        _, label = tagger.tag(name)
    except tagger.RepeatedLabelError:
        return "household" if re.search(r"\s(?:and|&|\+)\s", name) else "person"
    return _KINDS.get(label, "person")


@cache
def _tagger() -> Any:
    """``probablepeople``, loaded by the first name that needs it: its models take 260 MB and a second."""
    return import_module("probablepeople")
