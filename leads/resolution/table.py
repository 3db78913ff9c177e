"""Reads a table of text from the bytes of a CSV file, whatever wrote it. Never raises for what a file holds."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

MAX_CELL_CHARACTERS: Final = 2_000
"""What lies beyond is cut off: nobody is told apart by the third page of a description."""

_DELIMITERS: Final = ",;\t|"
_MAX_FIELD_CHARACTERS: Final = 2**31 - 1
_LOOKS_LIKE_DATA = re.compile(r"^[\s$(+]*\d[\d\s().,/$+-]{3,}$|^\d+\s+\w+|@\w+\.\w")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Columns of equal length by name, in the file's order. Cells are stripped; "" is an absent value."""

    columns: dict[str, list[str]]

    @property
    def row_count(self) -> int:
        return len(next(iter(self.columns.values()), ()))


def read_table(content: bytes) -> Table:
    """Read a CSV file: any of four delimiters, UTF-8 or Windows-1252, with or without a line of headings.

    Short rows are filled with absent values, cells without a heading are dropped.
    """
    text = _decoded(content).replace("\0", "")
    csv.field_size_limit(_MAX_FIELD_CHARACTERS)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), skipinitialspace=True)
    filled = (row for row in rows if any(cell.strip() for cell in row))
    first = next(filled, None)
    if first is None:
        return Table(columns={})
    if _is_data(first):
        names = [f"column_{number}" for number in range(1, len(first) + 1)]
        return _table(names, [first, *filled])
    return _table(_distinct(first), filled)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _delimiter(text: str) -> str:
    first_line = text.lstrip().split("\n", 1)[0]
    return max(_DELIMITERS, key=first_line.count)


def _is_data(cells: list[str]) -> bool:
    """Whether the first line holds values already: a heading is no telephone number, address or e-mail."""
    return any(_LOOKS_LIKE_DATA.search(cell.strip()) for cell in cells)


def _distinct(headings: list[str]) -> list[str]:
    seen: Counter[str] = Counter()
    names = []
    for position, heading in enumerate(headings, start=1):
        name = heading.strip() or f"column_{position}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return names


def _table(names: list[str], rows: Iterable[list[str]]) -> Table:
    width = len(names)
    cells = (
        [cell.strip()[:MAX_CELL_CHARACTERS] for cell in row[:width]] + [""] * (width - len(row)) for row in rows
    )
    columns = list(zip(*cells, strict=True)) or [()] * width
    return Table(columns={name: list(column) for name, column in zip(names, columns, strict=True)})
