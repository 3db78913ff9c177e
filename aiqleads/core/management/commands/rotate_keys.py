"""Everything under the newest key."""

import json
from argparse import ArgumentParser
from typing import Any

from aiqleads.core import rotation
from aiqleads.core.commands import DataCommand


class Command(DataCommand):
    help = (
        "Rewrite what older versions of PERSONAL_DATA_KEYS encrypted or hashed under the newest one, while the "
        "site runs, and tell which older keys nothing needs any more. Broken off, it goes on where it was."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON document and nothing else")
        parser.add_argument("--dry-run", action="store_true", help="count what needs which key, and write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        report = rotation.look() if options["dry_run"] else rotation.rotate()
        self.stdout.write(json.dumps(_document(report)) if options["json"] else _told(report))
        if report.missing:
            raise SystemExit(1)


def _document(report: rotation.Report) -> dict[str, Any]:
    return {
        "newest": report.newest,
        "rewritten": sum(holder.rewritten for holder in report.holders),
        "removable": report.removable,
        "needed_by": report.needed_by,
        "missing": list(report.missing),
        "columns": [
            {"name": one.name, "rows": one.rows, "rewritten": one.rewritten, "stays": one.stays}
            for one in report.holders
        ],
    }


def _told(report: rotation.Report) -> str:
    lines = [
        f"  {one.name}: {one.rewritten:,} rewritten; "
        + (", ".join(f"{count:,} under {version}" for version, count in one.rows.items()) or "empty")
        + (f" (may be lost: {one.stays})" if one.stays else "")
        for one in report.holders
        if one.rows or one.rewritten
    ]
    lines.append(f"Version {report.newest} writes.")
    for version, needed in report.needed_by.items():
        if needed:
            told = ", ".join(f"{name} ({count:,})" for name, count in needed.items())
            lines.append(f"Keep version {version}: {told}")
        else:
            lines.append(f"Version {version} can be removed: nothing needs it.")
    lines += [f"Version {version} is not in PERSONAL_DATA_KEYS, and rows need it." for version in report.missing]
    return "\n".join(lines)
