"""Whether the audit trail is as it was written."""

import json
import re
from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import asdict
from typing import Any

from aiqleads.core import sealing
from aiqleads.core.commands import DataCommand


def _sha256(argument: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", argument):
        raise ArgumentTypeError("a head is 64 hex digits, as the log tells it")
    return argument


class Command(DataCommand):
    help = "Look for entries of the audit trail that were changed, removed or added, and for seals that are gone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON document and nothing else")
        parser.add_argument("--head", type=_sha256, help="a head from the log that the chain must hold")

    def handle(self, *args: Any, **options: Any) -> None:
        verdict = sealing.verify(head=options["head"] or "")
        self.stdout.write(json.dumps(asdict(verdict)) if options["json"] else _told(verdict))
        if verdict.faults:
            raise SystemExit(1)


def _told(verdict: sealing.Verdict) -> str:
    lines = [
        f"{verdict.rows:,} entries under {verdict.seals:,} seals, {verdict.unsealed:,} not sealed yet",
        f"Head: {verdict.head or 'none'}",
        *(f"  {fault.first_number} to {fault.last_number}: {fault.says}" for fault in verdict.faults),
        "Not as it was written." if verdict.faults else "As it was written.",
    ]
    return "\n".join(lines)
