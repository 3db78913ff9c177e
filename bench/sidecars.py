"""Saved pages held against the values that somebody else read from them (``<page>.expected.json``).

A field is asked of every item whose sidecar holds a value; where the sidecar says null, the page does not hold
the fact and whatever a reader gives is an invention. Sidecars name a fact by the site's own word, so a field has
several keys; the first with a value counts.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from leads.normalise.when import parse_when
from leads.records import ListingRecord
from scraping.readers import PageReading, read_page

READER_OF_FOLDER: Final[Mapping[str, str]] = {
    "craigslist_detail": "craigslist",
    "craigslist_listings": "craigslist",
    "craigslist_search": "craigslist",
    "facebook": "facebook",
    "fsbo": "fsbo",
    "mls_pages": "mls_page",
    "realtor": "realtor",
    "redfin": "redfin",
    "reso": "reso",
    "zillow_detail": "zillow",
    "zillow_search": "zillow",
}
CONTROLS: Final = (
    "facebook/marketplace_search_houston_2025-02.html",
    "facebook/marketplace_item_regular_2025-01.html",
)
"""Pages that hold no home at all: they must end rejected."""

Item = Mapping[str, Any]
Value = Any


@dataclass(frozen=True, slots=True)
class Fact:
    """One field: its keys in the sidecars, its value in a record, and when the two are the same."""

    name: str
    keys: tuple[str, ...]
    of: Callable[[ListingRecord], Value]
    is_right: Callable[[Value, Value], bool]
    tolerance: str
    null_means_absent: bool = True
    """Whether null in a sidecar says that the page does not hold the fact."""


@dataclass(slots=True)
class Tally:
    """What came of one fact on one page."""

    asked: int = 0
    right: int = 0
    absent: int = 0
    invented: int = 0


@dataclass(slots=True)
class PageScore:
    """One page's answers, fact by fact, and what was wrong in words."""

    page: str
    tallies: dict[str, Tally] = field(default_factory=dict)
    misses: list[str] = field(default_factory=list)

    @property
    def share_right(self) -> float:
        asked = sum(tally.asked for tally in self.tallies.values())
        return sum(tally.right for tally in self.tallies.values()) / asked if asked else 1.0

    @property
    def invented(self) -> int:
        return sum(tally.invented for tally in self.tallies.values())

    @property
    def absent(self) -> int:
        return sum(tally.absent for tally in self.tallies.values())

    def tally(self, name: str) -> Tally:
        return self.tallies.setdefault(name, Tally())


def pages_with_sidecars(folder: Path) -> Iterator[str]:
    """Names of the pages under ``folder`` whose items somebody read, as "zillow_search/forsale.html"."""
    for kind in sorted(READER_OF_FOLDER.keys() - {"reso"}):  # fields by the standard's names: tested on their own
        for sidecar in sorted((folder / kind).glob("*.expected.json")):
            if items_of(json.loads(sidecar.read_text())):
                yield f"{kind}/{sidecar.name.removesuffix('.expected.json')}"


def read_saved(folder: Path, name: str) -> tuple[PageReading, dict[str, Any]]:
    """A real page as the reader of its folder sees it, and the truth beside it."""
    path = folder / name
    truth = json.loads(path.with_name(f"{path.name}.expected.json").read_text())
    return read_page(READER_OF_FOLDER[name.partition("/")[0]], path.read_bytes(), None), truth


def items_of(truth: Mapping[str, Any]) -> list[Item]:
    """The homes that a sidecar tells of: a list, a sample of a table's rows, or the page's one."""
    found = truth.get("items") or truth.get("sample") or ([truth["main"]] if "main" in truth else [])
    return found or ([truth] if truth.get("page_kind") == "detail" else [])


def score_page(folder: Path, name: str) -> PageScore:
    """Hold one page's records against its sidecar."""
    reading, truth = read_saved(folder, name)
    items, score = items_of(truth), PageScore(name)
    expected = truth.get("rows", len(items))
    records = score.tally("records")
    records.asked, records.right = expected, expected - abs(expected - len(reading.records))
    if expected != len(reading.records):
        score.misses.append(f"records: read {len(reading.records)}, the page has {expected}")
    for record, item in _pairs(reading, items, is_sample=len(items) != expected):
        for fact in FACTS:
            _compare(score, fact, record, item)
    return score


def _pairs(
    reading: PageReading, items: list[Item], *, is_sample: bool
) -> Iterator[tuple[ListingRecord | None, Item]]:
    """Each item with its record: by place on a page, by address in a sample of a table."""
    by_url = {record.url: record for record in reading.records}
    for number, item in enumerate(items):
        by_place = reading.records[number] if number < len(reading.records) else None
        yield (by_url.get(item.get("URL")) if is_sample else by_place), item


def _compare(score: PageScore, fact: Fact, record: ListingRecord | None, item: Item) -> None:
    key = next((key for key in fact.keys if key in item), None)
    if key is None:
        return
    wanted = next((value for key in fact.keys if _is_value(value := item.get(key))), None)
    got, tally = fact.of(record) if record else None, score.tally(fact.name)
    if wanted is None and fact.null_means_absent:
        tally.absent += 1
        tally.invented += got not in (None, ())
        problem = got not in (None, ())
    elif wanted is None:
        return
    else:
        tally.asked += 1
        is_right = record is not None and got is not None and fact.is_right(got, wanted)
        tally.right += is_right
        problem = not is_right
    if problem:
        score.misses.append(f"{fact.name}: read {got!r}, the page says {wanted!r}")


def _is_value(value: Value) -> bool:
    return value not in (None, "", "0", []) and not str(value).lower().startswith("(undisclosed")


# --- the facts, and when two values of one are the same ----------------------------------------------------------


def _same_text(got: Value, wanted: Value) -> bool:
    return " ".join(str(got).split()).casefold() == " ".join(str(wanted).split()).casefold()


def _same_number(got: Value, wanted: Value) -> bool:
    return float(got) == float(wanted)


def _same_point(got: Value, wanted: Value) -> bool:
    return abs(float(got) - float(wanted)) <= 1e-6


def _same_street(got: Value, wanted: Value) -> bool:
    """The street line itself, or that of a whole line ("Name | 30 Main St, Boston, MA 02116")."""
    line, street = _squashed(wanted), _squashed(got)
    return line == street or ("," in str(wanted) and street in line and len(street) > 3)


def _squashed(text: Value) -> str:
    return re.sub(r"[^\w/&#-]", "", str(text)).casefold()


def _same_minute(got: Value, wanted: Value) -> bool:
    truth = parse_when(wanted)
    if not isinstance(got, datetime) or not isinstance(truth, datetime):
        return _day(got) == _day(truth)
    return got.replace(second=0, microsecond=0) == truth.replace(second=0, microsecond=0)


def _day(when: Value) -> date | None:
    return when.date() if isinstance(when, datetime) else when


def _is_among(got: Value, wanted: Value) -> bool:
    digits = re.sub(r"\D", "", str(wanted))[-10:]
    return any(re.sub(r"\D", "", phone.partition(";")[0]).endswith(digits) for phone in got)


FACTS: Final = (
    Fact("id", ("zpid", "property_id", "id", "mls_id"), lambda record: record.external_id, _same_text, "equal"),
    Fact("url", ("url", "URL"), lambda record: record.url, _same_text, "equal"),
    Fact("title", ("title", "Name"), lambda record: record.title, _same_text, "but for spaces"),
    Fact("price", ("price", "price_from", "Price"), lambda record: record.asking_price, _same_number, "equal"),
    Fact("beds", ("beds", "Bed"), lambda record: record.beds, _same_number, "equal"),
    Fact("baths", ("baths", "Bath"), lambda record: record.baths, _same_number, "equal"),
    Fact("area", ("sqft", "SquareFt"), lambda record: record.area_sqft, _same_number, "equal"),
    Fact(
        "street",
        ("street", "home_address", "address", "street_address", "aria_label", "Address"),
        lambda record: record.address,
        _same_street,
        "letters and digits",
    ),
    Fact("city", ("city", "City"), lambda record: record.city, _same_text, "but for case"),
    Fact("state", ("state", "State"), lambda record: record.state, _same_text, "equal"),
    Fact("ZIP", ("zip", "postal_code", "zip_code", "Zip"), lambda record: record.zip, _same_text, "equal"),
    Fact(
        "latitude",
        ("lat", "latitude"),
        lambda record: record.lat if record.point_source == "page" else None,
        _same_point,
        "0.000001°",
    ),
    Fact(
        "longitude",
        ("lng", "longitude"),
        lambda record: record.lng if record.point_source == "page" else None,
        _same_point,
        "0.000001°",
    ),
    Fact(
        "posted",
        ("posted", "posted_epoch", "creation_time", "list_date"),
        lambda record: record.posted_at,
        _same_minute,
        "the minute",
    ),
    Fact("updated", ("updated", "last_updated"), lambda record: record.updated_at, _same_minute, "the minute"),
    Fact(
        "phone",
        ("agent_phone", "broker_phone", "seller_phone", "seller_phone_normalized", "phone"),
        lambda record: record.phones,
        _is_among,
        "among ten digits",
    ),
    Fact(
        "contact",
        ("agent_name", "seller_name", "seller", "broker"),
        lambda record: record.contact_name,
        _same_text,
        "equal",
    ),
    Fact("neighborhood", ("neighborhood",), lambda record: record.neighborhood, _same_text, "equal"),
    Fact("repost of", ("repost_of",), lambda record: record.repost_of, _same_text, "equal"),
    Fact("category", ("category_id", "category"), lambda record: record.category, _same_text, "equal"),
    Fact(
        "by owner",
        ("is_fsbo",),
        lambda record: record.is_owner,
        lambda got, wanted: got is wanted,
        "equal",
        null_means_absent=False,
    ),
)
