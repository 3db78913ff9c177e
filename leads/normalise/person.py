"""Names: what an advert or a record calls its contact, without the words around it, and what bears that name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from nameparser import HumanName

from leads.normalise.text import one_line
from leads.records import ContactKind

_ROLES = re.compile(
    r"^(?:contact|ask for|call|text|owner|seller|name)\s*[:\-]\s*|\s*\((?:owner|seller)\)$", re.IGNORECASE
)
_NOBODY = frozenset({"owner", "seller", "n/a", "na", "none", "unknown", "private", "anonymous", "me", "contact"})
_ESTATE = re.compile(r"^(?:the )?estate of (?P<whose>.+)$|^(?P<of>.+?),? (?:est|estate)(?: of)?$", re.IGNORECASE)
_TRUST = re.compile(r"\b(?:trust|trustees?|ttee|rev(?:ocable)? tr)\b", re.IGNORECASE)
_TRUST_WORDS = re.compile(
    r"\b(?:the|family|living|revocable|irrevocable|land|rev|tr|trust|trustees?|ttee|dated|\d\S*)\b|,.*$",
    re.IGNORECASE,
)
_COMPANY = re.compile(
    r"\b(?:l\.?l\.?c|inc|corp(?:oration)?|co|company|ltd|l\.?l\.?p|l\.?p|pllc|n\.?a|properties|property|holdings?|realty|"
    r"realtors?|group|homes|investments?|investors?|ventures|enterprises|associates|associations?|hoa|partners|"
    r"partnership|management|mgmt|capital|bank|foundation|developments?|developers?|builders|construction|rentals|"
    r"apartments|leasing|solutions|services|team|agency|brokers?|brokerage|real estate|funds?|"
    r"(?:city|county|state) of)\b\.?",
    re.IGNORECASE,
)
_AND: Final = re.compile(r"\s+(?:&|and|y|\+)\s+|\s*&\s*", re.IGNORECASE)
_TITLES: Final = re.compile(r"^(?:mr|mrs|ms|dr)\.?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who bears a name; ``surname`` is "" where none can be told, as of a company."""

    kind: ContactKind
    surname: str


def clean_name(text: str | None) -> str | None:
    """The name without role words ("Owner: …"); ``None`` for words that name nobody, and for an e-mail address."""
    name = one_line(text, max_characters=120)
    while name and (shorter := _ROLES.sub("", name).strip(" ,:-")) != name:
        name = shorter
    if not name or name.lower() in _NOBODY or "@" in name or not any(letter.isalpha() for letter in name):
        return None
    return name


def read_bearer(name: str) -> Bearer:
    """Tell person, household, company, trust and estate apart, and find the family's name."""
    if estate := _ESTATE.match(name):
        return Bearer("estate", _surname(estate["whose"] or estate["of"]))
    if _TRUST.search(name):
        settlor = _TRUST_WORDS.sub(" ", name)
        return Bearer("trust", _surname(settlor) or settlor.strip())
    if _COMPANY.search(name):
        return Bearer("company", "")
    members = [part for part in _AND.split(name) if part]
    if len(members) > 1:
        return Bearer("household", _surname_of_household(members[0], members[-1]))
    return Bearer("person", _surname(name))


def _surname_of_household(first: str, last: str) -> str:
    """ "John & Mary Smith" share the last word; "JONES ROBERT & LINDA" is how counties write it."""
    if len(last.split()) == 1 and len(first.split()) > 1:
        return first.split(maxsplit=1)[0].strip(",") if first.isupper() or "," in first else _surname(first)
    return _surname(last) if len(first.split()) == 1 or _TITLES.match(first) else _surname(first)


def _surname(name: str) -> str:
    words = name.split()
    if len(words) == 1:
        return ""  # a lone word may be either name
    return str(HumanName(" ".join(words)).last)
