"""A table's columns as arrays: every distinct value is read once and numbered, so that pairs compare numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from leads.resolution import values
from leads.resolution.columns import Role
from leads.resolution.table import Table

ABSENT: Final = -1
Read = TypeVar("Read")
Codes = NDArray[np.int32]
Numbers = NDArray[np.float64]


class Subject(Enum):
    """What a cluster is: a person may move house, a home may not."""

    PERSON = "person"
    HOME = "home"
    BUSINESS = "business"


@dataclass(frozen=True, slots=True)
class Coded:
    """One word per row, as its number in ``words``; ``ABSENT`` where the row has none."""

    codes: Codes
    words: list[str]

    def taken(self, rows: NDArray[np.intp]) -> Coded:
        return Coded(self.codes[rows], self.words)

    @property
    def frequencies(self) -> Numbers:
        """How large a share of the rows that have a word has each word."""
        present = self.codes[self.codes >= 0]
        return np.bincount(present, minlength=len(self.words)) / max(1, len(present))


@dataclass(frozen=True, slots=True)
class Features:
    """What is compared, by name. All arrays have one element per row."""

    subject: Subject
    words: dict[str, Coded] = field(default_factory=dict)
    numbers: dict[str, Numbers] = field(default_factory=dict)
    row_count: int = 0


def prepare(table: Table, roles: Mapping[str, Role]) -> Features:
    """Read every column by its role."""
    columns = _Columns(table, roles)
    words: dict[str, Coded] = {}
    words |= _names(columns)
    words |= _street(columns)
    words |= _simple_words(columns)
    words |= _repeated(columns)
    return Features(
        subject=_subject(columns),
        words={name: coded for name, coded in words.items() if (coded.codes >= 0).any()},
        numbers=_numbers(columns),
        row_count=table.row_count,
    )


class _Columns:
    """A table's values by role."""

    def __init__(self, table: Table, roles: Mapping[str, Role]) -> None:
        self.count = table.row_count
        self._by_role: dict[Role, list[str]] = {}
        for name, role in roles.items():
            self._by_role.setdefault(role, []).append(name)
        self._table = table

    def __contains__(self, role: Role) -> bool:
        return role in self._by_role

    def values(self, role: Role) -> Sequence[str]:
        names = self._by_role.get(role)
        return self._table.columns[names[0]] if names else [""] * self.count

    def named(self, role: Role) -> dict[str, list[str]]:
        return {name: self._table.columns[name] for name in self._by_role.get(role, ())}


def _subject(columns: _Columns) -> Subject:
    facts = (Role.BEDS, Role.BATHS, Role.AREA, Role.YEAR, Role.PRICE, Role.PHONE, Role.EMAIL)
    if Role.BIRTH_DATE in columns:
        return Subject.PERSON
    if Role.FAMILY_NAME in columns and not any(role in columns for role in facts):
        return Subject.PERSON
    return Subject.BUSINESS if Role.TITLE in columns and Role.PRICE not in columns else Subject.HOME


def encode(values_of_rows: Iterable[str]) -> Coded:
    """Number the distinct words; "" is absent."""
    numbers: dict[str, int] = {"": ABSENT}
    codes = [numbers.setdefault(value, len(numbers) - 1) for value in values_of_rows]
    del numbers[""]
    return Coded(np.array(codes, dtype=np.int32), list(numbers))


def _read(cells: Sequence[str], read: Callable[[str], Read]) -> list[Read]:
    """Read each cell, equal ones once."""
    known: dict[str, Read] = {}
    for cell in cells:
        if cell not in known:
            known[cell] = read(cell)
    return [known[cell] for cell in cells]


def _names(columns: _Columns) -> dict[str, Coded]:
    """Given and family name, numbered alike, since people write them in either order."""
    whole = _read(columns.values(Role.NAME), values.person_name)
    given = [own or name.given for own, name in zip(_plain(columns, Role.GIVEN_NAME), whole, strict=True)]
    family = [own or name.family for own, name in zip(_plain(columns, Role.FAMILY_NAME), whole, strict=True)]
    both = encode([*given, *family])
    return {
        "given_name": Coded(both.codes[: columns.count], both.words),
        "family_name": Coded(both.codes[columns.count :], both.words),
    }


def _plain(columns: _Columns, role: Role) -> list[str]:
    return _read(columns.values(role), values.plain)


def _street(columns: _Columns) -> dict[str, Coded]:
    """The parts of the street line; a column for a part wins over what the line says."""
    source = Role.ADDRESS if Role.ADDRESS in columns else Role.STREET
    lines = _read(columns.values(source), values.street_line)
    numbers = _read(columns.values(Role.HOUSE_NUMBER), values.house_number)
    units = _read(columns.values(Role.UNIT), values.unit)
    return {
        "house_number": encode(own or line.number for own, line in zip(numbers, lines, strict=True)),
        "unit": encode(own or line.unit for own, line in zip(units, lines, strict=True)),
        "street": encode(line.street for line in lines),
        "direction": encode(line.direction for line in lines),
        "suffix": encode(line.suffix for line in lines),
        **_place(columns, _read([line.rest for line in lines], values.place_parts)),
    }


def _place(columns: _Columns, inline: Sequence[values.PlaceParts]) -> dict[str, Coded]:
    cities = _read(columns.values(Role.CITY), values.place_name)
    states = _read(columns.values(Role.STATE), values.state)
    zips = _read(columns.values(Role.ZIP), values.zip_digits)
    return {
        "city": encode(own or part.city for own, part in zip(cities, inline, strict=True)),
        "state": encode(own or part.state for own, part in zip(states, inline, strict=True)),
        "zip": encode(own or part.zip for own, part in zip(zips, inline, strict=True)),
    }


def _simple_words(columns: _Columns) -> dict[str, Coded]:
    return {
        name: encode(_read(columns.values(role), read))
        for name, role, read in (
            ("phone", Role.PHONE, values.phone_digits),
            ("email", Role.EMAIL, values.email_address),
            ("title", Role.TITLE, values.plain),
            ("birth_date", Role.BIRTH_DATE, values.identifier),
        )
    }


def _repeated(columns: _Columns) -> dict[str, Coded]:
    """Columns of a kind that a row may have several of: "identifier:apn", "text:notes"."""
    return {
        f"{role}:{name}": encode(_read(cells, read))
        for role, read in (
            (Role.IDENTIFIER, values.identifier),
            (Role.CATEGORY, values.plain),
            (Role.TEXT, values.plain),
        )
        for name, cells in columns.named(role).items()
    }


def _numbers(columns: _Columns) -> dict[str, Numbers]:
    arrays = {
        role.value: np.array(_read(columns.values(role), values.quantity), dtype=np.float64)
        for role in (Role.BEDS, Role.BATHS, Role.AREA, Role.YEAR, Role.PRICE, Role.LATITUDE, Role.LONGITUDE)
        if role in columns
    }
    arrays |= {
        f"{Role.NUMBER}:{name}": np.array(_read(cells, values.quantity), dtype=np.float64)
        for name, cells in columns.named(Role.NUMBER).items()
    }
    if Role.LISTED_ON in columns:
        arrays["listed_on"] = np.array(_read(columns.values(Role.LISTED_ON), values.day_number), dtype=np.float64)
    return arrays
