"""Let go of what is kept no longer: contacts of leads that nobody bought, and what old adverts said."""

import json
from argparse import ArgumentParser
from typing import Any

from aiqleads.core.commands import DataCommand
from leads import retention


class Command(DataCommand):
    help = "Let go of personal data whose time is over. Safe to run at any hour: it works in short steps."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count what is due")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        counts = retention.purge(is_dry=options["dry_run"])
        if options["json"]:
            self.stdout.write(json.dumps(counts))
            return
        verb = "due" if options["dry_run"] else "gone"
        self.stdout.write(", ".join(f"{count} {what} {verb}" for what, count in counts.items()) + ".")
