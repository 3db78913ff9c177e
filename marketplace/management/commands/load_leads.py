"""Synthetic leads on the marketplace, for tests of scale."""

import json
import time
from argparse import ArgumentParser
from typing import Any, Final

from django.conf import settings
from django.core.management.base import CommandError, OutputWrapper

from aiqleads.core.commands import DataCommand
from marketplace import synthetic

MOST: Final = 10_000_000
MOST_PROCESSES: Final = 32
SECONDS_BETWEEN_LINES: Final = 10


class _Progress:
    """A line on a terminal from time to time, so that a long load is not taken for a dead one."""

    def __init__(self, stream: OutputWrapper, count: int) -> None:
        self._stream, self._count = stream, count
        self._due = time.monotonic() + SECONDS_BETWEEN_LINES

    def tell(self, written: int) -> None:
        if self._stream.isatty() and time.monotonic() >= self._due:
            self._stream.write(f"{written:,} of {self._count:,} leads")
            self._due = time.monotonic() + SECONDS_BETWEEN_LINES


class Command(DataCommand):
    help = "Put N synthetic but plausible leads on the marketplace, by COPY. Refused where DEBUG is off."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("count", type=int, metavar="N")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--processes", type=int, default=2, help="so many write at once (2)")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("DEBUG is off here: synthetic leads are refused.")
        if not 1 <= options["count"] <= MOST:
            raise CommandError(f"N is how many leads to load: 1 to {MOST:,}.")
        if not 1 <= options["processes"] <= MOST_PROCESSES:
            raise CommandError(f"--processes goes from 1 to {MOST_PROCESSES}.")
        started_at_seconds = time.monotonic()
        total = synthetic.load(
            count=options["count"],
            seed=options["seed"],
            processes=options["processes"],
            tell=_Progress(self.stderr, options["count"]).tell,
        )
        seconds = round(time.monotonic() - started_at_seconds, 1)
        report = {"loaded": options["count"], "total": total, "seconds": seconds}
        sentence = f"Loaded {report['loaded']:,} leads in {seconds} s; there are {total:,} synthetic ones now."
        self.stdout.write(json.dumps(report) if options["json"] else sentence)
