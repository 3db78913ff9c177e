"""The part of OData 4 that the listing service understands: $filter, $orderby, $select, $top, $skip and $count.

A filter is one or more comparisons joined by ``and``; strings stand in single quotes, times in ISO 8601. The
service pages as listing services do: ``$top`` is the size of a page and every page but the last names the next.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import eq, ge, gt, le, lt, ne
from typing import Any
from urllib.parse import urlencode

DEFAULT_TOP = 25
LARGEST_TOP = 50

Record = Mapping[str, object]
Test = Callable[[Record], bool]

_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": eq, "ne": ne, "gt": gt, "ge": ge, "lt": lt, "le": le,
}  # fmt: skip
_COMPARISON = re.compile(r"^\(?\s*(\w+)\s+(eq|ne|gt|ge|lt|le)\s+('(?:[^']|'')*'|\S+?)\s*\)?$")
_MEMBERSHIP = re.compile(r"^\(?\s*(\w+)\s+in\s+\(\s*('[^']*'(?:\s*,\s*'[^']*')*)\s*\)\s*\)?$")
_TIME = re.compile(r"^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2})$")
_NUMBER = re.compile(r"^-?\d+(?:\.\d+)?$")
_KNOWN_OPTIONS = {"$filter", "$orderby", "$select", "$top", "$skip", "$count", "$expand"}


class BadQuery(Exception):
    """The query cannot be understood; ``target`` is the option at fault."""

    def __init__(self, message: str, *, target: str) -> None:
        super().__init__(message)
        self.target = target


@dataclass(frozen=True)
class Query:
    """A query as read from an address."""

    tests: tuple[Test, ...]
    order: tuple[tuple[str, bool], ...]
    select: tuple[str, ...]
    top: int
    skip: int
    has_count: bool


def read_query(options: Mapping[str, str], *, fields: frozenset[str]) -> Query:
    """Read the system query options.

    :param fields: the names of the resource's properties
    :raises BadQuery: an option is unknown or cannot be understood
    """
    for name in options:
        if name.startswith("$") and name not in _KNOWN_OPTIONS:
            raise BadQuery(f"The option {name} is not supported.", target=name)
    return Query(
        tests=_read_filter(options.get("$filter", ""), fields),
        order=_read_order(options.get("$orderby", ""), fields),
        select=_read_select(options.get("$select", ""), fields),
        top=min(_read_count(options, "$top", default=DEFAULT_TOP), LARGEST_TOP),
        skip=_read_count(options, "$skip", default=0),
        has_count=options.get("$count") == "true",
    )


def answer(
    records: Sequence[Record], query: Query, *, context: str, address: str, options: Mapping[str, str]
) -> dict[str, object]:
    """Return the page of ``records`` that ``query`` asks for, as an OData collection."""
    matching = [record for record in records if all(test(record) for test in query.tests)]
    for name, is_descending in reversed(query.order):
        matching.sort(key=lambda record, name=name: _sortable(record[name]), reverse=is_descending)  # type: ignore[misc]
    page = matching[query.skip : query.skip + query.top]
    collection: dict[str, object] = {"@odata.context": context}
    if query.has_count:
        collection["@odata.count"] = len(matching)
    collection["value"] = [_selected(record, query.select) for record in page]
    reached = query.skip + len(page)
    if page and reached < len(matching):
        onward = {**options, "$skip": str(reached)}
        collection["@odata.nextLink"] = f"{address}?{urlencode(onward, safe='$')}"
    return collection


def _selected(record: Record, names: tuple[str, ...]) -> dict[str, object]:
    return {name: record[name] for name in names} if names else dict(record)


def _sortable(value: object) -> tuple[bool, str, float]:
    """Make values comparable: empty ones first, numbers by size, everything else by its text."""
    if isinstance(value, int | float):
        return True, "", float(value)
    return value is not None, str(value), 0.0


def _read_filter(text: str, fields: frozenset[str]) -> tuple[Test, ...]:
    return tuple(_read_test(part, fields) for part in re.split(r"\s+and\s+", text.strip())) if text.strip() else ()


def _read_test(text: str, fields: frozenset[str]) -> Test:
    if membership := _MEMBERSHIP.match(text):
        name = _known(membership[1], fields, target="$filter")
        allowed = frozenset(re.findall(r"'([^']*)'", membership[2]))
        return lambda record: record[name] in allowed
    if comparison := _COMPARISON.match(text):
        name, compare = _known(comparison[1], fields, target="$filter"), _OPERATORS[comparison[2]]
        wanted = _read_literal(comparison[3])
        return lambda record: _holds(compare, record[name], wanted)
    raise BadQuery(f"The filter {text!r} cannot be understood.", target="$filter")


def _holds(compare: Callable[[Any, Any], bool], value: object, wanted: object) -> bool:
    if value is None or wanted is None:
        return compare in {eq, ne} and compare(value, wanted)
    if isinstance(wanted, datetime):
        return compare(datetime.fromisoformat(str(value)), wanted)
    if isinstance(value, str) is not isinstance(wanted, str):
        raise BadQuery(f"{value!r} and {wanted!r} cannot be compared.", target="$filter")
    return compare(value, wanted)


def _read_literal(text: str) -> object:
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    if text == "null":
        return None
    if _TIME.match(text):
        return datetime.fromisoformat(text)
    if _NUMBER.match(text):
        return float(text)
    if re.match(r"^\d{4}-\d{2}-\d{2}$", text):
        return text
    raise BadQuery(f"{text} is not a value.", target="$filter")


def _read_order(text: str, fields: frozenset[str]) -> tuple[tuple[str, bool], ...]:
    parts = [part.split() for part in text.split(",") if part.strip()]
    return tuple((_known(part[0], fields, target="$orderby"), part[1:] == ["desc"]) for part in parts)


def _read_select(text: str, fields: frozenset[str]) -> tuple[str, ...]:
    return tuple(_known(name.strip(), fields, target="$select") for name in text.split(",") if name.strip())


def _read_count(options: Mapping[str, str], name: str, *, default: int) -> int:
    text = options.get(name, str(default))
    if not text.isdecimal():
        raise BadQuery(f"{name} must be a whole number.", target=name)
    return int(text)


def _known(name: str, fields: frozenset[str], *, target: str) -> str:
    if name not in fields:
        raise BadQuery(f"Property has no field {name}.", target=target)
    return name
