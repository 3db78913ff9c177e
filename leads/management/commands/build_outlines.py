"""The map's outlines and names of towns, made anew from the package that they are taken from."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from leads.outlines import building


class Command(BaseCommand):
    help = "Write static/map/ from WHEEL, fetched by `pip download --no-deps bqplot`."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("wheel", type=Path, metavar="WHEEL")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            built = building.build(options["wheel"])
        except (FileNotFoundError, KeyError) as error:
            raise CommandError(f"{options['wheel']} is no wheel of bqplot: {error}") from error
        self.stdout.write(
            f"Wrote {built.states} states, {built.county_lines:,} county lines and {built.towns:,} towns "
            f"to {building.FOLDER.name}/."
        )
