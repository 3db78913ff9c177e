"""State deletion lists: who asked all data brokers at once to be deleted (Cal. Civ. Code § 1798.99.86).

A list holds values, or hashes of values that anybody could make. Plain values are looked up by our keyed hashes.
Hashes are compared with those of our own values, decrypted a batch at a time and hashed in memory: none is stored.
"""

import csv
import hashlib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import IO, Final
from uuid import UUID

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Max, Min

from accounts.errors import UnusableList
from accounts.models import DeletionList, Organisation, Suppression
from accounts.privacy import values
from accounts.privacy.people import Person
from accounts.services import erasures
from accounts.services.suppression import suppress_all
from aiqleads.core import audit, clock, transactions, uploads
from aiqleads.core.alerts import Finding
from aiqleads.core.errands import Errand

AREA: Final = "deletion_list.late"
_FOLLOWING: Final = Errand("deletion_lists")
DUE_EVERY: Final = timedelta(days=45)
ALERT_AFTER: Final = timedelta(days=40)
PACKED: Final = (b"PK", b"%PDF", b"\x1f\x8b", b"\xd0\xcf\x11\xe0")
"""How archives, PDFs and spreadsheets begin."""
MOST_CELL_CHARACTERS: Final = 10_000
AT_ONCE: Final = 100_000
"""So many rows of a list are in memory at a time."""
KEPT_OUT_AT_ONCE: Final = 2_000
"""People in one transaction, a second."""
PLAIN: Final = {"email": "email", "e-mail": "email", "phone": "phone", "telephone": "phone"}
HASHED: Final = {
    "email_sha256": "email", "email_hash": "email", "phone_sha256": "phone", "phone_hash": "phone",
}  # fmt: skip


@dataclass(slots=True)
class _Batch:
    """Rows of a list on their way: what is looked for, by kind."""

    rows: int = 0
    unreadable: int = 0
    people: list[Person] = field(default_factory=list)
    hashes: dict[str, set[bytes]] = field(default_factory=lambda: {"email": set(), "phone": set()})


def bring_list(
    *, file: "File[bytes]", file_name: str, state_code: str, actor_id: int | None = None
) -> DeletionList:
    """Keep a list until it is followed.

    :raises UnusableList: it is no text or no table from its beginning to its end, or has no column that we know
    """
    stored_as = default_storage.save(uploads.opaque_name("deletion-lists"), file)
    try:
        with default_storage.open(stored_as, "rb") as kept:
            _require_table(kept)
        return _bring(stored_as=stored_as, file_name=file_name, state_code=state_code, actor_id=actor_id)
    except BaseException:
        default_storage.delete(stored_as)
        raise


@transactions.write
def _bring(*, stored_as: str, file_name: str, state_code: str, actor_id: int | None) -> DeletionList:
    brought = DeletionList.objects.create(state_code=state_code, file_name=file_name[:120], stored_as=stored_as)
    audit.record(actor_id=actor_id, action="deletion_list.brought", subject=brought, state=state_code)
    return brought


def follow_lists() -> list[DeletionList]:
    """Follow every list that waits, the oldest first. Safe to run again: whoever is erased is not found twice."""
    waiting = DeletionList.objects.filter(state=DeletionList.State.WAITING).order_by("brought_at", "pk")
    return [follow_list(list_id=pk) for pk in waiting.values_list("pk", flat=True)]


def follow_list(*, list_id: UUID) -> DeletionList:
    """Erase everybody of a list whom we hold data of, and keep everybody out whose plain values it names.

    :raises DeletionList.DoesNotExist: there is none such
    """
    brought = DeletionList.objects.get(pk=list_id)
    if brought.state != DeletionList.State.WAITING:
        return brought
    rows = matched = unreadable = begun = 0
    with default_storage.open(brought.stored_as, "rb") as kept:
        for batch in _batches(kept):
            found = [*_plain_matches(batch), *_hashed_matches(batch)]
            for person in found:
                erasures.erase_person(person, why=Suppression.Why.DELETION_LIST, deletion_list_id=list_id)
            rows, unreadable = rows + batch.rows, unreadable + batch.unreadable
            matched, begun = matched + len(found), begun + len(found)
    _close(
        list_id=list_id,
        counts={"rows": rows, "matched": matched, "unreadable": unreadable, "erasures": begun},
    )
    default_storage.delete(brought.stored_as)
    return DeletionList.objects.get(pk=list_id)


@transactions.write
def _close(*, list_id: UUID, counts: Mapping[str, int]) -> None:
    unmatched = counts["rows"] - counts["matched"] - counts["unreadable"]
    DeletionList.objects.filter(pk=list_id, state=DeletionList.State.WAITING).update(
        **counts,
        unmatched=max(unmatched, 0),
        state=DeletionList.State.FOLLOWED,
        followed_at=clock.Now(),
        stored_as="",
    )
    audit.record(actor_id=None, action="deletion_list.followed", subject=DeletionList(pk=list_id), **counts)


def _require_table(kept: IO[bytes]) -> None:
    """A list that breaks off half-way would keep those behind it waiting, past the law's clock.

    :raises UnusableList: some line cannot be read as a row
    """
    rows = _rows(kept)
    _columns_of(next(rows, []))
    for _ in rows:
        pass


def _rows(kept: IO[bytes]) -> Iterator[list[str]]:
    """Its rows. How long a cell ``csv`` takes is one number for the whole process, which others raise.

    :raises UnusableList: some line cannot be read as a row
    """
    rows = csv.reader(_text(kept))
    try:
        for row in rows:
            if any(len(cell) > MOST_CELL_CHARACTERS for cell in row):
                raise csv.Error
            yield row
    except csv.Error as error:
        raise UnusableList(f"Line {rows.line_num:,} of the file is no row of a CSV.", field="file") from error


def _text(kept: IO[bytes]) -> Iterator[str]:
    """Its lines. :raises UnusableList: it is binary, or text of another coding than UTF-8"""
    for number, line in enumerate(kept):
        if b"\0" in line or (number == 0 and line.startswith((BOM_UTF16_LE, BOM_UTF16_BE, *PACKED))):
            raise UnusableList("The file is binary; save it as CSV in UTF-8.", field="file")
        yield line.decode("utf-8-sig" if number == 0 else "utf-8", "replace")


def _columns_of(header: Sequence[str]) -> list[tuple[str, str]]:
    """Of each column what it is: (plain or hashed, kind); what we do not know is ("", "").

    :raises UnusableList: none of them is known
    """
    names = [name.strip().casefold() for name in header]
    columns = [
        ("plain", PLAIN[name]) if name in PLAIN else ("hashed", HASHED[name]) if name in HASHED
        else ("plain", name) if name in {"name", "address"} else ("", "")
        for name in names
    ]  # fmt: skip
    if not any((how and what in {"email", "phone"}) or what == "address" for how, what in columns):
        raise UnusableList(
            "Name the columns email, phone, email_sha256, phone_sha256, or name and address.", field="file"
        )
    return columns


def _batches(kept: IO[bytes]) -> Iterator[_Batch]:
    rows = _rows(kept)
    columns = _columns_of(next(rows, []))
    while several := list(islice(rows, AT_ONCE)):
        batch = _Batch()
        for row in several:
            if any(cell.strip() for cell in row):
                batch.rows += 1
                batch.unreadable += not _take(batch, columns, row)
        yield batch


def _take(batch: _Batch, columns: Sequence[tuple[str, str]], row: Sequence[str]) -> bool:
    """Sort a row's cells in; whether any could be used."""
    plain: dict[str, list[str]] = {"email": [], "phone": [], "name": [], "address": []}
    is_hashed = False
    for (how, what), cell in zip(columns, row, strict=False):
        if how == "plain" and cell.strip():
            plain[what].append(cell)
        elif how == "hashed" and (digest := _digest(cell)):
            batch.hashes[what].add(digest)
            is_hashed = True
    person = Person.of(
        emails=plain["email"], phones=plain["phone"], names=plain["name"], addresses=plain["address"]
    )
    if person.is_known_by_something:
        batch.people.append(person)
        return True
    return is_hashed


def _digest(cell: str) -> bytes | None:
    try:
        digest = bytes.fromhex(cell.strip())
    except ValueError:
        return None
    return digest if len(digest) == 32 else None


def _plain_matches(batch: _Batch) -> list[Person]:
    """Those of a batch whom somebody holds data of; everybody else is kept out from now on."""
    known = values.known_among({one for person in batch.people for mark in person.marks() for one in mark.hashes})
    found: list[Person] = []
    others: list[Person] = []
    for person in batch.people:
        is_ours = any(one in known for mark in person.marks() for one in mark.hashes)
        (found if is_ours else others).append(person)
    for begin in range(0, len(others), KEPT_OUT_AT_ONCE):
        suppress_all(others[begin : begin + KEPT_OUT_AT_ONCE], Suppression.Why.DELETION_LIST)
    return found


def _hashed_matches(batch: _Batch) -> list[Person]:
    """People of ours whose values hash to one of a batch; each value once."""
    wanted = batch.hashes
    if not wanted["email"] and not wanted["phone"]:
        return []
    found: dict[tuple[str, str], Person] = {}
    for kind, value in values.everything():
        if (
            wanted[kind]
            and (kind, value) not in found
            and any(one in wanted[kind] for one in _hashes_of(kind, value))
        ):
            found[kind, value] = _named(kind, value)
    return list(found.values())


def _named(kind: str, value: str) -> Person:
    values_of = frozenset({value})
    return Person(emails=values_of) if kind == "email" else Person(phones=values_of)


def _hashes_of(kind: str, value: str) -> Iterable[bytes]:
    """As the states have it hashed: an e-mail in small letters; a number's ten digits, and with its country's."""
    spellings = (value,) if kind == "email" else (value[-10:], value, value.lstrip("+"))
    return (hashlib.sha256(spelling.encode()).digest() for spelling in spellings)


@transactions.write
def ask_to_follow(*, list_id: UUID, actor_id: int) -> None:
    """Have a worker follow the lists that wait, soon; without a broker the schedule does."""
    audit.record(actor_id=actor_id, action="deletion_list.asked_for", subject=DeletionList(pk=list_id))
    transaction.on_commit(_ask_worker, robust=True)


def _ask_worker() -> None:
    from accounts.tasks import follow_deletion_lists  # noqa: PLC0415  (tasks call this module)

    _FOLLOWING.ask(follow_deletion_lists.delay)


def next_due(brought: DeletionList) -> datetime | None:
    """By when another list of that state has to be followed; None unless this is the newest that was."""
    theirs = DeletionList.objects.filter(state_code=brought.state_code)
    newest = theirs.aggregate(last=Max("followed_at"))["last"]
    return newest + DUE_EVERY if newest and newest == brought.followed_at else None


def late() -> Iterator[Finding]:
    """No list was followed for 40 days: within 45 one has to be."""
    newest = DeletionList.objects.aggregate(last=Max("followed_at"))["last"]
    since = newest or Organisation.objects.aggregate(first=Min("created_at"))["first"]
    if since is not None and clock.now() - since > ALERT_AFTER:
        days = (clock.now() - since).days
        yield Finding(
            key=f"{AREA}:all",
            says=f"No state deletion list was followed for {days} days; the law allows {DUE_EVERY.days}.",
        )
