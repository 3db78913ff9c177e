"""A portal's page of which only its schema.org JSON-LD is left: the last resort."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from leads.records import RawListing
from scraping.readers.page import RawReading, load_html
from scraping.readers.schema_org import Facts, json_ld_homes

_RAW_FIELDS = frozenset(field.name for field in fields(RawListing)) - {"is_owner"}
"""A person whom a portal names as seller may well be the agent."""
_TUPLES = frozenset({"phones", "emails", "image_urls"})


def read_structured_page(body: bytes, url: str | None) -> RawReading | None:
    """Read the homes that the page's JSON-LD describes; ``None`` if it describes none."""
    if b"application/ld+json" not in body:
        return None
    homes = [facts for facts in json_ld_homes(load_html(body), url or "") if facts.get("is_home")]
    if not homes:
        return None
    listings = tuple(_listing(facts) for facts in homes)
    return RawReading(page="listing" if len(listings) == 1 else "search", listings=listings)


def _listing(facts: Facts) -> RawListing:
    known: dict[str, Any] = {name: value for name, value in facts.items() if name in _RAW_FIELDS and value}
    for name in _TUPLES & known.keys():
        known[name] = (known[name],) if isinstance(known[name], str) else tuple(known[name])
    address = facts.get("address")
    return RawListing(
        **known,
        address_lines=(address,) if address else (),
        is_kind_final=True,
        field_sources=dict.fromkeys(known, "schema.org"),
    )
