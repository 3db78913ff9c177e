"""Ask each provider with a key whether it still serves the models of our routes."""

import json
from typing import Any

from ai import model_lists
from aiqleads.core.commands import DataCommand


class Command(DataCommand):
    help = "Asks each provider with a key for its models, and opens an alert for routed ones that are missing."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        looked = model_lists.check_models()
        if options["json"]:
            found = [{"key": finding.key, "says": finding.says} for finding in looked.findings]
            self.stdout.write(json.dumps({"listed": dict(looked.listed), "findings": found}, indent=2))
            return
        if not looked.listed:
            self.stdout.write("No provider has a key: the local model answers everything.")
        for name, count in sorted(looked.listed.items()):
            self.stdout.write(f"{name}: {'did not say' if count is None else f'{count} models'}")
        for finding in looked.findings:
            self.stdout.write(finding.says)
