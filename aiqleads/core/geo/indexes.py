"""The indexes that searches by place need, for a model's ``Meta.indexes``."""

from typing import Any

from django.contrib.postgres.indexes import GistIndex
from django.db.models import Func

from aiqleads.core.geo import native


class _PlaceIndex(GistIndex):
    """An index over ``latitude`` and ``longitude``; a ``condition`` may leave rows out."""

    place: Func

    def __init__(self, *, name: str, **options: Any) -> None:
        super().__init__(self.place, name=name, **options)

    def deconstruct(self) -> Any:
        path, _, options = super().deconstruct()
        return path, (), options


class DistanceIndex(_PlaceIndex):
    """Finds rows in a circle, and the nearest ones first."""

    place = native.PLACES


class AreaIndex(_PlaceIndex):
    """Finds rows in a drawn area."""

    place = native.FLAT_PLACES
