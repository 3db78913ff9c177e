"""Zillow's search results, as its pages carry them since 2020 and as its own search and its resellers send them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from leads.records import RawListing
from scraping.readers.embedded import commented_documents
from scraping.readers.page import RawReading, as_dict, as_list, join_address
from scraping.readers.payload import Home, first_text, list_at, object_at
from scraping.readers.zillow.home import SITE, read_home
from scraping.readers.zillow.shapes import API_PROPERTY, EXPORTED_ITEM, PROPERTY, SEARCH_ITEM

_STATE_PATHS = ("props.pageProps.searchPageState", "props.searchPageState", "searchPageState")
_ITEM_LISTS = (
    "data.searchResults",
    "searchResults",
    "data.props",
    "props",
    "results",
    "data.results",
    "data",
    "items",
)


def read_search_page(body: bytes, next_data: Any) -> RawReading | None:
    """Read a page of search results; ``None`` if it is none."""
    for document in (next_data, *commented_documents(body, "data-zrr-shared-data-key")):
        state = object_at(document, *_STATE_PATHS) or as_dict(document)
        if found := read_search_state(state):
            return found
    return None


def read_search_state(state: Any) -> RawReading | None:
    """Read what a search knows; ``None`` if there is none. "Other listings" (``cat2``) hold the owners'."""
    categories = [
        found for path in ("cat1", "cat2", "") if (found := object_at(state, path) if path else as_dict(state))
    ]
    results = [as_dict(category["searchResults"]) for category in categories if "searchResults" in category]
    items = [_shown(result) for result in results]
    if all(shown is None for shown in items):
        return None
    next_page = next(
        (url for category in categories if (url := first_text(category, "searchList.pagination.nextUrl"))), None
    )
    return RawReading(
        page="search",
        listings=tuple(_each_once(read_home(SEARCH_ITEM, item) for shown in items for item in _homes(shown))),
        next_url=join_address(SITE, next_page) if next_page else None,
    )


def read_items(document: Any) -> RawReading | None:
    """Read a search as a reseller's API passes it on; ``None`` if the document is none."""
    if "listResults" in as_dict(as_dict(document).get("searchResults")):
        return None
    found = document if isinstance(document, list) else list_at(document, *_ITEM_LISTS)
    if found is None:
        return None
    homes = [as_dict(item.get("property")) or item for item in map(as_dict, found)]
    if homes and not any("zpid" in home for home in homes):
        return None
    return RawReading(page="search", listings=tuple(_read_item(home) for home in homes if "zpid" in home))


def _read_item(home: Home) -> RawListing:
    if "hdpData" in home or "latLong" in home:
        return read_home(SEARCH_ITEM, home)
    if isinstance(home.get("price"), dict) or {"hdpView", "groupType"} & home.keys():
        return read_home(API_PROPERTY, home)
    return read_home(PROPERTY if "streetAddress" in home else EXPORTED_ITEM, home)


def _shown(results: Home) -> list[Any] | None:
    """The homes of the list; those of the map where there is no list, for the list's next page has them."""
    listed, mapped = results.get("listResults"), results.get("mapResults")
    return as_list(listed) or as_list(mapped) if isinstance(listed, list) or isinstance(mapped, list) else None


def _homes(shown: list[Any] | None) -> Iterator[Home]:
    """The items that are homes: advertisements stand among them."""
    return (item for item in map(as_dict, shown or ()) if item.get("zpid") or item.get("detailUrl"))


def _each_once(listings: Iterator[RawListing]) -> Iterator[RawListing]:
    seen: set[str] = set()
    for listing in listings:
        if listing.external_id is None or listing.external_id not in seen:
            seen.add(listing.external_id or "")
            yield listing
