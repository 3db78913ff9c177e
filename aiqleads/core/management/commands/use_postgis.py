"""Search places by PostGIS, after it was installed on the server of a database that did without."""

from typing import Any

from django.apps import apps
from django.core.management.base import CommandError
from django.db import connection, transaction

from aiqleads.core.commands import DataCommand
from aiqleads.core.geo import adopting, engines
from aiqleads.core.geo.indexes import PlaceIndex


class Command(DataCommand):
    help = "Search places by PostGIS: for a database that was migrated before its server had it."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            if not adopting.adopt_postgis(connection):
                raise CommandError(
                    "The server has no PostGIS, or only a superuser may add it: CREATE EXTENSION postgis."
                )
            engines.ask_again()
            names = [self._make_again(model, index) for model in apps.get_models() for index in model._meta.indexes]
        self.stdout.write(f"Places are searched by PostGIS; made again: {', '.join(filter(None, names))}.")

    def _make_again(self, model: Any, index: Any) -> str:
        """Replace an index of places; others stay as they are."""
        if not isinstance(index, PlaceIndex):
            return ""
        with connection.schema_editor() as editor:
            editor.remove_index(model, index)
            editor.add_index(model, index)
        return str(index.name)
