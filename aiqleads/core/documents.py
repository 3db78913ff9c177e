"""Serializers of long lists: what to read of a row is settled once, not for each row anew.

Django REST framework asks every field of every row how to find and write its value. Here each class makes a list of
plain functions the first time it is used.
"""

from collections.abc import Callable, Mapping
from functools import cache
from operator import attrgetter
from typing import Any, Final

from rest_framework import serializers

Read = Callable[[Any], Any]
PLAIN: Final[dict[type, Callable[[Any], Any]]] = {
    serializers.CharField: str,
    serializers.IntegerField: int,
    serializers.FloatField: float,
    serializers.BooleanField: bool,
}
"""Fields whose values are written as these types write them."""


class DocumentSerializer(serializers.Serializer[Any]):
    """Writes what its fields say of an object or a mapping. It reads no input, and its fields no context."""

    def to_representation(self, instance: Any) -> dict[str, Any]:
        try:
            return {name: read(instance) for name, read in _readers(type(self))}
        except (AttributeError, KeyError):  # a value that is left out: the library knows the field's default
            return super().to_representation(instance)


@cache
def _readers(cls: type[DocumentSerializer]) -> list[tuple[str, Read]]:
    return [(name, _reader(field)) for name, field in cls().fields.items() if not field.write_only]


def _reader(field: Any) -> Read:
    find = attrgetter(field.source)
    write = PLAIN.get(type(field), field.to_representation)

    def read(row: Any) -> Any:
        value = row[field.source] if isinstance(row, Mapping) else find(row)
        return None if value is None else write(value)

    return read
