"""Bring a table, saved page or payload of a known source in through the same door as a crawl."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import CommandError

from aiqleads.core.commands import DataCommand, text
from leads import services
from leads.models import Source
from scraping.importing import OUTCOMES, Tally, import_rows, open_file
from scraping.mappings import choose_mapping
from scraping.readers import PageReading, UnknownReader, UnreadablePage, read_page
from scraping.readers.page import check_body
from scraping.readers.published import read_saved_file
from scraping.readers.rows import NOTHING_KNOWN
from scraping.readers.tables import HEAD_BYTES, looks_like_table


class Command(DataCommand):
    help = "Read a file of listings and take each through normalising, merging, checking and scoring."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="CSV, JSON, JSON lines, or a saved page")
        parser.add_argument(
            "--source", type=text, required=True, metavar="SLUG", help="the source that the file came from"
        )
        parser.add_argument("--url", type=text, help="where a saved page came from")
        parser.add_argument("--json", action="store_true", help="one JSON document and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        source = _get_source(options["source"])
        tally = Tally()
        try:
            with _opened(options["file"]) as (file, is_table):
                told = (
                    _import_table(source, file, tally)
                    if is_table
                    else _import_page(source, file.read(), options["url"], tally)
                )
        except (UnknownReader, UnreadablePage) as refusal:
            raise CommandError(_after(tally, str(refusal))) from refusal
        self._print({"source": source.slug, **told}, tally, source.name, is_json=options["json"])

    def _print(self, told: dict[str, Any], tally: Tally, name: str, *, is_json: bool) -> None:
        counts = {outcome: tally.outcomes[outcome] for outcome in OUTCOMES}
        if is_json:
            report = {**told, "read": tally.read_count, **counts, "reasons": dict(tally.reasons)}
            self.stdout.write(json.dumps(report, ensure_ascii=False))
            return
        self.stdout.write(f"{name}: {tally.read_count} record(s) read from a {told['page']} page")
        if told["mapping"]:
            self.stdout.write(f"  columns read as: {told['mapping']}")
        for outcome, count in counts.items():
            self.stdout.write(f"  {outcome}: {count}")
        for reason, count in tally.reasons.most_common():
            self.stdout.write(f"    {count} × {reason}")
        if told["reason"]:
            self.stdout.write(f"  {told['reason']}")


def _get_source(slug: str) -> Source:
    try:
        return Source.objects.get(slug=slug)
    except Source.DoesNotExist as error:
        known = ", ".join(Source.objects.order_by("slug").values_list("slug", flat=True)) or "none yet"
        raise CommandError(f"There is no source called {slug!r}. Known sources: {known}.") from error


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, bool]]:
    """The file, and whether it is a table, which is read as a stream however long it is; a page is read whole."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES) if file.seekable() else b""
            if looks_like_table(head) and not _is_binary(head):
                file.seek(0)
                yield file, True
                return
    except OSError as error:
        raise UnreadablePage(f"{path} cannot be read: {error.strerror}.") from error
    body = read_saved_file(path)
    yield BytesIO(body), looks_like_table(body[:HEAD_BYTES])


def _is_binary(head: bytes) -> bool:
    try:
        check_body(head)
    except UnreadablePage:
        return True
    return False


def _import_table(source: Source, file: BinaryIO, tally: Tally) -> dict[str, Any]:
    table = open_file(file)
    chosen = choose_mapping(source, table)
    if not chosen.mapping.columns:
        raise UnreadablePage(NOTHING_KNOWN)
    for _, ingested in import_rows(source=source, table=table, mapping=chosen.mapping):
        tally.add(ingested)
    return {"page": "feed", "reason": None, "mapping": str(chosen.kept) if chosen.kept else "a guess"}


def _import_page(source: Source, body: bytes, url: str | None, tally: Tally) -> dict[str, Any]:
    """Each record is a transaction of its own: one bad row does not lose the rest."""
    reading: PageReading = read_page(source.reader, body, url)
    if reading.page == "rejected" and not reading.records:
        raise CommandError(reading.reason)
    for record in reading.records:
        tally.add(services.ingest(record=record, source=source, crawl_run_id=None))
    return {"page": reading.page, "reason": reading.reason, "mapping": None}


def _after(tally: Tally, refusal: str) -> str:
    return f"{refusal} {tally.read_count} record(s) before it were brought in." if tally.read_count else refusal
