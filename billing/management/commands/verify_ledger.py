"""Whether the books are right."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from aiqleads.core.commands import DataCommand
from billing import books
from billing.invariants import INVARIANTS, Finding


class Command(DataCommand):
    help = "Look at the whole ledger for what does not hold, and where. Exit 1 if something is wrong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON document and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        found = books.verify()
        self.stdout.write(_document(found) if options["json"] else _told(found))
        if found:
            raise SystemExit(1)


def _document(found: list[Finding]) -> str:
    broken = [asdict(finding) for finding in found]
    return json.dumps({"is_right": not found, "invariants": len(INVARIANTS), "broken": broken})


def _told(found: list[Finding]) -> str:
    wrong = {finding.name: finding for finding in found}
    lines = []
    for invariant in INVARIANTS:
        finding = wrong.get(invariant.name)
        lines.append(f"{'holds ' if finding is None else 'BROKEN'}  {invariant.says}")
        if finding:
            lines.append(f"        {finding.count} times: {', '.join(finding.places)}")
    lines.append("The books are wrong." if found else f"The books are right: {len(INVARIANTS)} invariants hold.")
    return "\n".join(lines)
