"""Where Marketplace's items stand in the payloads of its pages and in the answers of its API."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from scraping.readers.page import (
    MAX_DOCUMENT_BYTES,
    UnreadablePage,
    as_dict,
    as_list,
    is_json,
    load_json,
    text_or_none,
)

Item = Mapping[str, Any]

TITLE: Final = "marketplace_listing_title"
_ITEM_PAGE: Final = "marketplace_product_details_page"
_SEARCH: Final = "marketplace_search"
_CATEGORY: Final = "marketplace_feed_stories"
_RECOMMENDATIONS: Final = frozenset(
    {"marketplace_home_feed", "marketplace_pdp_recommendations", "related_listings"}
)
_GUARD: Final = b"for (;;);"
_MAX_LINES: Final = 5_000


def streamed_documents(body: bytes) -> list[Any]:
    """The documents of a JSON body: one, or one a line as the API streams them; none where it holds no items.

    :raises UnreadablePage: if the body opens like JSON and is none, or is too large
    """
    body = body.removeprefix(b"\xef\xbb\xbf").lstrip().removeprefix(_GUARD)
    if not is_json(body):
        return []
    if len(body) > MAX_DOCUMENT_BYTES:
        raise UnreadablePage("The answer is too large.")
    try:
        return [load_json(body)]
    except UnreadablePage:
        documents = list(_lines(body))
        if not documents:
            raise
    return documents if any(_is_ours(document) for document in documents) else []


def _lines(body: bytes) -> Iterator[Any]:
    for line in body.splitlines()[:_MAX_LINES]:
        if line.strip():
            try:
                yield json.loads(line.decode("utf-8", errors="replace").removeprefix(_GUARD.decode()))
            except (ValueError, RecursionError):
                return


def _is_ours(document: Any) -> bool:
    return any({_SEARCH, _CATEGORY, _ITEM_PAGE, TITLE} & found.keys() for found in _objects(document))


def _objects(document: Any) -> Iterator[Item]:
    """Every JSON object, outermost first, without what the page merely recommends (payloads nest: no recursion)."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(child for key, child in reversed(value.items()) if key not in _RECOMMENDATIONS)
        elif isinstance(value, list):
            waiting.extend(reversed(value))


def has_search(documents: Iterable[Any]) -> bool:
    """Whether the documents answer a search or a category, be it with nothing."""
    return any(_SEARCH in found or _CATEGORY in found for document in documents for found in _objects(document))


def search_items(documents: Iterable[Any]) -> Iterator[Item]:
    """The items that a search or a category found, each once, in their order."""
    seen: set[str] = set()
    for document in documents:
        for found in _objects(document):
            for edge in _edges(found):
                node = as_dict(edge.get("node"))
                item = as_dict(node.get("listing")) or as_dict(node.get("for_sale_item"))
                item_id = text_or_none(item.get("id"))
                if item and (item_id is None or item_id not in seen):
                    seen.add(item_id or "")
                    yield item


def _edges(found: Item) -> Iterator[Item]:
    units = as_dict(as_dict(found.get(_SEARCH)).get("feed_units"))
    stories = as_dict(found.get(_CATEGORY))
    yield from map(as_dict, [*as_list(units.get("edges")), *as_list(stories.get("edges"))])
    path = found.get("path")  # a later part of a streamed answer names the place that it belongs to
    if isinstance(path, list) and {_SEARCH, _CATEGORY} & {str(step) for step in path}:
        data = as_dict(found.get("data"))
        yield data if "node" in data else {"node": data}


def own_item(documents: Sequence[Any]) -> Item:
    """A page's own item: its payloads are fragments with one id, each with other fields."""
    fragments = [
        as_dict(found[_ITEM_PAGE]) for document in documents for found in _objects(document) if _ITEM_PAGE in found
    ]
    parts = [
        as_dict(fragment.get(name))
        for fragment in fragments
        for name in ("target", "marketplace_listing_renderable_target")
    ]
    own_id = next((part["id"] for part in parts if text_or_none(part.get("id"))), None)
    merged: dict[str, Any] = {}
    for part in (part for part in parts if part.get("id") == own_id):
        merged |= {
            key: value for key, value in part.items() if value is not None and _is_richer(value, merged.get(key))
        }
    return merged


def _is_richer(value: Any, known: Any) -> bool:
    return not isinstance(known, dict | list) or (isinstance(value, dict | list) and len(value) >= len(known))


def exported_items(documents: Iterable[Any]) -> Iterator[Item]:
    """The items of an export, however it wraps them: ``{"items": […]}``, ``{"node": {"listing": …}}``."""
    for document in documents:
        for entry in as_list(document) or _wrapped(as_dict(document)):
            item = as_dict(entry)
            for wrapper in ("node", "listing", "listing_details", "item"):
                inner = as_dict(item.get(wrapper))
                item = {**item, **inner} if inner else item
            if TITLE in item or (item.get("title") or item.get("name")):
                yield item


def _wrapped(document: Item) -> list[Any]:
    for name in ("items", "results", "listings", "data"):
        if isinstance(document.get(name), list):
            return as_list(document[name])
    return [document]
