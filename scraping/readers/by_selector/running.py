"""A reading corrected by an operator's selectors for its site."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from w3lib.encoding import html_to_unicode

from leads.normalise.text import html_to_text
from leads.records import RawListing
from scraping.readers.by_selector.rules import SELECTABLE, check_rules
from scraping.readers.page import MAX_DOCUMENT_BYTES, RawReading, join_address

DEADLINE_SECONDS: Final = 4
MIN_FACTS: Final = 3
"""A page that its reader found no home in is one if so many selectors find something, the price or address too."""

_TUPLES: Final = frozenset({"address_lines", "phones", "emails", "image_urls"})
_ADDRESSES: Final = frozenset({"url", "image_urls"})
_logger = logging.getLogger(__name__)

Nodes = list[dict[str, str]]


def with_selectors(reading: RawReading, rules: Mapping[str, str], *, body: bytes, url: str | None) -> RawReading:
    """The reading, each field that has a selector taken from the nodes it finds, and nowhere else.

    A field whose selector finds nothing is lost. Lists of adverts stay as they are: selectors are for adverts.
    """
    if not rules or reading.page not in {"listing", "rejected"} or len(reading.listings) > 1:
        return reading
    found = _run(check_rules(rules), body)
    listing = _corrected(reading.listings[0] if reading.listings else RawListing(url=url), found, rules, url=url)
    if reading.page == "listing":
        return replace(reading, listings=(listing,))
    return RawReading(page="listing", listings=(listing,), kind_hint="fsbo") if _is_home(found) else reading


def _is_home(found: Mapping[str, Nodes]) -> bool:
    known = {field for field, nodes in found.items() if nodes}
    return len(known) >= MIN_FACTS and bool(known & {"asking_price", "address"})


def _run(xpaths: Mapping[str, str], body: bytes) -> dict[str, Nodes]:
    """The nodes of each field; none for a page that is too large, or that keeps the worker busy for too long."""
    if len(body) > MAX_DOCUMENT_BYTES:
        return {}
    _, page = html_to_unicode(None, body)
    asked = json.dumps({"page": page.replace("\0", ""), "xpaths": dict(xpaths)})
    worker = [sys.executable, "-I", str(Path(__file__).with_name("worker.py"))]
    try:
        answer = subprocess.run(
            worker, input=asked, capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=True
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        _logger.warning("selectors_gave_up fields=%s", ",".join(sorted(xpaths)))
        return {}
    answered: dict[str, Nodes] = json.loads(answer.stdout)
    return answered


def _corrected(
    listing: RawListing, found: Mapping[str, Nodes], rules: Mapping[str, str], *, url: str | None
) -> RawListing:
    values = {field: _values(field, found.get(field, []), url or "") for field in rules}
    raw: dict[str, Any] = {
        SELECTABLE[field]: value if SELECTABLE[field] in _TUPLES else next(iter(value), None)
        for field, value in values.items()
    }
    kept = {field: source for field, source in listing.field_sources.items() if field not in raw}
    return replace(
        listing,
        **raw,
        field_sources={**kept, **{SELECTABLE[field]: "selector" for field, value in values.items() if value}},
        lost=(listing.lost - rules.keys()) | {field for field, value in values.items() if not value},
    )


def _values(field: str, nodes: Nodes, base_url: str) -> tuple[str, ...]:
    name = SELECTABLE[field]
    texts = tuple(text for text in (_value(name, node) for node in nodes) if text)
    if name in _ADDRESSES:
        texts = tuple(join_address(base_url, text) for text in texts)
    return texts if name in _TUPLES else texts[:1]


def _value(name: str, node: Mapping[str, str]) -> str:
    """What a node says of a field: times and metadata by an attribute, pictures by their address, else its text."""
    if name == "description":
        return html_to_text(node.get("markup") or node["text"]) or ""
    if name in _ADDRESSES:
        return node.get("src") or node.get("href") or node.get("content") or node["text"]
    return node.get("content") or node.get("datetime") or node["text"]
