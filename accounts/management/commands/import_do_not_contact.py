"""Bring a list of our own in of people who must not be contacted: e-mail addresses and numbers, one a line."""

import json
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from accounts.privacy.people import Person
from accounts.services import suppression
from aiqleads.core.commands import DataCommand


class Command(DataCommand):
    help = "Keep everybody of a list from being contacted; keyed hashes are kept, the list is not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document")
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with options["file"].open(encoding="utf-8", errors="replace") as lines:
                new = suppression.import_do_not_contact(_people(lines))
        except OSError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            json.dumps({"new": new}) if options["json"] else f"{new:,} are not contacted from now on."
        )


def _people(lines: Iterable[str]) -> Iterator[Person]:
    for line in lines:
        said = line.strip()
        if said:
            yield Person.of(emails=[said]) if "@" in said else Person.of(phones=[said])
