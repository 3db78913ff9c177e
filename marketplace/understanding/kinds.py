"""What is looked for, by its words: kinds of lead, kinds of home, tiers, and the order to show them in."""

import re
from collections.abc import Mapping
from typing import Final, TypeVar

from leads.models import Kind, Tier
from marketplace.filters import Sort
from marketplace.understanding.reading import GAP, Reading

Name = TypeVar("Name")
_LEADS: Final = r"(?:[\s-]+(?:leads?|listings?|sellers?|homes?|houses?|propert(?:y|ies)))?"
_HOMES: Final = r"(?:[\s-]+(?:homes?|houses?|residences?))?"
_OWNERS: Final = r"by (?:the )?(?:home)?owners?"
_KINDS: Final = {  # in the order in which they are looked for: "for rent by owner" is no sale by owner
    Kind.RENTAL_OWNER: (
        rf"for[\s-]rent(?: {_OWNERS})?",
        rf"rentals?(?: {_OWNERS}| owners?)?",
        r"frbos?",
        r"to rent",
        r"landlords?",
    ),
    Kind.OWNER_SUBMITTED: (rf"(?:sent in|submitted) {_OWNERS}", r"owner[\s-]submi(?:tted|ssions?)"),
    Kind.FSBO: (r"fsbo'?s?", rf"(?:for[\s-]?)?sale[\s-]{_OWNERS}", rf"(?:listed |sold |offered )?{_OWNERS}"),
    Kind.EXPIRED: (r"expireds?",),
    Kind.PREFORECLOSURE: (r"(?:pre[\s-]?)?foreclos(?:ures?|ed|ing)",),
    Kind.PROBATE: (
        r"probates?(?:\s+estates?)?",
        r"(?<!real )estates?(?:\s+sales?)?(?!\s+agents?)",
        r"inherit(?:ed|ance)s?",
    ),
    Kind.ABSENTEE: (
        r"absentees?(?:[\s-]+owne(?:rs?|d))?(?:\s+landlords?)?",
        r"out[\s-]of[\s-](?:state|town|area)(?:[\s-]+(?:owners?|owned))?",
        r"non[\s-](?:occupant owners?|owner[\s-]occupied)",
    ),
    Kind.BUYER_ENQUIRY: (r"buyers?(?:[\s-]+(?:enquir|inquir)(?:y|ies))?",),
}
_TYPES: Final = {
    "manufactured": (
        r"(?:mobile|manufactured|trailer|modular)[\s-]+homes?",
        r"manufactured",
        r"mobiles|trailers?",
        r"double[\s-]?wides?",
    ),
    "townhouse": (r"(?:town|row)[\s-]?(?:houses?|homes?)",),
    "condo": (r"condo(?:minium)?s?", r"co-?ops?"),
    "multi_family": (
        rf"(?:multi|(?:2|two|3|three|4|four)[\s-])[\s-]?famil(?:y|ies){_HOMES}",
        r"(?:du|tri|four|quad|[234])[\s-]?plex(?:es)?",
    ),
    "single_family": (
        rf"single[\s-]?famil(?:y|ies){_HOMES}",
        r"sf[hr]s?",
        r"bungalows?",
        r"ranch(?:er)?[\s-]+(?:homes?|houses?|style(?: homes?| houses?)?)",
    ),
    "apartment": (r"apartments?", r"apts?\b\.?", r"(?<!granny )flats?"),
    "land": (
        r"(?:vacant|raw|empty|bare)[\s-]+(?:land|lots?)",
        r"(?:building|residential) lots?",
        r"acreage",
        r"land",
    ),
    "commercial": (r"commercial(?:[\s-]+(?:buildings?|real estate|space))?",),
}
_HOUSE: Final = re.compile(
    r"(?<!open )(?<!guest )(?<!pool )(?<!carriage )(?<!tree )(?<![\w-])houses?\b(?! (?:for )sale)(?! hack)"
)
_LOT: Final = re.compile(
    r"(?<!corner )(?<!large )(?<!big )(?<!huge )(?<!double )(?<!wooded )(?<!oversized )(?<!flat )(?<!parking )"
    r"(?<!a )\blots?\b(?! (?:of|size))"
)
_LOT_OF_A_HOME: Final = re.compile(r"\b(?:on|over) the lot\b|\blot(?= (?:with a|behind|backs)\b)")
_TIERS: Final = {
    Tier.PREMIUM: (r"premium(?:[\s-]+(?:tier|leads?|quality|listings?))?",),
    Tier.STANDARD: (
        r"standard[\s-]+(?:tier|leads?|listings?)",
        r"standard(?=\s+(?:or|and)\s+(?:premium|low))",
        r"standard$",
    ),
    Tier.LOW: (r"low(?:er)?[\s-]+(?:tier|leads?|listings?)",),
}
_SORTED: Final = r"(?:(?:sort|order|rank)(?:ed)?\s+)?"
_FIRST: Final = r"(?:\s+first)?"
_WHAT_IS_NEW: Final = (
    r"(?:leads?|listings?|homes? (?:in|near|for|under|around)|fsbos?|expireds?|(?:pre)?foreclosures?|probates?|"
    r"condos?|in\s|near\s)"
)
_SORTS: Final = {
    Sort.PRICE: (
        rf"{_SORTED}by (?:lowest )?price",
        rf"{_SORTED}(?:lowest|cheapest|best|low(?:est)?[\s-]to[\s-]high(?:est)?)[\s-]+pric(?:es?|ed){_FIRST}",
        r"pric(?:e|es) low(?:est)? to high(?:est)?",
        rf"cheap(?:est)?{_FIRST}",
        r"least expensive",
        rf"lowest{_FIRST}",
    ),
    Sort.QUALITY: (
        rf"{_SORTED}by (?:quality|score)",
        rf"(?:best|highest|high|top)[\s-]+(?:quality|scor(?:es?|ing|ed)|rat(?:ed|ing)){_FIRST}",
        rf"best{_FIRST}(?!\s+(?:offers?|schools?))",
        r"top(?=\s+leads?)",
    ),
    Sort.NEWEST: (
        rf"{_SORTED}by (?:date|newest)",
        r"newest(?:\s+(?:first|listed))?",
        rf"latest{_FIRST}",
        r"most recent(?:ly)?(?:\s+listed)?",
        r"(?:just|newly|recently|freshly)[\s-]+(?:listed|posted|added)",
        r"(?:brand )?new (?:on|to) (?:the )?market",
        rf"(?:brand )?new(?=\s+{_WHAT_IS_NEW})",
        r"(?:(?<=; )|^)new(?=\s;|$)",
    ),
}


def _whole_words(table: Mapping[Name, tuple[str, ...]], after: str = "") -> list[tuple[Name, re.Pattern[str]]]:
    return [
        (name, re.compile(rf"(?<![\w-])(?:{'|'.join(spellings)}){after}(?!\w)"))
        for name, spellings in table.items()
    ]


_READ_KINDS: Final = _whole_words(_KINDS, _LEADS)
_READ_TYPES: Final = _whole_words(_TYPES)
_READ_TIERS: Final = _whole_words(_TIERS)
_READ_SORTS: Final = _whole_words(_SORTS)


def read_kinds(reading: Reading) -> None:
    """Note ``kind`` of lead and ``tier``."""
    for kind, pattern in _READ_KINDS:
        reading.each(pattern, lambda _, kind=kind: reading.add("kind", kind.value))  # type: ignore[misc]
    for tier, pattern in _READ_TIERS:
        reading.each(pattern, lambda _, tier=tier: reading.add("tier", tier.value))  # type: ignore[misc]


def read_types(reading: Reading) -> None:
    """Note ``property_type``: land where a lot is looked for, not where the house stands on one."""
    for name, pattern in _READ_TYPES:
        reading.each(pattern, lambda _, name=name: reading.add("property_type", name))  # type: ignore[misc]
    reading.each(_HOUSE, lambda _: reading.add("property_type", "single_family"))
    has_home = "property_type" in reading.facts
    reading.text = _LOT_OF_A_HOME.sub(GAP, reading.text)
    reading.each(_LOT, lambda _: has_home or reading.add("property_type", "land"))
    if not reading.land:
        return
    if "beds_min" in reading.facts or (has_home and "land" not in reading.facts["property_type"]):
        _leave_the_land_of_a_home(reading)
    else:
        reading.add("property_type", "land")


def _leave_the_land_of_a_home(reading: Reading) -> None:
    """ "3 bed house on 2 acres": no offer of a home measures its land, but an advert may speak of acres."""
    for bound in ("area_min", "area_max"):
        reading.facts.pop(bound, None)
    reading.text += GAP + reading.land


def read_sorts(reading: Reading) -> None:
    """Note ``sort``: the first that is asked for."""
    for sort, pattern in _READ_SORTS:
        reading.each(pattern, lambda _, sort=sort: reading.note(sort=sort) or True)  # type: ignore[misc]
