"""Queries that are sent at every hold and sale: Django puts each together once, and then only its ids change."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from inspect import signature
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

from django.db.models import Model, QuerySet

from aiqleads.core.transactions import require_transaction

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class _Name:
    """Where an id belongs among the values."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written(Generic[M]):
    """A queryset's SQL, and its values with names where the ids belong."""

    model: type[M]
    statement: str
    values: list[Any]
    is_locking: bool


class Prepared(Generic[M]):
    """The rows of a queryset that depends on some ids and on nothing else.

    :param build: makes the queryset of UUIDs that it takes by name, and may not decide anything by them.
        Relations are not followed: what of them is needed is annotated.
    """

    def __init__(self, build: "Callable[..., QuerySet[M]]") -> None:
        self._build = build

    def rows(self, **ids: UUID) -> list[M]:
        """Ask the database, as the queryset would. Locks are taken as it takes them, inside a transaction."""
        written = self._written
        if written.is_locking:
            require_transaction()
        values = [ids[value.name] if isinstance(value, _Name) else value for value in written.values]
        return list(written.model._default_manager.raw(written.statement, values))

    def first(self, **ids: UUID) -> M | None:
        """The first row, or None."""
        return next(iter(self.rows(**ids)), None)

    @cached_property
    def _written(self) -> "_Written[M]":
        markers = {name: uuid4() for name in signature(self._build).parameters}
        names = {marker: _Name(name) for name, marker in markers.items()}
        rows = self._build(**markers)
        statement, values = rows.query.sql_with_params()
        return _Written(
            model=rows.model,
            statement=statement,
            values=[names.get(value, value) if isinstance(value, UUID) else value for value in values],
            is_locking=rows.query.select_for_update,
        )
