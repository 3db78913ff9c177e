"""Judge again what a score was made from."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError

from aiqleads.core.commands import DataCommand
from leads import services
from leads.errors import NotReplayable
from leads.models import Score


class Command(DataCommand):
    help = "Judge again what a score was made from, by the policy of then, and say whether it comes out the same."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("score", type=UUID, help="the id of the score")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            replayed = services.replay(options["score"])
        except (Score.DoesNotExist, NotReplayable) as error:
            raise CommandError(str(error)) from error
        judged = replayed.judgement
        told = {
            "quality_score": judged.quality_score,
            "fraud_score": judged.fraud_score,
            "verdict": str(judged.verdict),
            "is_same": replayed.is_same,
            "fraud_evidence": [asdict(item) for item in judged.fraud],
        }
        self.stdout.write(json.dumps(told) if options["json"] else _in_words(told))
        if not replayed.is_same:
            raise CommandError("It came out otherwise than it was kept.")


def _in_words(told: dict[str, Any]) -> str:
    lines = [f"Quality {told['quality_score']}, fraud {told['fraud_score']}: {told['verdict']}."]
    lines += [f"  {item['points']:+d} {item['part']}: {item['says']}" for item in told["fraud_evidence"]]
    return "\n".join([*lines, "The same as was kept." if told["is_same"] else "Not what was kept."])
