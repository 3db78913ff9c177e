"""Bring a saved page, payload or table of a known source in through the same door as a crawl."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from aiqleads.core.commands import DataCommand, text
from leads import services
from leads.models import Source
from scraping.readers import PageReading, UnknownReader, UnreadablePage, read_page
from scraping.readers.published import read_saved_file

OUTCOMES = ("new", "changed", "seen", "rejected")


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
        try:
            reading = read_page(source.reader, read_saved_file(options["file"]), options["url"])
        except (UnknownReader, UnreadablePage) as refusal:
            raise CommandError(str(refusal)) from refusal
        if reading.page == "rejected" and not reading.records:
            raise CommandError(reading.reason)
        outcomes, reasons = _ingest(source, reading)
        if options["json"]:
            report = {
                "source": source.slug,
                "page": reading.page,
                "reason": reading.reason,
                "read": outcomes.total(),
            }
            counts = {outcome: outcomes[outcome] for outcome in OUTCOMES}
            self.stdout.write(json.dumps({**report, **counts, "reasons": dict(reasons)}, ensure_ascii=False))
            return
        self.stdout.write(f"{source.name}: {outcomes.total()} record(s) read from a {reading.page} page")
        for outcome in OUTCOMES:
            self.stdout.write(f"  {outcome}: {outcomes[outcome]}")
        for reason, count in reasons.most_common():
            self.stdout.write(f"    {count} × {reason}")
        if reading.reason:
            self.stdout.write(f"  {reading.reason}")


def _get_source(slug: str) -> Source:
    try:
        return Source.objects.get(slug=slug)
    except Source.DoesNotExist as error:
        known = ", ".join(Source.objects.order_by("slug").values_list("slug", flat=True)) or "none yet"
        raise CommandError(f"There is no source called {slug!r}. Known sources: {known}.") from error


def _ingest(source: Source, reading: PageReading) -> tuple[Counter[str], Counter[str]]:
    """Each record is a transaction of its own: one bad row does not lose the rest."""
    outcomes: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for record in reading.records:
        ingested = services.ingest(record=record, source=source, crawl_run_id=None)
        outcomes[ingested.outcome] += 1
        if ingested.reason:
            reasons[ingested.reason] += 1
    return outcomes, reasons
