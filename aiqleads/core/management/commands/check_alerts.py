"""What an operator has to look at."""

import json
from argparse import ArgumentParser
from typing import Any

from aiqleads.core import alerts
from aiqleads.core.commands import DataCommand


class Command(DataCommand):
    help = "Ask every watch what is wrong, close what is over, and print the alerts that are open."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON document and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        opened = list(alerts.check_all())
        if options["json"]:
            rows = [
                {"key": alert.key, "says": alert.says, "opened_at": alert.opened_at.isoformat()} for alert in opened
            ]
            self.stdout.write(json.dumps({"open": rows}, ensure_ascii=False))
            return
        self.stdout.write(f"{len(opened)} open" if opened else "Nothing is wrong.")
        for alert in opened:
            self.stdout.write(f"  {alert.opened_at:%Y-%m-%d %H:%M} {alert.says}")
