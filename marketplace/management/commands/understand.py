"""What a search is understood to mean, without searching."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from aiqleads.core.commands import text
from marketplace.understanding import Understanding, understand


class Command(BaseCommand):
    help = 'Print what a search is understood to mean: understand "2 bed condo near UT Austin under 400k".'

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("words", type=text, metavar="WORDS")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        understood = understand(options["words"])
        self.stdout.write(json.dumps(understood.document()) if options["json"] else _in_lines(understood))


def _in_lines(understood: Understanding) -> str:
    document = understood.document()
    lines = [f"{name}: {_in_words(value)}" for name, value in document.items() if value not in ("", None, False)]
    return "\n".join(lines) or "Nothing was understood."


def _in_words(value: Any) -> str:
    if value is True:
        return "yes: homes are not chosen by the people who live there"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
