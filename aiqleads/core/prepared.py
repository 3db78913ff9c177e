"""Queries that are sent at every request, hold or sale: put together once, and then only their values change."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from inspect import signature
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators

from aiqleads.core.transactions import require_transaction

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class _Name:
    """Where an id belongs among the values."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A queryset's SQL, its values with names where the ids belong, and how a row becomes a model.

    :param converters: of those of a row's values that fields make of what the database tells, by their place
    :param annotations: a name and a place each
    """

    model: type[Model]
    statement: str
    values: list[Any]
    is_locking: bool
    names: list[str]
    begin: int
    end: int
    relations: list[Any]
    annotations: list[tuple[str, int]]
    converters: list[tuple[int, list[Any], Any]]

    def row(self, told: Sequence[Any]) -> Any:
        values = list(told)
        for place, converters, expression in self.converters:
            for convert in converters:
                values[place] = convert(values[place], expression, connection)
        found = self.model.from_db(connection.alias, self.names, values[self.begin : self.end])
        for relation in self.relations:
            relation.populate(values, found)
        for name, place in self.annotations:
            setattr(found, name, values[place])
        return found


class Prepared(Generic[M]):
    """The rows of a queryset that depends on some ids and on nothing else.

    :param build: makes the queryset of UUIDs that it takes by name, and may not decide anything by them
    """

    def __init__(self, build: "Callable[..., QuerySet[M]]") -> None:
        self._build = build

    def rows(self, **ids: UUID) -> list[M]:
        """Ask the database, as the queryset would. Locks are taken as it takes them, inside a transaction."""
        written = self._written
        if written.is_locking:
            require_transaction()
        values = [ids[value.name] if isinstance(value, _Name) else value for value in written.values]
        with connection.cursor() as cursor:
            cursor.execute(written.statement, values)
            return [written.row(row) for row in cursor.fetchall()]

    def first(self, **ids: UUID) -> M | None:
        """The first row, or None."""
        return next(iter(self.rows(**ids)), None)

    @cached_property
    def _written(self) -> _Written:
        markers = {name: uuid4() for name in signature(self._build).parameters}
        names = {marker: _Name(name) for name, marker in markers.items()}
        query = self._build(**markers).query
        compiler = query.get_compiler(connection.alias)
        statement, values = compiler.as_sql()
        columns, shape = compiler.select, compiler.klass_info
        begin, end = shape["select_fields"][0], shape["select_fields"][-1] + 1
        converters = compiler.get_converters([column for column, *_ in columns])
        return _Written(
            model=shape["model"],
            statement=statement,
            values=[names.get(value, value) if isinstance(value, UUID) else value for value in values],
            is_locking=query.select_for_update,
            names=[column.target.attname for column, *_ in columns[begin:end]],
            begin=begin,
            end=end,
            relations=get_related_populators(shape, columns, connection.alias),  # type: ignore[call-arg]  # of 6.1
            annotations=list(compiler.annotation_col_map.items()),
            converters=[(place, found, expression) for place, (found, expression) in converters.items()],
        )


@dataclass(frozen=True, slots=True)
class _Shape:
    """Which of a row's values make up one model."""

    model: type[Model]
    names: list[str]
    begin: int
    end: int
    key: int


class Joined:
    """Rows of several models at once, by one statement of ours. Relations between them are for the caller to set.

    :param statement: ``{columns}`` stands for the columns of all models, first; what is selected besides follows it
    :param models: by the names that their tables have in the statement
    :raises TypeError: a model has a column that the database tells otherwise than Python has it
    """

    def __init__(self, statement: str, **models: type[Model]) -> None:
        self._shapes: list[_Shape] = []
        columns: list[str] = []
        for name, model in models.items():
            fields = model._meta.concrete_fields
            if any(hasattr(field, "from_db_value") for field in fields):
                raise TypeError(f"{model.__name__} has values that its fields make of what the database tells.")
            begin = len(columns)
            columns += [f'{name}."{field.column}"' for field in fields]
            key = begin + fields.index(model._meta.pk)
            names = [field.attname for field in fields]
            self._shapes.append(_Shape(model, names, begin, len(columns), key))
        self._statement = statement.format(columns=", ".join(columns))
        self._told = len(columns)

    def first(self, *values: Any) -> tuple[Any, ...] | None:
        """The first row's models, None for each that an outer join did not find, and what is selected besides."""
        with connection.cursor() as cursor:
            cursor.execute(self._statement, values)
            row = cursor.fetchone()
        return None if row is None else (*(_made(shape, row) for shape in self._shapes), *row[self._told :])


def _made(shape: _Shape, row: Sequence[Any]) -> Model | None:
    if row[shape.key] is None:
        return None
    return shape.model.from_db(connection.alias, shape.names, row[shape.begin : shape.end])
