"""Serializers of what is asked for often: what to read or write is settled once, not for each row and request anew.

Django REST framework asks every field of every row how to find and write its value, and copies each field for each
request. Here each class makes a list of plain functions, or its fields, the first time it is used.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from operator import attrgetter
from typing import Any, Final

from rest_framework import serializers
from rest_framework.fields import empty

PLAIN: Final[dict[type, Callable[[Any], Any]]] = {
    serializers.CharField: str,
    serializers.IntegerField: int,
    serializers.FloatField: float,
    serializers.BooleanField: bool,
}
"""Fields whose values are written as these types write them."""


@dataclass(frozen=True, slots=True)
class _Reader:
    """How one field is read and written. ``default`` stands for what a mapping leaves out; ``empty``: nothing."""

    name: str
    source: str
    find: Callable[[Any], Any]
    write: Callable[[Any], Any]
    default: Any


class QuestionSerializer(serializers.Serializer[Any]):
    """Reads a query or a body by fields that all requests share: they know no context and no instance."""

    @property
    def fields(self) -> Any:
        return _fields(type(self))


@cache
def _fields(cls: type[QuestionSerializer]) -> Any:
    return vars(serializers.Serializer)["fields"].func(cls())


class DocumentSerializer(serializers.Serializer[Any]):
    """Writes what its fields say of an object or a mapping. It reads no input, and its fields no context.

    Moments are written in UTC.
    """

    def to_representation(self, instance: Any) -> dict[str, Any]:
        readers = _readers(type(self))
        try:
            if isinstance(instance, dict | Mapping):
                return {one.name: _written(one, _item(one, instance)) for one in readers}
            return {one.name: _written(one, one.find(instance)) for one in readers}
        except (AttributeError, KeyError):  # a value that is left out: the library knows what becomes of its field
            return super().to_representation(instance)


@cache
def _readers(cls: type[DocumentSerializer]) -> list[_Reader]:
    return [
        _Reader(name, str(field.source), attrgetter(str(field.source)), _writer(field), _default(field))
        for name, field in cls().fields.items()
        if not field.write_only
    ]


def _writer(field: Any) -> Callable[[Any], Any]:
    if (
        type(field) is serializers.DateTimeField
        and not {"format", "default_timezone"} & vars(field)["_kwargs"].keys()
    ):
        return _moment
    write: Callable[[Any], Any] = PLAIN.get(type(field), field.to_representation)
    return write


def _moment(value: Any) -> str:
    """As the library writes it, which looks for the zone of the process each time; ours is UTC."""
    if not isinstance(value, datetime):
        return str(value)
    told = value if value.tzinfo is UTC else value.astimezone(UTC)
    return told.isoformat().removesuffix("+00:00") + "Z"


def _default(field: Any) -> Any:
    return empty if callable(field.default) else field.default


def _item(one: _Reader, instance: Mapping[str, Any]) -> Any:
    value = instance.get(one.source, one.default)
    if value is empty:
        raise KeyError(one.source)
    return value


def _written(one: _Reader, value: Any) -> Any:
    return None if value is None else one.write(value)
