"""A home's or a building's own page on Zillow, from the caches that it carries since 2018."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scraping.readers.embedded import nested_document, script_document, window_title
from scraping.readers.page import RawReading, as_dict, lost_fields
from scraping.readers.payload import Home, first_text, object_at, value_at
from scraping.readers.zillow.home import listed_on, read_home
from scraping.readers.zillow.shapes import BUILDING, PROPERTY

_COMPONENTS = (
    "props.pageProps.componentProps",
    "props.pageProps.initialData",
    "props.pageProps",
    "props.initialData",
    "props",
)
_BUILDINGS = ("initialReduxState.gdp.building", "building", "data.building")
_MARKS_OF_A_HOME = frozenset({"zpid", "streetAddress", "homeStatus", "hdpUrl"})


def read_home_page(body: bytes, next_data: Any) -> RawReading | None:
    """Read the page of one home or building; ``None`` if it is none."""
    title = window_title(body)
    for document in (next_data, script_document(body, "hdpApolloPreloadedData")):
        if home := _own_home(document):
            return _reading_of_home(home, title)
        if building := _own_building(document):
            return RawReading(page="listing", listings=(read_home(BUILDING, building),))
    return None


def read_home_answer(document: Any) -> RawReading | None:
    """Read one home as an API or the site's own query answers; ``None`` if the document is none."""
    candidates = (as_dict(document), *(object_at(document, path) for path in ("data.property", "property", "data")))
    home = next(filter(_is_home, candidates), None)
    return _reading_of_home(home, None) if home else None


def _reading_of_home(home: Home, title: str | None) -> RawReading:
    """A page's title is its own; an answer has none to lose."""
    facts: dict[str, Any] = {"title": title} | ({"lost": lost_fields(title=title)} if title else {})
    if posted := first_text(home, *PROPERTY.paths["posted_text"]) or listed_on(home):
        facts["posted_text"] = posted
    return RawReading(page="listing", listings=(read_home(PROPERTY, home, **facts),))


def _own_home(document: Any) -> Home:
    """The page's own home, whose queries each hold a part of it: of two values the fuller answer's wins."""
    parts = sorted((home for cache in _caches(document) for home in _homes_in(cache)), key=len)
    own_id = str(parts[-1].get("zpid")) if parts else None
    merged: dict[str, Any] = {}
    for part in parts:
        if str(part.get("zpid")) == own_id:
            merged |= {name: value for name, value in part.items() if value is not None or name not in merged}
    return merged


def _caches(document: Any) -> Iterator[Mapping[str, Any]]:
    for holder in (as_dict(document), *(object_at(document, path) for path in _COMPONENTS)):
        for name in ("gdpClientCache", "apiCache"):
            value = holder.get(name)
            yield as_dict(nested_document(value)) or as_dict(value)
        yield holder


def _homes_in(cache: Mapping[str, Any]) -> Iterator[Home]:
    for answer in (cache, *cache.values()):
        home = as_dict(as_dict(answer).get("property"))
        if _is_home(home):
            yield home


def _is_home(home: Home) -> bool:
    return len(_MARKS_OF_A_HOME & home.keys()) >= 2


def _own_building(document: Any) -> Home:
    for holder in _COMPONENTS:
        for path in _BUILDINGS:
            found = as_dict(value_at(document, f"{holder}.{path}"))
            for building in (found, *map(as_dict, found.values())):
                if "buildingName" in building or "floorPlans" in building:
                    return building
    return {}
