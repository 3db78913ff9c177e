"""Pages by position, not by number: the next page starts after the last row seen, however deep.

A cursor is opaque to clients: the ordering value and the key of the row it points behind, and a direction.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar, cast

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import F, Field, FloatField, Func, Model, QuerySet, Value
from django.db.models.lookups import GreaterThan, LessThan

M = TypeVar("M", bound=Model)

LONGEST_CURSOR: Final = 400


class BadCursor(ValueError):
    """The text was not made by this module for this ordering."""


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """Rows in order, and the cursors of the pages beside them; None where there is nothing more."""

    results: list[M]
    next: str | None
    previous: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordering:
    """Order by ``field``, ties by ``key`` in the same direction. ``field`` holds no NULL.

    :param is_computed: whether ``field`` is a number that the query computes, and no column
    """

    field: str
    key: str = "pk"
    is_descending: bool = False
    is_computed: bool = False

    def apply(self, rows: QuerySet[M], *, backwards: bool) -> QuerySet[M]:
        sign = "-" if self.is_descending is not backwards else ""
        return rows.order_by(f"{sign}{self.field}", f"{sign}{self.key}")

    def beyond(self, position: tuple[Any, Any], model: type[Model], *, backwards: bool) -> LessThan | GreaterThan:
        """Both columns in one comparison, so that an index on them is entered at ``position``, not at its start."""
        names = (self.field, self.key)
        columns = (FloatField() if self.is_computed else _column(model, self.field), _column(model, self.key))
        values = [Value(value, output_field=column) for column, value in zip(columns, position, strict=True)]
        compare = LessThan if self.is_descending is not backwards else GreaterThan
        return compare(_row(*map(F, names)), _row(*values))


def _column(model: type[Model], name: str) -> "Field[Any, Any]":
    return cast("Field[Any, Any]", model._meta.pk if name == "pk" else model._meta.get_field(name))


def _row(*values: F | Value) -> Func:
    return Func(*values, function="ROW", output_field=Field())


def page(rows: QuerySet[M], *, ordering: Ordering, cursor: str | None, size: int) -> Page[M]:
    """Cut one page of ``size`` rows out of ``rows``.

    :raises BadCursor: ``cursor`` cannot be read
    """
    backwards, after = read(cursor) if cursor else (False, None)
    ordered = ordering.apply(rows, backwards=backwards)
    try:
        if after is not None:
            ordered = ordered.filter(ordering.beyond(after, rows.model, backwards=backwards))
        found = list(ordered[: size + 1])
    except (ValueError, TypeError, OverflowError, ValidationError) as error:
        raise BadCursor(str(cursor)) from error
    has_more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    has_next = bool(found) and (has_more or backwards)
    has_previous = bool(found) and (has_more if backwards else after is not None)
    return Page(
        found,
        _write(ordering, found[-1], backwards=False) if has_next else None,
        _write(ordering, found[0], backwards=True) if has_previous else None,
    )


def _write(ordering: Ordering, row: Model, *, backwards: bool) -> str:
    return written((int(backwards), getattr(row, ordering.field), getattr(row, ordering.key)))


def written(position: tuple[int, Any, Any]) -> str:
    """A cursor: whether it goes backwards, and the two values of a position."""
    text = json.dumps(position, cls=ExactTimes, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read(cursor: str) -> tuple[bool, tuple[Any, Any]]:
    """What :func:`written` wrote.

    :raises BadCursor: it did not write this
    """
    if len(cursor) > LONGEST_CURSOR:
        raise BadCursor(cursor)
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        backwards, value, key = json.loads(text)
    except (ValueError, TypeError, binascii.Error) as error:
        raise BadCursor(cursor) from error
    if not isinstance(value, str | int | float) or not isinstance(key, str | int):
        raise BadCursor(cursor)
    return bool(backwards), (value, key)


class ExactTimes(DjangoJSONEncoder):
    """Keeps microseconds, which the parent cuts to milliseconds and so would skip or repeat rows."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if hasattr(o, "isoformat") else super().default(o)
