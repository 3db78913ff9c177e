"""Rows out of a file: CSV with any usual delimiter and encoding, JSON lines, or one JSON document.

Rows come one at a time, so that a million of them cost no more memory than one. What the columns mean is not
decided here (``mapping``, ``guessing``).
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, BinaryIO, Final

from scraping.readers.page import UnreadablePage, load_json

MAX_CELL_CHARACTERS: Final = 200_000
MAX_COLUMNS: Final = 2_000
HEAD_BYTES: Final = 256 * 1024
READ_CHARACTERS: Final = 256 * 1024
LINES_ABOVE_A_HEADER: Final = 20
SAMPLE_ROWS: Final = 50
NO_VALUE: Final = frozenset({"", "na", "n/a", "null", "none", "nan", "-", "unknown", "[]"})
_SIGNS_OF_A_DOCUMENT: Final = ("</", "```")
_DELIMITERS: Final = ",;\t|"
_BETWEEN_ITEMS: Final = re.compile(r"[\s,]*")
_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LIST_KEYS: Final = ("listings", "results", "items", "records", "rows", "value", "data")

Row = Mapping[str, Any]
CountKnown = Callable[[Sequence[str]], int]
"""How many of these cells are names of columns that somebody knows."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table that is being read.

    :ivar columns: the names of its columns, in order, each once
    :ivar sample: its first rows
    :ivar rows: all its rows, to be read once, with the number of the line or item that each ends at
    :ivar text: the file as text; it would close the file if it were forgotten before the table
    """

    columns: tuple[str, ...]
    sample: tuple[Row, ...]
    rows: Iterator[tuple[int, Row]]
    text: io.TextIOWrapper


def looks_like_table(head: bytes) -> bool:
    """Whether a file that begins so is a table or JSON lines rather than a page or one JSON document."""
    text = _decoded_head(head)
    lines = text.lstrip()[:MAX_CELL_CHARACTERS].splitlines()
    first = lines[0] if lines else ""
    if first.startswith(("<", "[")):
        return False
    if first.startswith("{"):
        return len(lines) > 1 and lines[1].lstrip().startswith("{") and first.rstrip().endswith("}")
    if any(sign in text for sign in _SIGNS_OF_A_DOCUMENT) and not any(sign in first for sign in _DELIMITERS):
        return False
    return any(sign in line for line in lines[:LINES_ABOVE_A_HEADER] for sign in _DELIMITERS)


def begins_array(head: bytes) -> bool:
    """Whether a file that begins so is one JSON array of objects."""
    text = _decoded_head(head).lstrip("\ufeff \t\r\n")
    return text[:1] == "[" and text[1:].lstrip()[:1] in {"{", "]"}


def open_table(file: BinaryIO, *, count_known: CountKnown) -> Table:
    """Begin to read a file, which must be seekable.

    :param count_known: tells the row that names the columns from the lines of title above it
    :raises UnreadablePage: it is neither a table, JSON lines nor JSON; reading on may raise it too
    """
    encoding = find_encoding(file)
    text = io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")
    first = _first_character(text)
    if first == "{" and looks_like_table(_head_of(file, text)):
        return _of_objects(_json_lines(text), text)
    if first == "[":
        return _of_objects(_array_items(text), text)
    if first == "{":
        return _of_objects(_json_items(load_json(text.read())), text)
    return _of_cells(text, count_known)


def find_encoding(file: BinaryIO) -> str:
    """The encoding of a text file: what its mark says, else UTF-8 if all of it is, else Windows-1252."""
    file.seek(0)
    head = file.read(4)
    marked = next((name for mark, name in _BYTE_ORDER_MARKS if head.startswith(mark)), None)
    file.seek(0)
    encoding = marked or ("utf-8" if _is_utf8(file) else "cp1252")
    file.seek(0)
    return encoding


def _is_utf8(file: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := file.read(1 << 20):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _decoded_head(head: bytes) -> str:
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if head.startswith(mark)), "utf-8")
    return head.decode(encoding, errors="replace")


def _first_character(text: io.TextIOWrapper) -> str:
    head = text.read(MAX_CELL_CHARACTERS).lstrip()
    text.seek(0)
    return head[:1]


def _head_of(file: BinaryIO, text: io.TextIOWrapper) -> bytes:
    file.seek(0)
    head = file.read(HEAD_BYTES)
    text.seek(0)
    return head


def _json_lines(text: Iterable[str]) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text, start=1):
        if not line.strip():
            continue
        if len(line) > MAX_CELL_CHARACTERS * 10:
            raise UnreadablePage(f"Line {number} is too long.")
        try:
            yield number, json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UnreadablePage(f"Line {number} is not valid JSON.") from error


def _array_items(text: io.TextIOWrapper) -> Iterator[tuple[int, Any]]:
    """The items of one JSON array, however long it is, with their place in it; only one is held at a time."""
    decoder = json.JSONDecoder()
    held = text.read(READ_CHARACTERS).lstrip("\ufeff \t\r\n")[1:]
    at, place, is_at_end = 0, 1, False
    while True:
        between = _BETWEEN_ITEMS.match(held, at)
        at = between.end() if between else at
        if held.startswith("]", at):
            return
        try:
            item, at = decoder.raw_decode(held, at)
        except (ValueError, RecursionError) as error:
            if is_at_end or len(held) - at > MAX_CELL_CHARACTERS * 10:
                raise UnreadablePage(f"Item {place} of the file is not valid JSON.") from error
            more = text.read(READ_CHARACTERS)
            held, at, is_at_end = held[at:] + more, 0, not more
            continue
        yield place, item
        place += 1


def _json_items(document: Any) -> Iterator[tuple[int, Any]]:
    found = document
    for _ in range(3):  # {"data": {"results": [...]}}
        if isinstance(found, dict):
            found = next((found[key] for key in _LIST_KEYS if isinstance(found.get(key), list | dict)), [found])
    yield from enumerate(found if isinstance(found, list) else [], start=1)


def _of_objects(items: Iterator[tuple[int, Any]], text: io.TextIOWrapper) -> Table:
    rows = ((number, flat(item)) for number, item in items if isinstance(item, dict))
    first = list(islice(rows, SAMPLE_ROWS))
    columns = dict.fromkeys(name for _, row in first for name in row)
    return Table(tuple(columns)[:MAX_COLUMNS], tuple(row for _, row in first), chain(first, rows), text)


def flat(item: Mapping[str, Any]) -> Row:
    """The object's own values, then those of the objects in it, as ``address.city``."""
    row = {str(key): value for key, value in item.items() if not isinstance(value, dict)}
    for key, value in item.items():
        if isinstance(value, dict):
            row |= {f"{key}.{name}": inner for name, inner in value.items() if not isinstance(inner, dict)}
    return row


def _of_cells(text: io.TextIOWrapper, count_known: CountKnown) -> Table:
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    reader = csv.reader(_short_enough(text), delimiter=_delimiter(text))
    above = list(islice(_cells(reader), LINES_ABOVE_A_HEADER))
    if not above:
        return Table((), (), iter(()), text)
    known = [count_known(cells) for _, cells in above]
    header = known.index(max(known))
    columns = _names(above[header][1])
    rows = (
        (number, dict(zip(columns, cells, strict=False)))
        for number, cells in chain(above[header + 1 :], _cells(reader))
        if any(cell.strip() for cell in cells)
    )
    first = list(islice(rows, SAMPLE_ROWS))
    return Table(columns, tuple(row for _, row in first), chain(first, rows), text)


def _delimiter(text: io.TextIOWrapper) -> str:
    """The sign that cuts the first lines into the most columns, and most of the lines into as many."""
    head = text.read(MAX_CELL_CHARACTERS + 1)
    text.seek(0)
    if len(head) > MAX_CELL_CHARACTERS and not {"\n", "\r"} & set(head):
        raise UnreadablePage("The first row of the table is too long to name columns.")
    head = head[: HEAD_BYTES // 4]
    return max(_DELIMITERS, key=lambda sign: _columns_cut_by(sign, head))


def _columns_cut_by(sign: str, head: str) -> int:
    lines = list(islice(csv.reader(io.StringIO(head, newline=""), delimiter=sign), LINES_ABOVE_A_HEADER))[:-1] or [
        head.split(sign)
    ]
    width, times = Counter(map(len, lines)).most_common(1)[0]
    return (width - 1) * times


def _short_enough(text: Iterable[str]) -> Iterator[str]:
    for line in text:
        if len(line) > MAX_CELL_CHARACTERS * 10:
            raise UnreadablePage("A row of the table is too long.")
        yield line.replace("\0", "")


def _cells(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Every row with the number of the line that it ends at."""
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise UnreadablePage(f"The table cannot be read beyond line {reader.line_num}.") from error


def _names(cells: Sequence[str]) -> tuple[str, ...]:
    """A name for every column: white space made single, empty ones counted, repeated ones told apart."""
    if len(cells) > MAX_COLUMNS:
        raise UnreadablePage("The first row of the table is too long to name columns.")
    names: list[str] = []
    for number, cell in enumerate(cells, start=1):
        name = " ".join(cell.split()) or f"column {number}"
        names.append(name if name not in names else f"{name} ({number})")
    return tuple(names)


def text_of_cell(value: Any) -> str | None:
    """A cell as text; ``None`` for what stands for "no value" in exports, and for lists and objects."""
    if value is None or isinstance(value, bool | dict | list):
        return None
    text = str(value).strip()
    return None if text.lower() in NO_VALUE else text
