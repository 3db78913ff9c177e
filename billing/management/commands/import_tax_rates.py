"""Take in a table of tax rates."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from aiqleads.core.commands import DataCommand
from billing import services
from billing.errors import UnusableRates


class Command(DataCommand):
    help = "Take in tax rates: a CSV with country, region, percent, label, valid_from, valid_until [, postal_code]."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document")
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with options["file"].open(encoding="utf-8-sig", newline="") as file:
                taken = services.import_tax_rates(lines=file)
        except (OSError, UnicodeDecodeError, UnusableRates) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps({"rates": len(taken)}))
            return
        for rate in taken:
            place = " ".join(filter(None, (rate.country, rate.region or "(all)", rate.postal_prefix)))
            self.stdout.write(f"{place}: {rate} from {rate.valid_from}")
        self.stdout.write(f"{len(taken)} rate(s) taken in.")
