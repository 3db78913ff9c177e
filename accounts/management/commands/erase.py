"""Erase a person everywhere, by what is proven of them; carry on; replay the journal after a restore."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError

from accounts.errors import NobodyToErase
from accounts.models import Suppression
from accounts.privacy.journal import JournalUnreadable
from accounts.privacy.people import Person
from accounts.services import erasures
from accounts.services.erasures import Report
from aiqleads.core.commands import DataCommand


class Command(DataCommand):
    help = (
        "Erase a person from every table and file, and keep keyed hashes so that no crawl brings them back. Whom, "
        "standard input says: e-mail addresses and telephone numbers, one a line; no shell remembers those."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document")
        parser.add_argument("--lead", type=UUID, action="append", default=[], help="a lead whose owner it is")
        parser.add_argument("--request", type=UUID, help="the privacy request that asks for it")
        parser.add_argument("--carry-on", action="store_true", help="only go on with what is not finished")
        parser.add_argument(
            "--replay",
            nargs="?",
            const="",
            metavar="FILE",
            help="after a restore: erase again what the journal (or FILE) says was erased",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        reports = self._do(options)
        if options["json"]:
            self.stdout.write(json.dumps([_told(report) for report in reports]))
        else:
            self.stdout.write("\n".join(map(_in_words, reports)) or "There is nothing to erase.")
        if any(not report.is_finished for report in reports):
            raise CommandError("Not everything is erased yet: run it again with --carry-on.")

    def _do(self, options: dict[str, Any]) -> Sequence[Report]:
        if options["carry_on"]:
            erasures.carry_on_all()
            return []
        if options["replay"] is not None:
            return _replayed(options["replay"])
        return [self._erased(options)]

    def _erased(self, options: dict[str, Any]) -> Report:
        said = [] if options["lead"] else [line.strip() for line in sys.stdin if line.strip()]
        person = Person.of(emails=said, phones=[line for line in said if "@" not in line], leads=options["lead"])
        try:
            return erasures.erase_person(person, why=Suppression.Why.OPERATOR, request_id=options["request"])
        except NobodyToErase as refusal:
            raise CommandError(refusal.detail) from refusal


def _replayed(path: str) -> Sequence[Report]:
    try:
        return erasures.replay(Path(path) if path else None)
    except (OSError, JournalUnreadable) as error:
        raise CommandError(f"The journal cannot be replayed: {error}") from error


def _told(report: Report) -> dict[str, Any]:
    return {**asdict(report), "erasure_id": str(report.erasure_id)}


def _in_words(report: Report) -> str:
    counted = [
        f"  {holder}: " + ", ".join(f"{count} {model}" for model, count in counts.items())
        for holder, counts in report.counts.items()
    ]
    state = "finished" if report.is_finished else f"waits for {', '.join(report.waiting)}"
    return "\n".join([f"Erasure {report.erasure_id}: {state}.", *counted])
