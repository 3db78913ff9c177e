"""Reads the gazetteer's two files once, when first asked. Rows stay text until somebody looks: 13 MB, not 60."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from leads.gazetteer.names import key

TABLE: Final = Path(__file__).with_name("places.tsv")
WELL_KNOWN: Final = Path(__file__).with_name("well_known.txt")
_SECTION: Final = re.compile(r"\[(\w+)\]")
_LAST: Final = "\x7f"


class Row(NamedTuple):
    """One place. ``more`` is a county's ZIP codes, or the city that a ZIP code or a well-known place lies in."""

    key: str
    kind: str
    state: str
    name: str
    latitude: float
    longitude: float
    population: int
    more: str

    def line(self) -> str:
        """The row as ``places.tsv`` keeps it."""
        return "\t".join(map(str, self))


def rows(name_key: str) -> list[Row]:
    """All places of that key, in no order of importance."""
    lines, found = _lines(), []
    at = bisect_left(lines, f"{name_key}\t")
    while at < len(lines) and lines[at].startswith(f"{name_key}\t"):
        found.append(_read(lines[at]))
        at += 1
    return found + _well_known().get(name_key, [])


@cache
def keys_beginning_with(letter: str) -> tuple[str, ...]:
    """Every key that begins with ``letter``."""
    lines = _lines()
    begin, end = bisect_left(lines, letter), bisect_left(lines, f"{letter}{_LAST}")
    listed = {line.partition("\t")[0] for line in lines[begin:end]}
    return tuple(sorted(listed | {name for name in _well_known() if name.startswith(letter)}))


def every_row() -> Iterator[Row]:
    """The whole gazetteer, for tests."""
    yield from map(_read, _lines())
    for found in _well_known().values():
        yield from found


@cache
def _lines() -> list[str]:
    return TABLE.read_text(encoding="utf-8").splitlines()


def _read(line: str) -> Row:
    name_key, kind, state, name, latitude, longitude, population, more = line.split("\t")
    return Row(name_key, kind, state, name, float(latitude), float(longitude), int(population), more)


@cache
def _well_known() -> dict[str, list[Row]]:
    """What ``well_known.txt`` lists, by the key of every name that it is given there."""
    listed: dict[str, list[Row]] = {}
    kind = ""
    for line in WELL_KNOWN.read_text(encoding="utf-8").splitlines():
        if section := _SECTION.fullmatch(line):
            kind = section[1]
        elif line and not line.startswith("#"):
            for row in _well_known_rows(kind, line):
                listed.setdefault(row.key, []).append(row)
    return listed


def _well_known_rows(kind: str, line: str) -> Iterator[Row]:
    names, city, point = line.split(" | ")
    shown, *others = names.split(";")
    town, state = city.split(", ")
    latitude, longitude = point.split()
    for name in (shown, *others):
        yield Row(key(name), kind, state, shown, float(latitude), float(longitude), 0, town)
