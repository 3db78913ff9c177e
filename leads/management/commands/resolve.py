"""Tell which rows of a table are one home or one person. Asks no database and no network."""

from __future__ import annotations

import csv
import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from aiqleads.core.commands import text
from leads.resolution.columns import UnknownColumn, parse_assignments
from leads.resolution.resolving import Resolution, resolve
from leads.resolution.table import read_table


class Command(BaseCommand):
    help = "Entity resolution over a table of homes, people or firms: which rows are one."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a CSV file, with or without headings")
        parser.add_argument(
            "--output", type=Path, required=True, help="where record_id,cluster_id,confidence is written"
        )
        parser.add_argument(
            "--columns",
            type=text,
            default="",
            metavar="ROLE=COLUMN,…",
            help="what the columns hold, where their headings and values do not tell: name=verkaeufer,phone=tel",
        )
        parser.add_argument("--json", action="store_true", help="one JSON document and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        started_at = time.monotonic()
        try:
            assigned = parse_assignments(options["columns"])
            resolution = resolve(read_table(options["file"].read_bytes()), assigned)
            _write(options["output"], resolution)
        except (UnknownColumn, OSError) as refusal:
            raise CommandError(str(refusal)) from refusal
        summary = _summary(resolution, seconds=time.monotonic() - started_at)
        self.stdout.write(json.dumps(summary, ensure_ascii=False) if options["json"] else _told(summary))


def _write(path: Path, resolution: Resolution) -> None:
    rows = zip(resolution.record_ids, resolution.cluster_ids, resolution.confidences, strict=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("record_id", "cluster_id", "confidence"))
        writer.writerows(rows)


def _summary(resolution: Resolution, *, seconds: float) -> dict[str, Any]:
    return {
        "records": len(resolution.record_ids),
        "clusters": len(set(resolution.cluster_ids)),
        "repeated_record_ids": len(resolution.record_ids) - len(set(resolution.record_ids)),
        "pairs_compared": resolution.candidate_pair_count,
        "columns": {name: role.value for name, role in resolution.roles.items()},
        "seconds": round(seconds, 2),
    }


def _told(summary: dict[str, Any]) -> str:
    lines = [f"  {name}: {role}" for name, role in summary["columns"].items()]
    records, clusters, pairs = summary["records"], summary["clusters"], summary["pairs_compared"]
    repeated = summary["repeated_record_ids"]
    warning = [f"{repeated} record ids come more than once: go by the order of the rows."] if repeated else []
    return "\n".join(
        [
            f"{records} records are {clusters} clusters, told from {pairs} pairs in {summary['seconds']} s.",
            "The columns were taken as:",
            *lines,
            *warning,
        ]
    )
