"""One listing out of everything that a page says of a home, the surest first."""

from __future__ import annotations

from dataclasses import fields
from typing import Final

from parsel import Selector

from leads.normalise.price import parse_price
from leads.records import RawListing
from scraping.readers.fsbo.headline import says_by_owner
from scraping.readers.schema_org import Facts

Sources = list[tuple[str, Facts]]
"""(where it stands, raw fields found there), the surest first."""

_TUPLE_FIELDS: Final = frozenset({"phones", "emails", "image_urls"})
_RAW_FIELDS: Final = frozenset(field.name for field in fields(RawListing))
_NAMES: Final = {
    "asking_price": "asking_price_text",
    "beds": "beds_text",
    "baths": "baths_text",
    "area_sqft": "area_text",
}


def merged_listing(sources: Sources, page: Selector, *, lost: frozenset[str] = frozenset()) -> RawListing:
    """Each field from the first source that has it.

    :param lost: fields of a record whose label or markup stands there without a value: nothing is guessed for them
    """
    merged, field_sources = _merged(sources, without=frozenset(_NAMES.get(name, name) for name in lost))
    merged.setdefault("price_period_text", _period_shown_elsewhere(sources, merged.get("asking_price_text")))
    for field in _TUPLE_FIELDS & merged.keys():
        merged[field] = (merged[field],) if isinstance(merged[field], str) else tuple(merged[field])
    address, place = merged.pop("address", None), merged.pop("place", None)
    merged.setdefault("is_owner", True if says_by_owner(page) else None)
    known = field_sources.keys() | {name for name, raw in _NAMES.items() if raw in field_sources}
    return RawListing(
        **{field: value for field, value in merged.items() if field in _RAW_FIELDS},
        address_lines=tuple(
            filter(None, (address, place if not (merged.get("city") or merged.get("zip")) else None))
        ),
        field_sources=field_sources,
        lost=lost - known,
    )


def _merged(sources: Sources, *, without: frozenset[str]) -> tuple[Facts, dict[str, str]]:
    merged: Facts = {}
    field_sources: dict[str, str] = {}
    for source, facts in sources:
        is_guess = source in {"headline", "links"} or source.startswith("words: ")
        for field, value in facts.items():
            if value in (None, "", ()) or field in merged or field == "lost" or (is_guess and field in without):
                continue
            merged[field] = value
            field_sources[field] = source
    return merged, field_sources


def _period_shown_elsewhere(sources: Sources, price_text: str | None) -> str | None:
    """Markup holds the bare number of a rent whose period stands in the words beside it: "$2,275 / month"."""
    amount = parse_price(price_text or "").amount
    shown = (parse_price(text) for _, facts in sources if (text := facts.get("asking_price_text")))
    return next((price.period for price in shown if price.period and price.amount == amount), None)


def is_described(listing: RawListing) -> bool:
    """Whether the page tells enough about one home to be its own page: what it is, and where or by whom."""
    home = [listing.asking_price_text, listing.beds_text, listing.baths_text, listing.area_text]
    where = [listing.address_lines, listing.zip, listing.phones, listing.emails, listing.latitude]
    return sum(1 for fact in home if fact) >= 2 and any(where)
