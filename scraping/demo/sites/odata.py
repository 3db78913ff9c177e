"""The part of OData 4 that the listing service understands, over records that it keeps in order.

A filter is made of comparisons, ``in``, ``and``, ``or`` and brackets; strings stand in single quotes, times in
ISO 8601. A page is found in the order that was asked for without looking at what comes before it, so that a
service of 50,000 records answers as fast as one of fifty.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from operator import eq, ge, gt, le, lt, ne
from typing import Any

DEFAULT_TOP = 25
LARGEST_TOP = 50

Record = Mapping[str, object]
Test = Callable[[Record], bool]
Order = tuple[tuple[str, bool], ...]
SortKey = tuple[tuple[bool, str, float], ...]

_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": eq, "ne": ne, "gt": gt, "ge": ge, "lt": lt, "le": le,
}  # fmt: skip
_TOKEN = re.compile(r"\s*('(?:[^']|'')*'|[(),]|[^\s(),']+)")
_TIME = re.compile(r"^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2})$")
_NUMBER = re.compile(r"^-?\d+(?:\.\d+)?$")
_KNOWN_OPTIONS = {"$filter", "$orderby", "$select", "$top", "$skip", "$count", "$expand", "$skiptoken"}


class BadQuery(Exception):
    """The query cannot be understood; ``target`` is the option at fault."""

    def __init__(self, message: str, *, target: str) -> None:
        super().__init__(message)
        self.target = target


@dataclass(frozen=True)
class Filter:
    """A condition, and what it says alone about where to begin: field → the least value that passes."""

    test: Test
    least: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Query:
    """A query as read from an address."""

    filter: Filter
    order: Order
    select: tuple[str, ...]
    expand: frozenset[str]
    top: int
    skip: int
    has_count: bool


@dataclass(frozen=True)
class Found:
    """One page of what matches; ``total`` only where it was asked for."""

    records: Sequence[Record]
    has_more: bool
    total: int | None


class Collection:
    """Records that can be asked for in any order; each order is made once and kept until something changes."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._records = records
        self._sorted: dict[Order, tuple[Sequence[Record], Sequence[SortKey]]] = {}

    def find(self, query: Query) -> Found:
        """The page that ``query`` asks for."""
        matching = self._matching(query)
        total = None
        if query.has_count:
            everything = list(matching)
            matching, total = iter(everything), len(everything)
        page = list(islice(matching, query.skip, query.skip + query.top + 1))
        return Found(records=page[: query.top], has_more=len(page) > query.top, total=total)

    def _matching(self, query: Query) -> Iterator[Record]:
        records, keys = self._in_order(query.order)
        start = 0
        if query.order and not query.order[0][1] and query.order[0][0] in query.filter.least:
            start = bisect_left(keys, (_sortable(query.filter.least[query.order[0][0]]),))
        return (record for record in islice(records, start, None) if query.filter.test(record))

    def _in_order(self, order: Order) -> tuple[Sequence[Record], Sequence[SortKey]]:
        if order not in self._sorted:
            records = list(self._records)
            for name, is_descending in reversed(order):
                records.sort(key=lambda record, name=name: _sortable(record[name]), reverse=is_descending)  # type: ignore[misc]
            keys = [(_sortable(record[order[0][0]]),) for record in records] if order else []
            self._sorted[order] = records, keys
        return self._sorted[order]


def read_query(options: Mapping[str, str], *, fields: frozenset[str], largest_top: int = LARGEST_TOP) -> Query:
    """Read the system query options.

    :param fields: the names of the resource's properties
    :raises BadQuery: an option is unknown or cannot be understood
    """
    for name in options:
        if name.startswith("$") and name not in _KNOWN_OPTIONS:
            raise BadQuery(f"The option {name} is not supported.", target=name)
    return Query(
        filter=_Reader(options.get("$filter", ""), fields).read(),
        order=_read_order(options.get("$orderby", ""), fields),
        select=_read_select(options.get("$select", ""), fields),
        expand=frozenset(name.strip() for name in options.get("$expand", "").split(",") if name.strip()),
        top=min(_read_count(options, "$top", default=DEFAULT_TOP), largest_top),
        skip=_read_count(options, "$skip", default=0),
        has_count=options.get("$count") == "true",
    )


def selected(record: Record, query: Query) -> dict[str, object]:
    """The fields of a record that were asked for."""
    names = (*query.select, *query.expand) if query.select else ()
    return {name: record[name] for name in names} if names else dict(record)


class _Reader:
    """Reads one filter, the loosest binding first."""

    def __init__(self, text: str, fields: frozenset[str]) -> None:
        self._text = text
        self._fields = fields
        self._tokens = _TOKEN.findall(text)
        self._at = 0

    def read(self) -> Filter:
        if not self._text.strip():
            return Filter(test=lambda _: True)
        whole = self._any()
        if self._at < len(self._tokens):
            raise self._fault()
        return whole

    def _any(self) -> Filter:
        parts = [self._all()]
        while self._takes("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Filter(test=lambda one: any(part.test(one) for part in parts))

    def _all(self) -> Filter:
        parts = [self._one()]
        while self._takes("and"):
            parts.append(self._one())
        least = {name: value for part in parts for name, value in part.least.items()}
        return Filter(test=lambda one: all(part.test(one) for part in parts), least=least)

    def _one(self) -> Filter:
        if self._takes("("):
            inside = self._any()
            if not self._takes(")"):
                raise self._fault()
            return inside
        name, operator = _known(self._next(), self._fields, target="$filter"), self._next()
        if operator == "in":
            return self._membership(name)
        if operator not in _OPERATORS:
            raise self._fault()
        return self._comparison(name, operator, self._next())

    def _membership(self, name: str) -> Filter:
        allowed: set[object] = set()
        if not self._takes("("):
            raise self._fault()
        while not self._takes(")"):
            allowed.add(_read_literal(self._next()))
            self._takes(",")
        return Filter(test=lambda record: record[name] in allowed)

    def _comparison(self, name: str, operator: str, text: str) -> Filter:
        compare, wanted = _OPERATORS[operator], _read_literal(text)
        is_bound = operator in {"eq", "ge", "gt"} and wanted is not None
        # Cut to the second, and so before every way in which the records may write that moment.
        least = text[:19] if isinstance(wanted, datetime) else wanted
        return Filter(
            test=lambda record: _holds(compare, record[name], wanted), least={name: least} if is_bound else {}
        )

    def _takes(self, word: str) -> bool:
        taken = self._at < len(self._tokens) and self._tokens[self._at] == word
        self._at += taken
        return taken

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise self._fault()
        self._at += 1
        return str(self._tokens[self._at - 1])

    def _fault(self) -> BadQuery:
        return BadQuery(f"The filter {self._text!r} cannot be understood.", target="$filter")


def _sortable(value: object) -> tuple[bool, str, float]:
    """Make values comparable: empty ones first, numbers by size, everything else by its text."""
    if isinstance(value, int | float):
        return True, "", float(value)
    return value is not None, str(value), 0.0


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


def _read_order(text: str, fields: frozenset[str]) -> Order:
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
        raise BadQuery(f"The resource has no field {name}.", target=target)
    return name
