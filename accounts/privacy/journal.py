"""The journal of erasures: a file beside the database, so that a restore brings nobody back.

A line per erasure: its id, when it began, keyed hashes of who it was, the ids of their leads. No value. The file is
kept apart from the database's backups (docs/operations/erasures.md); appending the same erasure twice is harmless.
"""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from accounts.privacy.people import Mark


class JournalUnreadable(Exception):
    """A line of the journal is none of ours: nothing was replayed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One erasure as the journal knows it; ``at`` is ISO 8601."""

    erasure_id: UUID
    at: str
    marks: tuple[Mark, ...]
    leads: tuple[UUID, ...]


def append(path: Path, entries: Iterable[Entry]) -> None:
    """Write entries behind what is there, and return when they have reached the disk."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lines = "".join(_line(entry) for entry in entries)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, lines.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _line(entry: Entry) -> str:
    told = {
        "erasure": str(entry.erasure_id),
        "at": entry.at,
        "marks": [[mark.kind, list(mark.hashes)] for mark in entry.marks],
        "leads": [str(lead) for lead in entry.leads],
    }
    return json.dumps(told, sort_keys=True) + "\n"


def read(path: Path) -> Iterator[Entry]:
    """Every entry, the oldest first; of a last line that was cut off by a crash, nothing.

    :raises JournalUnreadable: another line cannot be read
    """
    lines = path.read_text(encoding="utf-8").split("\n")
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        try:
            told = json.loads(line)
            marks = tuple(Mark(kind, tuple(hashes)) for kind, hashes in told["marks"])
            leads = tuple(UUID(lead) for lead in told["leads"])
            yield Entry(erasure_id=UUID(told["erasure"]), at=str(told["at"]), marks=marks, leads=leads)
        except (ValueError, KeyError, TypeError) as error:
            if number == len(lines):
                return
            raise JournalUnreadable(f"Line {number} of the journal cannot be read.") from error
