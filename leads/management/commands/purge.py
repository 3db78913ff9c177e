"""Let go of what is kept no longer: of every table that has a rule, and of files."""

import json
from argparse import ArgumentParser
from typing import Any

from aiqleads.core import retention
from aiqleads.core.commands import DataCommand


class Command(DataCommand):
    help = "Let go of what is kept no longer. Safe to run at any hour: it works in short steps."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count what is due")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        counts = retention.purge(is_dry=options["dry_run"])
        if options["json"]:
            self.stdout.write(json.dumps(counts))
            return
        verb = "due" if options["dry_run"] else "gone"
        self.stdout.write(_in_words(counts, verb))


def _in_words(counts: dict[str, int], verb: str) -> str:
    told = ", ".join(f"{count} {what} {verb}" for what, count in counts.items() if count)
    return f"{told}." if told else f"Nothing is {verb}."
