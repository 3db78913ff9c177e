"""Files that operators bring: stored and looked at first, read in the background, then deleted.

What a file says of people is never logged: a report counts rows and names lines and reasons. The file itself lies
in the media folder until it was read, was dropped, or is a day old.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, BinaryIO, Final, cast
from uuid import UUID

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db.models import Q, QuerySet

from accounts.privacy.people import Person
from accounts.privacy.texts import mentions
from aiqleads.core import audit, clock, transactions, uploads
from leads.foresight import Foresight
from leads.ingest import Ingested
from leads.models import Kind, Source
from leads.records import ListingRecord
from scraping.drift import FieldWatch
from scraping.errors import FileRefused
from scraping.foreseeing import Foreseen, Foreseer, as_json, count_rows
from scraping.importing import Tally, import_batches, kind_hint_of, open_file, read_record
from scraping.mappings import choose_mapping, keep_mapping
from scraping.models import STALE_AFTER, FileImport, RejectedRow
from scraping.readers.mapping import TableMapping, UnusableMapping
from scraping.readers.page import UnreadablePage
from scraping.readers.rows import NOTHING_KNOWN
from scraping.readers.tables import HEAD_BYTES, Table, begins_array, looks_like_table

MAX_UPLOAD_BYTES: Final = 300 * 1024 * 1024
MAX_REJECTS_KEPT: Final = 10_000
KEPT_FOR: Final = timedelta(days=1)
PREVIEW_ROWS: Final = 10
PIECE_BYTES: Final = 1_000_000
LONGEST_VALUE_BYTES: Final = 4_000
"""What stands across the end of a piece is read once more with the next."""
NAMED_SOMEBODY: Final = "It named somebody who had their data deleted. Bring the rest again."
COUNTED_AT_ONCE: Final = 300
"""A file of no more rows needs no worker to tell what it would become."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewRow:
    """One of a file's first rows, as it stands there and as it would be read; None where it says nothing."""

    line: int
    record: ListingRecord | None
    foresight: Foresight

    @property
    def kind(self) -> str:
        """What kind of lead it is, in words; "" for none."""
        return str(Kind(self.record.kind).label) if self.record and self.record.kind else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a file would become: its columns with a sample of each, those that nothing reads, and its first rows."""

    columns: tuple[tuple[str, str], ...]
    unread: tuple[str, ...]
    rows: tuple[PreviewRow, ...]


def stage_file(*, source: Source, file: "File[bytes]", file_name: str, actor_id: int) -> FileImport:
    """Store a file and guess what its columns mean; nothing is read in yet.

    :raises FileRefused: too large, no table, or no column of it is known
    """
    if not file.size or file.size > MAX_UPLOAD_BYTES:
        limit = MAX_UPLOAD_BYTES // 1024 // 1024
        raise FileRefused(
            "The file is empty." if not file.size else f"The file is larger than {limit} MB.", field="file"
        )
    head = file.read(HEAD_BYTES)
    if uploads.is_binary(head):
        raise FileRefused("The file is binary; save it as CSV, JSON lines or a JSON array.", field="file")
    if not looks_like_table(head) and not begins_array(head):
        raise FileRefused("The file is neither a table, JSON lines nor a JSON array.", field="file")
    stored_as = default_storage.save(uploads.opaque_name("imports"), file)
    try:
        with _opened(stored_as) as (_, table):
            chosen = choose_mapping(source, table)
        if not chosen.mapping.columns:
            raise FileRefused(NOTHING_KNOWN, field="file")
    except (FileRefused, UnreadablePage) as refusal:
        default_storage.delete(stored_as)
        raise refusal if isinstance(refusal, FileRefused) else FileRefused(str(refusal), field="file") from refusal
    return _note_staged(
        source=source,
        mapping=chosen.kept,
        mapping_document=chosen.mapping.as_json(),
        file_name=file_name[:120],
        size_bytes=file.size,
        stored_as=stored_as,
        actor_id=actor_id,
    )


@transactions.write
def _note_staged(*, actor_id: int, **columns: Any) -> FileImport:
    staged = FileImport.objects.create(**columns)
    audit.record(actor_id=actor_id, action="file.uploaded", subject=staged, source=staged.source_id)
    return staged


class _opened:  # noqa: N801  (a context manager)
    """The stored file and its table, closed together."""

    def __init__(self, stored_as: str) -> None:
        self.file = default_storage.open(stored_as, "rb")

    def __enter__(self) -> tuple[BinaryIO, Table]:
        raw = cast("BinaryIO", self.file.file)
        self.table = open_file(raw)
        return raw, self.table

    def __exit__(self, *_: object) -> None:
        self.file.close()


def preview(staged: FileImport, *, mapping: TableMapping | None = None) -> Preview:
    """A file's first rows as they would be read.

    :param mapping: another one than the import's own, to try
    :raises UnreadablePage: the file cannot be read
    """
    mapping = mapping or TableMapping.from_json(staged.mapping_document)
    hint, foreseer = kind_hint_of(staged.source, mapping), Foreseer(staged, mapping)
    with _opened(staged.stored_as) as (_, table):
        first = list(islice(table.rows, PREVIEW_ROWS))
        samples = tuple((column, _sample(table, column)) for column in table.columns)
    rows = tuple(
        PreviewRow(line=line, record=read_record(mapping, row, kind_hint=hint), foresight=foreseer.of(row))
        for line, row in first
    )
    unread = tuple(column for column, _ in samples if column not in mapping.columns)
    return Preview(columns=samples, unread=unread, rows=rows)


def _sample(table: Table, column: str) -> str:
    return next((str(row[column])[:60] for row in table.sample if str(row.get(column) or "").strip()), "")


def count_ahead(*, import_id: UUID, at_most_rows: int | None = None) -> bool:
    """Count what the rows of a file that waits would become; return whether all of them were counted.

    What was counted so far is kept as it goes. It stops where the file no longer waits or is mapped otherwise.

    :param at_most_rows: after which it gives up, so that a page does not wait for a large file
    """
    staged = FileImport.objects.select_related("source").get(pk=import_id)
    if staged.state != FileImport.State.WAITING:
        return True
    foreseer = Foreseer(staged, TableMapping.from_json(staged.mapping_document))
    already = staged.foreseen["rows"] if staged.foreseen else 0
    with _opened(staged.stored_as) as (_, table):
        for counted in count_rows(foreseer, table, at_most_rows=at_most_rows):
            is_news = counted.is_whole or counted.rows > already
            if is_news and not _note_foreseen(staged, counted):
                return True
    return counted.is_whole


def _note_foreseen(staged: FileImport, counted: Foreseen) -> bool:
    """Whether it is still wanted."""
    same = FileImport.objects.filter(
        pk=staged.pk, state=FileImport.State.WAITING, mapping_document=staged.mapping_document
    )
    return bool(same.update(foreseen=as_json(counted)))


@transactions.write
def set_mapping(*, import_id: UUID, mapping: TableMapping, actor_id: int) -> FileImport:
    """Let a file that waits be read by another mapping.

    :raises FileRefused: it does not wait any more, or the mapping reads nothing
    """
    staged = _locked(import_id, FileImport.State.WAITING)
    try:
        document = TableMapping.from_json(mapping.as_json()).as_json()
    except UnusableMapping as error:
        raise FileRefused(str(error)) from error
    if not mapping.columns:
        raise FileRefused("Say what at least one column means.")
    staged.mapping, staged.mapping_document, staged.foreseen = None, document, None
    staged.save(update_fields=["mapping", "mapping_document", "foreseen"])
    audit.record(actor_id=actor_id, action="file.mapped", subject=staged)
    return staged


def request_import(*, import_id: UUID, mapping_name: str, actor_id: int) -> FileImport:
    """Have a file read in, and keep its mapping under a name for the next of its kind.

    Whoever calls this tells the worker after it.

    :raises FileRefused: it does not wait any more
    """
    staged = FileImport.objects.select_related("source", "mapping").get(pk=import_id)
    kept = staged.mapping or keep_mapping(
        source=staged.source,
        name=mapping_name,
        mapping=TableMapping.from_json(staged.mapping_document),
        actor_id=actor_id,
    )
    return _queue(import_id=import_id, mapping_id=kept.pk, actor_id=actor_id)


@transactions.write
def _queue(*, import_id: UUID, mapping_id: UUID, actor_id: int) -> FileImport:
    staged = _locked(import_id, FileImport.State.WAITING)
    staged.state, staged.mapping_id = FileImport.State.QUEUED, mapping_id
    staged.save(update_fields=["state", "mapping"])
    audit.record(actor_id=actor_id, action="file.queued", subject=staged)
    return staged


def _locked(import_id: UUID, state: FileImport.State) -> FileImport:
    staged = FileImport.objects.select_for_update().get(pk=import_id)
    if staged.state != state:
        raise FileRefused("This file is being read, was read, or was dropped.")
    return staged


def run_import(*, import_id: UUID) -> FileImport | None:
    """Read a queued file in. Again after a kill, it begins anew: what is in already is only seen again.

    :return: None where it is not queued, or another process reads it
    """
    running = _begin(import_id=import_id)
    if running is None:
        return None
    mapping = TableMapping.from_json(running.mapping_document)
    try:
        with _opened(running.stored_as) as (raw, table):
            fields = FieldWatch({})
            batches = import_batches(source=running.source, table=table, mapping=mapping, fields=fields)
            is_whole = _count_all(running, raw, batches, fields)
    except UnreadablePage as refusal:
        return _end(running, FileImport.State.FAILED, reason=str(refusal))
    return _end(running, FileImport.State.FINISHED if is_whole else FileImport.State.DROPPED)


@transactions.write
def _begin(*, import_id: UUID) -> FileImport | None:
    is_silent = Q(state=FileImport.State.RUNNING, heartbeat_at__lt=clock.now() - STALE_AFTER)
    waiting = FileImport.objects.filter(Q(state=FileImport.State.QUEUED) | is_silent, pk=import_id)
    running = waiting.select_for_update(of=("self",)).select_related("source").first()
    if running is None:
        return None
    running.rejected_rows.all().delete()
    running.state, running.started_at, running.heartbeat_at = FileImport.State.RUNNING, clock.now(), clock.now()
    running.save(update_fields=["state", "started_at", "heartbeat_at"])
    return running


def _count_all(
    running: FileImport, raw: BinaryIO, batches: Iterator[list[tuple[int, Ingested]]], fields: FieldWatch
) -> bool:
    """Count batch by batch; return False where an operator dropped the file meanwhile."""
    tally, kept = Tally(), 0
    for batch in batches:
        for _, ingested in batch:
            tally.add(ingested)
        rejects = [(line, ingested.reason) for line, ingested in batch if ingested.reason]
        rejects = rejects[: MAX_REJECTS_KEPT - kept]
        kept += len(rejects)
        RejectedRow.objects.bulk_create(
            RejectedRow(file_import=running, line=line, reason=reason[:200]) for line, reason in rejects
        )
        if not _note(running, tally, raw.tell(), fields):
            return False
    return True


def _note(running: FileImport, tally: Tally, read_bytes: int, fields: FieldWatch) -> bool:
    counts = {f"{outcome}_count": tally.outcomes[outcome] for outcome in ("new", "changed", "seen", "rejected")}
    still = FileImport.objects.filter(pk=running.pk, state=FileImport.State.RUNNING)
    return bool(
        still.update(
            **counts,
            read_count=tally.read_count,
            read_bytes=min(read_bytes, running.size_bytes),
            rejected_reasons=dict(tally.reasons),
            fields_read={name: share.counts for name, share in fields.shares.items()},
            heartbeat_at=clock.Now(),
        )
    )


def _end(running: FileImport, state: FileImport.State, *, reason: str = "") -> FileImport:
    FileImport.objects.filter(pk=running.pk).update(
        state=state, reason=reason[:300], stored_as="", finished_at=clock.Now()
    )
    default_storage.delete(running.stored_as)
    running.refresh_from_db()
    return running


@transactions.write
def drop_file(*, import_id: UUID, actor_id: int | None) -> FileImport:
    """Delete a file that nobody wants read any more; what was read of it stays.

    :raises FileRefused: it was read or dropped already
    """
    staged = FileImport.objects.select_for_update().get(pk=import_id)
    if not staged.stored_as:
        raise FileRefused("This file was read or dropped already.")
    is_running = staged.state == FileImport.State.RUNNING
    staged.state, stored_as = FileImport.State.DROPPED, staged.stored_as
    staged.finished_at = clock.now()
    staged.stored_as = staged.stored_as if is_running else ""  # whoever reads it deletes it
    staged.save(update_fields=["state", "finished_at", "stored_as"])
    audit.record(actor_id=actor_id, action="file.dropped", subject=staged)
    if not is_running:
        default_storage.delete(stored_as)
    return staged


def drop_old_files() -> int:
    """Drop what waited for ``KEPT_FOR``; return how many. Safe to run twice."""
    ids = list(waiting_since(clock.now() - KEPT_FOR))
    for import_id in ids:
        drop_file(import_id=import_id, actor_id=None)
    return len(ids)


def waiting_since(before: datetime) -> Iterator[UUID]:
    """Files that were brought before a moment, and that nobody had read in yet."""
    return iter(_waiting().filter(uploaded_at__lt=before).values_list("pk", flat=True))


def drop_mentioning(person: Person) -> int:
    """Drop every file that waits and names somebody, read in memory a piece at a time; return how many.

    Nobody looked at what it holds yet: its rows about others can be brought again.
    """
    return sum(_drop_file(staged, reason=NAMED_SOMEBODY) for staged in _waiting() if _names(staged, person))


def _waiting() -> QuerySet[FileImport]:
    return FileImport.objects.filter(state=FileImport.State.WAITING).exclude(stored_as="")


def _names(staged: FileImport, person: Person) -> bool:
    with default_storage.open(staged.stored_as, "rb") as kept:
        before = b""
        while piece := kept.read(PIECE_BYTES):
            if mentions(before + piece, person):
                return True
            before = piece[-LONGEST_VALUE_BYTES:]
    return False


def _drop_file(staged: FileImport, *, reason: str) -> bool:
    """The file goes before its row forgets where it lies, by which it is found again if this is killed here."""
    default_storage.delete(staged.stored_as)
    return _note_dropped(import_id=staged.pk, reason=reason)


@transactions.write
def _note_dropped(*, import_id: UUID, reason: str) -> bool:
    waiting = FileImport.objects.filter(pk=import_id, state=FileImport.State.WAITING)
    return bool(
        waiting.update(
            state=FileImport.State.DROPPED, reason=reason, stored_as="", foreseen=None, finished_at=clock.now()
        )
    )
