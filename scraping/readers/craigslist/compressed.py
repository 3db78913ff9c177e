"""Craigslist's own answer to a search (``sapi…/postings/search/full``): rows as arrays, and a table to decode them.

A row is ``[number, seconds, section, price, place, …]``, numbers counted from the smallest of the page, then marked
arrays (``[mark, value, …]``) and last the title.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from leads.records import RawListing
from scraping.readers.craigslist.site import category_facts
from scraping.readers.not_a_home import refusal_of
from scraping.readers.page import RawReading, as_dict, as_list, lost_fields, reading_of, text_or_none

IMAGE_URL = "https://images.craigslist.org/{}_600x450.jpg"
_PHOTOS, _ROOMS, _SLUG, _SHOWN_PRICE, _TOKEN = 4, 5, 6, 10, 13
_FIXED_PART = 5
_SECTIONS: Mapping[int, str] = {
    -1: "hsw", 1: "apa", 2: "hou", 18: "roo", 19: "sha", 39: "sub", 40: "off", 41: "prk", 58: "sbw", 65: "swp",
    99: "vac", 121: "rew", 143: "reo", 144: "reb",
}  # fmt: skip

Table = Mapping[str, Any]


def is_compressed(document: Any) -> bool:
    """Whether the document is such an answer, an empty one too."""
    data = as_dict(as_dict(document).get("data"))
    return "decode" in data and isinstance(data.get("items"), list)


def read_compressed(document: Any) -> RawReading:
    """Read every row of an answer."""
    data = as_dict(as_dict(document).get("data"))
    table = as_dict(data.get("decode"))
    rows = [row for row in map(as_list, as_list(data.get("items"))) if len(row) > _FIXED_PART]
    return reading_of([_read_row(row, table) for row in rows], page="search", kind_hint="rental_owner")


def _read_row(row: list[Any], table: Table) -> RawListing:
    marked = {part[0]: part[1:] for part in row[_FIXED_PART:] if isinstance(part, list) and _is_mark(part)}
    title = next((text_or_none(part) for part in reversed(row) if isinstance(part, str)), None)
    number = _counted_from(table.get("minPostingId"), row[0])
    external_id = str(number) if number else None
    section = _SECTIONS.get(row[2], f"number {row[2]}") if isinstance(row[2], int) else None
    price = _shown(marked, _SHOWN_PRICE) or (None if row[3] in (-1, None) else text_or_none(row[3]))
    beds, area = (*marked.get(_ROOMS, []), None, None)[:2]
    place = _place(text_or_none(row[4]) or "", table)
    url = _address(
        place.pop("site"), section, slug=_shown(marked, _SLUG), token=_shown(marked, _TOKEN), number=number
    )
    facts = category_facts(section, price_text=price)
    facts["rejected"] = facts["rejected"] or refusal_of(title, has_rooms=bool(beds or area))
    return RawListing(
        external_id=external_id,
        url=url,
        title=title,
        asking_price_text=price,
        beds_text=text_or_none(beds),
        area_text=f"{area} sqft" if isinstance(area, int) and area > 0 else None,
        posted_text=_moment(_counted_from(table.get("minPostedDate"), row[1])),
        image_urls=tuple(IMAGE_URL.format(str(photo).split(":")[-1]) for photo in marked.get(_PHOTOS, [])),
        lost=lost_fields(external_id=external_id, url=url, title=title, asking_price=price),
        **place,
        **facts,
    )


def _is_mark(part: list[Any]) -> bool:
    return bool(part) and isinstance(part[0], int)


def _shown(marked: Mapping[int, list[Any]], mark: int) -> str | None:
    return text_or_none(next(iter(marked.get(mark, [])), None))


def _counted_from(least: Any, distance: Any) -> int | None:
    if isinstance(least, int) and isinstance(distance, int):
        return least + distance
    return None


def _moment(seconds: int | None) -> str | None:
    return datetime.fromtimestamp(seconds, UTC).isoformat() if seconds and 0 < seconds < 1 << 33 else None


def _place(written: str, table: Table) -> dict[str, Any]:
    """ "2:5:1~37.78~-122.18": rows of the tables of sites, places and neighbourhoods, then the point."""
    numbers, *point = written.split("~")
    names = ("locations", "locationDescriptions", "neighborhoods")
    entries = [_entry(table.get(name), number) for name, number in zip(names, numbers.split(":"), strict=False)]
    site, described, hood = (*entries, None, None, None)[:3]
    return {
        "site": [part for part in as_list(site)[1:] if isinstance(part, str)],
        "neighborhood": text_or_none(hood) or text_or_none(described),
        "latitude": point[0] if len(point) == 2 else None,
        "longitude": point[1] if len(point) == 2 else None,
    }


def _entry(entries: Any, number: str) -> Any:
    rows = as_list(entries)
    return rows[int(number)] if number.isdecimal() and int(number) < len(rows) and rows[int(number)] != 0 else None


def _address(
    site: list[str], section: str | None, *, slug: str | None, token: str | None, number: int | None
) -> str | None:
    """The posting's page: by its token since 2026, before by site, part of the site, section and number."""
    if token:
        return f"https://www.craigslist.org/view/d/{slug or 'posting'}/{token}"
    if not (site and section and slug and number):
        return None
    path = "/".join([*site[1:], section, "d", slug, f"{number}.html"])
    return f"https://{site[0]}.craigslist.org/{path}"
