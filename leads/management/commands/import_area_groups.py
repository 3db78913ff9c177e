"""Take in which groups live in which areas, for the parity report alone."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from aiqleads.core.commands import DataCommand
from leads.errors import UnusableAreaGroups


class Command(DataCommand):
    help = "Replace the shares of groups by ZIP code with those of a census table; only parity reports read them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", type=Path, help="a CSV file: zip, and a column for each group; with “total” they are counts"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        from leads.scoring import parity  # noqa: PLC0415  (numpy: every other command starts without it)

        try:
            shares = parity.read_shares(options["file"])
            areas = parity.replace_shares(shares=shares)
        except (OSError, UnicodeDecodeError, UnusableAreaGroups) as refusal:
            raise CommandError(str(refusal)) from refusal
        groups = sorted({group for told in shares.values() for group in told})
        told = {"areas": areas, "groups": groups}
        said = f"Shares of {len(groups)} groups in {areas:,} areas are known now: {', '.join(groups)}."
        self.stdout.write(json.dumps(told) if options["json"] else said)
