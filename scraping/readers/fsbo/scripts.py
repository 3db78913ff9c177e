"""The page's home in the JSON that the page carries for its own scripts: ``__NEXT_DATA__``, ``window.state = {…}``.

Such a document holds menus, settings and recommended homes too. An object counts as a home by the names of its
keys, and as the page's own where it is the only home there, or the only one whose key stands in the page's address;
one that asks another price than the page shows is some other home.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from itertools import islice
from typing import Any, Final

from parsel import Selector

from leads.normalise.price import parse_price
from leads.records import RawListing
from scraping.readers import guessing
from scraping.readers.mapping import read_row
from scraping.readers.page import MAX_DOCUMENT_BYTES, UnreadablePage, address_parts, load_json
from scraping.readers.schema_org import Facts
from scraping.readers.tables import flat

MAX_SCRIPTS: Final = 40
MAX_OBJECTS: Final = 20_000
MAX_HOMES: Final = 500
LEAST_KNOWN_KEYS: Final = 4
_ASSIGNED: Final = re.compile(r"(?:^|[\s;{(])(?:(?:var|let|const)\s+)?[\w$.]{1,80}\s*=\s*(?=[{\[])")
_ZEROES: Final = frozenset({"0", "0.0"})
"""A form left empty: 0 beds in such a document is an unknown number of beds."""
_DECODER: Final = json.JSONDecoder()
_TAKEN: Final = (
    "asking_price_text", "currency", "beds_text", "baths_text", "area_text", "city", "state", "zip", "latitude",
    "longitude", "posted_text", "updated_text", "property_type", "description", "phones", "emails", "image_urls",
)  # fmt: skip


def script_facts(page: Selector, url: str, *, shown_price: str | None) -> Facts:
    """Raw fields of the page's own home; none where the scripts hold no home, or several.

    :param shown_price: the price by the page's markup or labels, if it has one
    """
    homes = _distinct(islice(_homes(page), MAX_HOMES))
    if len(homes) > 1:
        path = address_parts(url).path
        homes = [home for home in homes if home.external_id and home.external_id in path]
    if len(homes) != 1 or not _asks(homes[0], shown_price):
        return {}
    return _facts(homes[0])


def _homes(page: Selector) -> Iterator[RawListing]:
    objects = (item for document in _documents(page) for item in _objects(document))
    for item in islice(objects, MAX_OBJECTS):
        row = flat(item)
        columns = tuple(row)
        if guessing.count_known([name.rsplit(".", 1)[-1] for name in columns]) >= LEAST_KNOWN_KEYS:
            home = read_row(guessing.guess(columns, ()), row)
            if home and _is_home(home):
                yield home


def _documents(page: Selector) -> Iterator[Any]:
    for script in islice(page.root.iter("script"), MAX_SCRIPTS):
        text, kind = (script.text or "").strip(), script.get("type", "")
        if kind == "application/json":
            yield from _whole(text)
        elif "json" not in kind and (assigned := _ASSIGNED.search(text)) and len(text) <= MAX_DOCUMENT_BYTES:
            yield from _opening(text, assigned.end())


def _whole(text: str) -> Iterator[Any]:
    try:
        yield load_json(text)
    except UnreadablePage:
        return  # as browsers do: a broken document is none


def _opening(text: str, start: int) -> Iterator[Any]:
    try:
        yield _DECODER.raw_decode(text, start)[0]
    except (ValueError, RecursionError):
        return  # a script's own notation, which is no JSON


def _objects(document: Any) -> Iterator[Mapping[str, Any]]:
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _is_home(home: RawListing) -> bool:
    facts = (home.asking_price_text, home.beds_text, home.baths_text, home.area_text)
    return sum(1 for fact in facts if fact) >= 2 and bool(home.address_lines and (home.city or home.zip))


def _distinct(homes: Iterator[RawListing]) -> list[RawListing]:
    """One of each address: the fullest of the objects that describe it."""
    found: dict[tuple[object, ...], RawListing] = {}
    for home in homes:
        key = (home.address_lines, home.zip or home.city)
        if key not in found or len(_facts(home)) > len(_facts(found[key])):
            found[key] = home
    return list(found.values())


def _asks(home: RawListing, shown_price: str | None) -> bool:
    shown, asked = parse_price(shown_price or "").amount, parse_price(home.asking_price_text or "").amount
    return shown is None or asked is None or shown == asked


def _facts(home: RawListing) -> Facts:
    told = asdict(home)
    facts: Facts = {name: told[name] for name in _TAKEN if told[name] and told[name] not in _ZEROES}
    facts["address"] = home.address_lines[0]
    if home.external_id and not home.external_id.startswith("row-"):
        facts["external_id"] = home.external_id
    return facts
