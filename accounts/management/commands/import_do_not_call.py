"""Bring a do-not-call list in: the national one, or a state's own."""

import json
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from accounts.errors import UnusableList
from accounts.services import do_not_call
from aiqleads.core.commands import DataCommand


class Command(DataCommand):
    help = "Bring a do-not-call list in, a number a line; once it is whole it takes the place of the one before."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--list", required=True, metavar="SLUG", help="federal, or a state's two letters: tx")
        parser.add_argument(
            "--as-of", required=True, type=date.fromisoformat, help="the list's own date, 2026-11-01"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON document")
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["list"].lower()
        state = "" if slug == "federal" else slug.upper()
        name = "National Do Not Call Registry" if not state else f"Do-not-call list of {state}"
        try:
            with options["file"].open(encoding="utf-8", errors="replace") as lines:
                edition = do_not_call.load_edition(
                    slug=slug,
                    name=name,
                    as_of=options["as_of"],
                    lines=do_not_call.lines_of(lines),
                    state_code=state,
                )
        except (OSError, UnusableList) as error:
            raise CommandError(str(error)) from error
        told = {"list": slug, "numbers": edition.numbers, "unreadable": edition.unreadable}
        words = f"{edition.numbers:,} numbers of {name} are in force; {edition.unreadable:,} lines were no number."
        self.stdout.write(json.dumps(told) if options["json"] else words)
