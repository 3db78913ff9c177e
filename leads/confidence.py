"""How sure a field is, by where on its page it was found. One table for every reader that guesses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from leads.records import ListingRecord

CERTAIN: Final = 1.0
"""Of a reader that knows the site: it takes a field from its own place or not at all."""

_BY_PLACE: Final[Mapping[str, float]] = {
    "selector": 0.98,  # an operator looked at the page
    "json-ld": 0.95,
    "schema.org": 0.95,
    "microdata": 0.93,
    "rdfa": 0.93,
    "meta": 0.85,  # OpenGraph describes the page for sharing; titles and pictures are often the site's
    "script": 0.82,  # names of keys are guessed as those of columns are
    "label": 0.80,
    "links": 0.70,  # a telephone link may be the site's own
    "card": 0.65,
    "words": 0.60,  # "3 beds" may be said of a neighbour
    "headline": 0.40,
}
_RAW_NAMES: Final[Mapping[str, str]] = {
    "asking_price_text": "asking_price",
    "beds_text": "beds",
    "baths_text": "baths",
    "area_text": "area_sqft",
    "address_lines": "address",
    "latitude": "lat",
    "longitude": "lng",
    "posted_text": "posted_at",
    "updated_text": "updated_at",
}


def confidence_of(place: str) -> float:
    """0 to 1, for a place as ``field_sources`` names it: "json-ld", "label: Bedrooms"."""
    return _BY_PLACE.get(place.partition(":")[0], CERTAIN)


def field_confidence(record: ListingRecord) -> dict[str, float]:
    """Field of the record → how sure it is, for each field whose place is known."""
    return {_RAW_NAMES.get(name, name): confidence_of(place) for name, place in record.field_sources.items()}


def field_places(record: ListingRecord) -> dict[str, str]:
    """Field of the record → where it was found."""
    return {_RAW_NAMES.get(name, name): place for name, place in record.field_sources.items()}
