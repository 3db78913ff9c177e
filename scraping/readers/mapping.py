"""What the columns of a table mean, as data: which fields of a raw listing they fill, and how.

A mapping is a list of rules. It can be guessed (``guessing``), corrected by an operator and kept in the database
(``scraping.models.ColumnMapping``); reading is the same for all three. It names what it cannot use, and infers
nothing that the row does not say.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Final, cast, get_args

from leads.address import NormalisedAddress, parse_address, split_place
from leads.normalise.text import html_to_text
from leads.records import LeadKind, ListingStatus, RawListing
from scraping.readers.page import address_parts
from scraping.readers.tables import Row, text_of_cell

DETAIL: Final = "detail:"
MANY: Final = frozenset({"phones", "emails", "image_urls"})
"""Fields that hold several values."""
FIELDS: Final[Mapping[str, str]] = {
    "external_id": "Its own number or key",
    "url": "Web address",
    "title": "Title",
    "asking_price_text": "Price",
    "price_period_text": "Price per month or week",
    "currency": "Currency",
    "beds_text": "Bedrooms",
    "baths_text": "Bathrooms",
    "area_text": "Living area",
    "address": "Street line of the home",
    "city": "City of the home",
    "state": "State of the home",
    "zip": "ZIP of the home",
    "country": "Country",
    "neighborhood": "Neighbourhood",
    "latitude": "Latitude",
    "longitude": "Longitude",
    "posted_text": "Date posted, filed or sold",
    "updated_text": "Date changed",
    "phones": "Phone",
    "emails": "E-mail",
    "contact_name": "Name to reach",
    "category": "Category",
    "property_type": "Kind of home",
    "listing_type": "By owner or by agent",
    "kind": "Kind of lead",
    "status": "Status",
    "description": "Description",
    "image_urls": "Photo",
    "repost_of": "Repost of",
    f"{DETAIL}case_number": "Case number",
    f"{DETAIL}document_type": "Kind of document",
    f"{DETAIL}filed_on": "Date filed",
    f"{DETAIL}auction_on": "Date of the auction",
    f"{DETAIL}sold_on": "Date of the sale",
    f"{DETAIL}lender": "Lender",
    f"{DETAIL}trustee": "Trustee",
    f"{DETAIL}amount_owed": "Amount owed",
    f"{DETAIL}decedent": "Who died",
    f"{DETAIL}died_on": "Date of death",
    f"{DETAIL}parcel_number": "Parcel number",
    f"{DETAIL}mailing_address": "Owner's post address",
    f"{DETAIL}assessed_value": "Assessed value",
    f"{DETAIL}year_built": "Year built",
    f"{DETAIL}land_area": "Land area",
}
KINDS: Final = frozenset(get_args(LeadKind))
STATUSES: Final = frozenset(get_args(ListingStatus))
KEEPS: Final[Mapping[str, str]] = {
    "": "Every row",
    "absent_owner": "Rows whose owner gets post somewhere else",
    "money_paid": "Rows with a price, so that gifts and transfers stay out",
}
BY_OWNER: Final = frozenset({"fsbo", "forsalebyowner", "mlsfsbo"})
_PLAIN: Final = frozenset(item.name for item in fields(RawListing)) & set(FIELDS) - MANY - {"kind", "status"}
_TEXTUAL: Final = _PLAIN - {"external_id", "description"}
_BOILERPLATE: Final = re.compile(r"\s*QR Code Link to This Post\s*")
_UNIT_WORD: Final = re.compile(r"^(?:apt|apartment|unit|ste|suite)[.\s]+", re.IGNORECASE)
_NAMES_UNIT: Final = re.compile(r"#|\b(?:apt|apartment|unit|ste|suite)\b", re.IGNORECASE)
_MANY_IN_ONE: Final = re.compile(r"[;|]\s*|,\s*(?=https?:)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnRule:
    """How columns fill one field. Where several rules name a field, the first that yields a value wins.

    :ivar field: a key of ``FIELDS``
    :ivar columns: in the order in which they are tried or joined; none for ``constant``
    :ivar transform: a key of ``TRANSFORMS``
    :ivar argument: the date's format, or the constant
    :ivar values: for ``lookup``: beginning of a cell, in small letters → value; "" is for every other cell
    """

    field: str
    columns: tuple[str, ...] = ()
    transform: str = "first"
    argument: str = ""
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMapping:
    """What a table's columns mean, and what its rows are.

    :ivar kind: the lead that a row is, where no rule says it; None for rows that are no lead (closings)
    :ivar keep: which rows count, a key of ``KEEPS``
    """

    rules: tuple[ColumnRule, ...]
    kind: LeadKind | None = None
    keep: str = ""

    @property
    def columns(self) -> frozenset[str]:
        """Every column that some rule reads."""
        return frozenset(column for rule in self.rules for column in rule.columns)

    def as_json(self) -> dict[str, Any]:
        """As it is kept in the database."""
        return {"rules": [asdict(rule) for rule in self.rules], "kind": self.kind, "keep": self.keep}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> TableMapping:
        """:raises UnusableMapping: it names a field, transform, kind or choice that there is not"""
        rules = tuple(_rule(item) for item in document["rules"])
        kind, keep = document.get("kind"), document.get("keep", "")
        if kind is not None and kind not in KINDS:
            raise UnusableMapping(f"There is no kind of lead called {kind!r}.")
        if keep not in KEEPS:
            raise UnusableMapping(f"There is no choice of rows called {keep!r}.")
        return cls(rules=rules, kind=kind, keep=keep)


class UnusableMapping(ValueError):
    """A mapping that names what there is not."""


def _rule(item: Mapping[str, Any]) -> ColumnRule:
    rule = ColumnRule(**{**item, "columns": tuple(item.get("columns", ()))})
    if rule.field not in FIELDS:
        raise UnusableMapping(f"There is no field called {rule.field!r}.")
    if rule.transform not in TRANSFORMS:
        raise UnusableMapping(f"There is no transform called {rule.transform!r}.")
    return rule


def read_row(mapping: TableMapping, row: Row) -> RawListing | None:
    """One row as a raw listing; ``None`` where no column of it says anything that a listing has."""
    facts: dict[str, Any] = {}
    for rule in mapping.rules:
        if rule.field in MANY:
            facts.setdefault(rule.field, []).extend(_texts(row, rule.columns))
        elif rule.field not in facts and (value := _value(rule, row)) is not None:
            facts[rule.field] = value
    said = {rule.field for rule in mapping.rules if rule.columns and facts.get(rule.field)}
    if not said - {"title", "listing_type", "status", "kind"}:
        return None
    return _listing(mapping, facts, row)


def _value(rule: ColumnRule, row: Row) -> str | None:
    cells = [text for column in rule.columns if (text := text_of_cell(row.get(column))) is not None]
    if not cells and rule.transform != "constant":
        return None
    return TRANSFORMS[rule.transform](cells, rule) or None


def _texts(row: Row, columns: Sequence[str]) -> list[str]:
    found: list[str] = []
    for column in columns:
        value = row.get(column)
        if isinstance(value, list):
            found += [text for item in value if (text := text_of_cell(item) or _linked(item))]
        else:
            found += [part for part in _MANY_IN_ONE.split(text_of_cell(value) or "") if part.strip()]
    return found


def _linked(item: Any) -> str | None:
    """Where a picture is kept, as ``{"url": "…"}``."""
    links = (item.get(name) for name in ("url", "href", "src")) if isinstance(item, dict) else ()
    return next((link for link in links if isinstance(link, str) and link), None)


def _listing(mapping: TableMapping, facts: Mapping[str, Any], row: Row) -> RawListing:
    listing_type = re.sub(r"[\s_-]", "", str(facts.get("listing_type", ""))).lower()
    url, description = facts.get("url"), html_to_text(facts.get("description"))
    plain: dict[str, Any] = {name: facts.get(name) for name in _TEXTUAL}
    details = {name.removeprefix(DETAIL): text for name, text in facts.items() if name.startswith(DETAIL)}
    return RawListing(
        **plain,
        external_id=facts.get("external_id") or _last_part(url) or _made_id(facts, row),
        address_lines=tuple(filter(None, [facts.get("address")])),
        phones=tuple(facts.get("phones", ())),
        emails=tuple(facts.get("emails", ())),
        image_urls=tuple(facts.get("image_urls", ())),
        description=_BOILERPLATE.sub("\n", description).strip() if description else None,
        is_owner=_is_owner(listing_type, url),
        is_zero_unknown=True,
        kind=_kind(mapping, facts, listing_type),
        status=cast("ListingStatus | None", facts["status"] if facts.get("status") in STATUSES else None),
        details=details,
        rejected=_why_not_kept(mapping.keep, facts, details),
    )


def _kind(mapping: TableMapping, facts: Mapping[str, Any], listing_type: str) -> LeadKind | None:
    told = facts.get("kind")
    if told in KINDS:
        return cast("LeadKind", told)
    return "fsbo" if listing_type in BY_OWNER and mapping.kind is None else mapping.kind


def _is_owner(listing_type: str, url: str | None) -> bool | None:
    if listing_type in BY_OWNER or "byowner" in (address_parts(url).hostname or ""):
        return True
    return False if "agent" in listing_type and "by" in listing_type else None


def _last_part(url: str | None) -> str | None:
    return address_parts(url).path.rstrip("/").rsplit("/", 1)[-1] or None


def _made_id(facts: Mapping[str, Any], row: Row) -> str:
    """A row without a key of its own is known again by its home and case, else by all that it says."""
    home = [facts.get(name) for name in ("address", "city", "zip", f"{DETAIL}case_number")]
    is_lasting = facts.get("address") and facts.get("status") != "closed"  # one building has many sales in a day
    told = home if is_lasting else [text_of_cell(value) for value in row.values()]
    return f"row-{_digest(told)}"


def _digest(parts: Sequence[str | None]) -> str:
    words = "\x1f".join(" ".join((part or "").lower().split()) for part in parts)
    return hashlib.sha256(words.encode()).hexdigest()[:32]


def _why_not_kept(keep: str, facts: Mapping[str, Any], details: Mapping[str, str]) -> str | None:
    if keep == "money_paid" and not re.search(r"[1-9]", facts.get("asking_price_text") or ""):
        return "a transfer without money"
    if keep == "absent_owner":
        return _why_not_absent(facts, details.get("mailing_address"))
    return None


def _why_not_absent(facts: Mapping[str, Any], mailing: str | None) -> str | None:
    if not mailing:
        return "no post address of the owner"
    home = parse_address(
        facts.get("address") or "", city=facts.get("city"), state=facts.get("state"), zip_code=facts.get("zip")
    )
    away = parse_address(mailing)
    if home.state and away.state and home.state != away.state:
        return None
    if not away.number:  # a post box: nobody lives there, so it says nothing near the home
        return "the owner's post goes to a box nearby" if _is_near(home, away) else None
    return "the owner's post goes to the home" if _is_same_building(home, away) else None


def _is_near(home: NormalisedAddress, away: NormalisedAddress) -> bool:
    if home.zip and away.zip:
        return home.zip[:3] == away.zip[:3]
    return bool(home.city) and (home.city or "").casefold() == (away.city or "").casefold()


def _is_same_building(home: NormalisedAddress, away: NormalisedAddress) -> bool:
    mine, theirs = home.key.split("|"), away.key.split("|")
    return mine[:2] == theirs[:2] and (not (home.zip and away.zip) or home.zip == away.zip)


def _join(cells: Sequence[str], _rule: ColumnRule) -> str:
    return " ".join(cells)


def _join_comma(cells: Sequence[str], _rule: ColumnRule) -> str:
    return ", ".join(cells)


def _first(cells: Sequence[str], _rule: ColumnRule) -> str:
    return cells[0]


def _constant(_cells: Sequence[str], rule: ColumnRule) -> str:
    return rule.argument


def _lookup(cells: Sequence[str], rule: ColumnRule) -> str | None:
    """The value of the longest beginning that the cell has."""
    cell = " ".join(cells[0].lower().split())
    fitting = [start for start in rule.values if cell.startswith(start.lower())]
    return rule.values[max(fitting, key=len)] if fitting else None


def _date(cells: Sequence[str], rule: ColumnRule) -> str | None:
    """A date in a stated format, as ISO; ``None`` where the cell has another."""
    try:
        return datetime.strptime(cells[0], rule.argument).date().isoformat()  # noqa: DTZ007  (a day has no zone)
    except ValueError:
        return None


def _cents(cells: Sequence[str], _rule: ColumnRule) -> str | None:
    digits = cells[0].replace(",", "")
    return f"{int(digits) / 100:.2f}" if digits.isdecimal() else None


def _thousands(cells: Sequence[str], _rule: ColumnRule) -> str | None:
    try:
        return f"{float(re.sub(r'[$,]', '', cells[0])) * 1000:.0f}"
    except ValueError:
        return None


def _last_name_first(cells: Sequence[str], _rule: ColumnRule) -> str:
    """ "HALE, DORA M" is Dora M Hale; a name without comma stays."""
    last, comma, given = cells[0].partition(",")
    return f"{given.strip()} {last.strip()}" if comma and given.strip() else cells[0]


def _with_unit(cells: Sequence[str], _rule: ColumnRule) -> str:
    """A street line and its unit, which stands in a column of its own or after a comma in the line."""
    line, _, tail = cells[0].partition(",")
    unit = (cells[1] if len(cells) > 1 else tail).strip().lstrip("#").strip()
    if not unit or _NAMES_UNIT.search(line):
        return line.strip()
    return f"{line.strip()} Unit {_UNIT_WORD.sub('', unit)}"


def _part_of_place(name: str) -> Callable[[Sequence[str], ColumnRule], str | None]:
    """The city, state or ZIP of "Austin, TX 78704", alone or behind a street."""

    def part(cells: Sequence[str], _rule: ColumnRule) -> str | None:
        _, tail = split_place(cells[0])
        whole = parse_address(f"1 Main St, {tail or cells[0]}")
        return cast("str | None", getattr(whole, name))

    return part


def _street_of(cells: Sequence[str], _rule: ColumnRule) -> str | None:
    return split_place(cells[0])[0] or None


TRANSFORMS: Final[Mapping[str, Callable[[Sequence[str], ColumnRule], str | None]]] = {
    "first": _first,
    "join": _join,
    "join_comma": _join_comma,
    "with_unit": _with_unit,
    "street": _street_of,
    "city": _part_of_place("city"),
    "state": _part_of_place("state"),
    "zip": _part_of_place("zip"),
    "date": _date,
    "cents": _cents,
    "thousands": _thousands,
    "last_name_first": _last_name_first,
    "lookup": _lookup,
    "constant": _constant,
}
TRANSFORM_WORDS: Final[Mapping[str, str]] = {
    "first": "As it stands",
    "join": "Joined with a space",
    "join_comma": "Joined with a comma",
    "with_unit": "Street line with its unit",
    "street": "The street of a whole address",
    "city": "The city of a whole address",
    "state": "The state of a whole address",
    "zip": "The ZIP of a whole address",
    "date": "A date in a stated format",
    "cents": "Cents",
    "thousands": "Thousands of dollars",
    "last_name_first": "Last name, first name",
    "lookup": "By a table of values",
    "constant": "The same for every row",
}
