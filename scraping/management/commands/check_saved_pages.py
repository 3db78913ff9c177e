"""Read every saved page again and name what changed. For operators, for CI, and after a change of a reader."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from aiqleads.core.commands import DataCommand
from scraping import saved_pages


class Command(DataCommand):
    help = "Read every saved page again. Exit code 1, naming page and field, where one reads otherwise."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        checked = list(saved_pages.check_all())
        changes = [(page, change) for page, found in checked for change in found]
        if options["json"]:
            told = [{"source": page.source_id, "page": page.name, "field": one.field} for page, one in changes]
            self.stdout.write(json.dumps({"pages": len(checked), "changes": told}))
        else:
            for page, change in changes:
                self.stdout.write(f"{page.source_id} / {page.name}: {change.field} changed.")
            self.stdout.write(f"{len(checked)} saved page(s) read, {len(changes)} field(s) changed.")
        if changes:
            page, change = changes[0]
            raise CommandError(f"{page.source_id} / {page.name}: {change.field} changed.")
