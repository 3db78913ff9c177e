"""Show what a source's reader takes from one saved page or payload. Asks no database and no network."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from aiqleads.core.commands import text
from leads.confidence import field_confidence, field_places
from scraping.readers import READERS, PageReading, UnknownReader, UnreadablePage, read_page
from scraping.readers.published import published_reading, published_record, read_saved_file


class Command(BaseCommand):
    help = "Print what a source's reader takes from one saved page or payload."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a saved page, a JSON payload, or a table")
        parser.add_argument(
            "--source", type=text, required=True, metavar="SLUG", help=f"one of: {', '.join(sorted(READERS))}"
        )
        parser.add_argument(
            "--url", type=text, help="where the page came from; relative links are resolved against it"
        )
        parser.add_argument("--json", action="store_true", help="one JSON document and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            reading = read_page(options["source"], read_saved_file(options["file"]), options["url"])
        except (UnknownReader, UnreadablePage) as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["json"]:
            self.stdout.write(json.dumps(published_reading(reading), ensure_ascii=False))
        else:
            self._describe(reading)
            if reading.page == "rejected":  # in the document of --json that is an answer like the others
                raise CommandError(f"The page was rejected: {reading.reason}")

    def _describe(self, reading: PageReading) -> None:
        self.stdout.write(f"{reading.page}: {len(reading.records)} record(s)")
        if reading.reason and reading.page != "rejected":
            self.stdout.write(f"reason: {reading.reason}")
        for record in reading.records:
            self.stdout.write("")
            places, confidence = field_places(record), field_confidence(record)
            for name, value in published_record(record).items():
                if name != "lost" and value not in (None, []):
                    found = f"  ({places[name]}, {confidence[name]:.2f})" if name in places else ""
                    self.stdout.write(f"  {name}: {value}{found}")
            if record.lost_fields:
                self.stdout.write(f"  lost: {', '.join(sorted(record.lost_fields))}")
            if record.flags:
                self.stdout.write(f"  doubts: {', '.join(sorted(record.flags))}")
