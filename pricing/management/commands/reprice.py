"""Price every active lead again."""

import json
from argparse import ArgumentParser
from typing import Any

from aiqleads.core.commands import DataCommand
from pricing import services


class Command(DataCommand):
    help = "Price every active lead again, with the policy and the demand of now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        changed = services.reprice_all()
        self.stdout.write(json.dumps({"changed": changed}) if options["json"] else f"{changed} prices changed.")
