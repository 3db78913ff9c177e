"""Reading a home out of a payload by a table of paths, and saying which of its facts are lost.

A :class:`Shape` is what we know of one payload of one site: where each fact stands, and which facts are always
there. Payloads name a fact that they do not know with null; a name that is gone altogether is a fact lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from leads.records import RawListing
from scraping.readers.page import as_dict, as_list, text_or_none

_MISSING: Any = object()
RECORD_FIELDS: Mapping[str, str] = {
    "address_lines": "address",
    "area_text": "area_sqft",
    "asking_price_text": "asking_price",
    "baths_text": "baths",
    "beds_text": "beds",
    "latitude": "lat",
    "longitude": "lng",
    "posted_text": "posted_at",
    "updated_text": "updated_at",
}
Home = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """Where one payload keeps each fact of a home.

    ``paths`` maps a field of the raw listing to dotted paths; the first that leads to a scalar wins.
    ``always`` names the fields whose key is there even when the value is unknown.
    """

    paths: Mapping[str, tuple[str, ...]]
    always: frozenset[str]

    def read(self, home: Home) -> dict[str, str | None]:
        """Each field's text, ``None`` where the payload holds none."""
        return {field: first_text(home, *paths) for field, paths in self.paths.items()}

    def lost(self, home: Home, *, except_for: frozenset[str] = frozenset()) -> frozenset[str]:
        """Names of the record's fields that this payload always has and this home lacks."""
        wanted = self.always - except_for
        return frozenset(RECORD_FIELDS.get(field, field) for field in wanted if self._is_lost(home, field))

    def _is_lost(self, home: Home, field: str) -> bool:
        values = [value_at(home, path) for path in self.paths[field]]
        return all(value is _MISSING or isinstance(value, dict | list) for value in values)


def listing_from(shape: Shape, home: Home, *, unasked: frozenset[str] = frozenset(), **facts: Any) -> RawListing:
    """The home's raw listing; ``facts`` are what the site's reader makes of it beyond the table, and win.

    :param unasked: fields that this home has no need to show, which are never lost
    """
    found: dict[str, Any] = shape.read(home) | facts
    known = frozenset(field for field, value in found.items() if value)
    lost = shape.lost(home, except_for=unasked | known) | found.pop("lost", frozenset())
    street = found.pop("address_lines", None)
    return RawListing(**found, address_lines=(street,) if street else (), lost=lost, is_kind_final=True)


def first_texts(home: Home, *paths: str) -> tuple[str, ...]:
    """The texts at the first path that has any: a payload may list its pictures several times."""
    return next(filter(None, (texts_at(home, path) for path in paths)), ())


def value_at(document: Any, path: str) -> Any:
    """What stands at a dotted path of keys and indexes; a value that no scalar equals where nothing does."""
    for step in path.split("."):
        if isinstance(document, dict):
            document = document.get(step, _MISSING)
        elif isinstance(document, list) and step.isdigit() and int(step) < len(document):
            document = document[int(step)]
        else:
            return _MISSING
    return document


def object_at(document: Any, *paths: str) -> dict[str, Any]:
    """The first JSON object with anything in it at one of the paths, else an empty one."""
    return next((found for path in paths if (found := as_dict(value_at(document, path)))), {})


def list_at(document: Any, *paths: str) -> list[Any] | None:
    """The first JSON array at one of the paths, be it empty; ``None`` where there is none."""
    return next((found for path in paths if isinstance(found := value_at(document, path), list)), None)


def first_text(document: Any, *paths: str) -> str | None:
    """The first scalar at one of the paths, as text."""
    return next((text for path in paths if (text := _scalar(value_at(document, path)))), None)


def texts_at(document: Any, *paths: str) -> tuple[str, ...]:
    """Every scalar at the paths, each once; for a list, of all its members ("photos.*.href")."""
    found = (text for path in paths for value in _each(document, path) if (text := _scalar(value)))
    return tuple(dict.fromkeys(found))


def _each(document: Any, path: str) -> Iterator[Any]:
    before, star, behind = path.partition(".*.")
    if not star:
        yield value_at(document, path)
        return
    for member in as_list(value_at(document, before)):
        yield from _each(member, behind)


def _scalar(value: Any) -> str | None:
    return None if value is _MISSING else text_or_none(value)
