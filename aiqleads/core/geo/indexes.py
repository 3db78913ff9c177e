"""The indexes that searches by place need, for ``Meta.indexes``: each database gets those of its engine."""

from typing import Any

from django.contrib.postgres.indexes import GistIndex
from django.db.models import F

from aiqleads.core.geo.engines import engine_of


class PlaceIndex(GistIndex):
    """An index over ``latitude`` and ``longitude``; a ``condition`` may leave rows out."""

    attribute: str

    def __init__(self, *, name: str, **options: Any) -> None:
        super().__init__(F("latitude"), F("longitude"), name=name, **options)

    def deconstruct(self) -> Any:
        path, _, options = super().deconstruct()
        return path, (), options

    def create_sql(self, model: Any, schema_editor: Any, using: str = "", **options: Any) -> Any:
        place = getattr(engine_of(schema_editor.connection), self.attribute)
        index = GistIndex(place, name=self.name, condition=self.condition)
        return index.create_sql(model, schema_editor, using, **options)


class DistanceIndex(PlaceIndex):
    """Finds rows in a circle, and the nearest ones first."""

    attribute = "PLACES"


class AreaIndex(PlaceIndex):
    """Finds rows in a drawn area."""

    attribute = "FLAT_PLACES"
