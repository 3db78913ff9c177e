"""Follow a state's deletion list: erase whom we hold, keep the rest out."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import CommandError

from accounts.errors import UnusableList
from accounts.models import DeletionList
from accounts.services import deletion_lists
from aiqleads.core.commands import DataCommand


class Command(DataCommand):
    help = (
        "Erase everybody whom a state's deletion list names: a CSV with email, phone, email_sha256, phone_sha256."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--state", default="CA", help="whose list it is (CA)")
        parser.add_argument("--json", action="store_true", help="print one JSON document")
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with options["file"].open("rb") as file:
                brought = deletion_lists.bring_list(
                    file=File(file), file_name=options["file"].name, state_code=options["state"]
                )
        except (OSError, UnusableList) as error:
            raise CommandError(str(error)) from error
        followed = deletion_lists.follow_list(list_id=brought.pk)
        counts = {
            name: getattr(followed, name) for name in ("rows", "matched", "unmatched", "unreadable", "erasures")
        }
        self.stdout.write(json.dumps(counts) if options["json"] else _in_words(followed))


def _in_words(followed: DeletionList) -> str:
    return (
        f"{followed.rows:,} rows: {followed.matched:,} name people we held, who are erased; {followed.unmatched:,} "
        f"name nobody we hold; {followed.unreadable:,} could not be read."
    )
