"""Rewriting everything that an older key of ``PERSONAL_DATA_KEYS`` encrypted or hashed, while the site runs.

Columns are found by their type, so none is forgotten; what lies outside the database registers itself. Each row is
compared and set: whoever writes meanwhile writes under the newest key, and what he wrote stays.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from cryptography.fernet import InvalidToken
from django.apps import apps
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.utils.module_loading import import_string
from psycopg import sql

from aiqleads.core import audit, clock, transactions
from aiqleads.core.models import KeyRotation
from aiqleads.core.personal_data import (
    EncryptedJSONField,
    EncryptedTextField,
    KeyedHashField,
    decrypt,
    encrypt,
    hash_under,
    keyed_hash,
    label_of,
    newest_version,
)

log = structlog.get_logger(__name__)

ROWS_AT_ONCE: Final = 500
_PASSES: Final = 3
"""Whoever still writes under an old key, because his process was not restarted yet, is followed so often."""
UNNAMED: Final = "unnamed"
"""The version of what was encrypted before tokens named theirs."""

Rewrite = Callable[[], int]
Count = Callable[[], Mapping[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """What is encrypted outside the database's columns, such as files."""

    name: str
    count: Count
    rewrite: Rewrite


_ELSEWHERE: dict[str, Elsewhere] = {}


def also(*, name: str, count: Count, rewrite: Rewrite) -> None:
    """Have ``rewrite`` called at each rotation, and ``count`` tell how many things there are by version."""
    _ELSEWHERE[name] = Elsewhere(name=name, count=count, rewrite=rewrite)


def nothing() -> int:
    """Rewrite nothing: nobody knows the values of what is kept as hashes alone, and it holds on to its key."""
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A column, or something elsewhere, after a rotation.

    :param rows: by version, how many there are
    :param rewritten: how many of them this rotation wrote anew
    :param stays: why older versions in it need no key; "" where they do
    """

    name: str
    rows: Mapping[str, int]
    rewritten: int = 0
    stays: str = ""

    def waiting_for(self, version: str) -> int:
        """How many rows only the key of ``version`` reads or finds."""
        return 0 if self.stays else self.rows.get(version, 0) + self.rows.get(UNNAMED, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Every holder, and for each older version of the keyring what still needs it."""

    newest: int
    holders: Sequence[Holder]
    needed_by: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    missing: Sequence[str] = ()

    @property
    def removable(self) -> list[str]:
        """Older versions that nothing needs any more."""
        return [version for version, needed in self.needed_by.items() if not needed]


def rotate() -> Report:
    """Write everything anew under the newest key that was not, and tell what still needs an older one.

    Safe to break off and to run again, and side by side with the site; each batch is a transaction of its own.
    """
    holders = [_rotated(column) for column in columns()]
    holders += [
        Holder(name=thing.name, rewritten=thing.rewrite(), rows=thing.count()) for thing in _ELSEWHERE.values()
    ]
    report = _report(holders)
    _note(report)
    return report


def look() -> Report:
    """What :func:`rotate` would tell now; nothing is written."""
    holders = [Holder(name=one.name, rows=_versions(one), stays=one.stays) for one in columns()]
    return _report([*holders, *(Holder(name=one.name, rows=one.count()) for one in _ELSEWHERE.values())])


@dataclass(frozen=True, slots=True)
class Column:
    """One column of one model that holds what a key made; ``hashes`` says of what, where it made hashes."""

    model: type[models.Model]
    field: "models.Field[Any, Any]"
    hashes: KeyedHashField | None
    is_list: bool

    @property
    def name(self) -> str:
        return f"{self.model._meta.label_lower}.{self.field.name}"

    @property
    def stays(self) -> str:
        return self.hashes.stays if self.hashes else ""

    @property
    def can_be_rewritten(self) -> bool:
        return self.hashes is None or bool(self.hashes.of)

    @property
    def key(self) -> sql.Identifier:
        return sql.Identifier(str(self.model._meta.pk.column))

    @property
    def table(self) -> sql.Identifier:
        return sql.Identifier(self.model._meta.db_table)

    @property
    def stored(self) -> sql.Identifier:
        return sql.Identifier(str(self.field.column))


def columns() -> list[Column]:
    """Every column of the product that holds what a key made; hashes first, for whoever looks rows up by them."""
    found = [
        column
        for model in apps.get_models()
        if model._meta.managed and not model._meta.proxy
        for field in model._meta.local_concrete_fields
        if (column := _column(model, field)) is not None
    ]
    return sorted(found, key=lambda column: (column.hashes is None, column.name))


def _column(model: type[models.Model], field: Any) -> Column | None:
    if isinstance(field, EncryptedTextField | EncryptedJSONField):
        return Column(model, field, None, is_list=False)
    inner = field.base_field if isinstance(field, ArrayField) else field
    return Column(model, field, inner, is_list=inner is not field) if isinstance(inner, KeyedHashField) else None


def let_keys_change(**_: Any) -> None:
    """Have every guard over such a column look away while a rotation changes it, and that column alone.

    Called after each migration, so that no guard that is added later stands in the way of new keys.
    """
    named: dict[str, list[str]] = defaultdict(list)
    for column in columns():
        named[column.model._meta.db_table].append(str(column.field.column))
    with connection.cursor() as cursor:
        existing = set(connection.introspection.table_names(cursor))
        for table in sorted(named.keys() & existing):
            cursor.execute("SELECT core_let_keys_change(%s::regclass, %s)", [table, sorted(named[table])])


def _report(holders: Sequence[Holder]) -> Report:
    newest = newest_version()
    older = [str(version) for version in sorted(settings.PERSONAL_DATA_KEYS) if version != newest]
    needed_by = {
        version: {holder.name: count for holder in holders if (count := holder.waiting_for(version))}
        for version in older
    }
    held = {version for holder in holders if not holder.stays for version in holder.rows}
    missing = sorted(held - {str(version) for version in settings.PERSONAL_DATA_KEYS} - {UNNAMED})
    return Report(newest=newest, holders=holders, needed_by=needed_by, missing=missing)


@transactions.write
def _note(report: Report) -> None:
    rewritten = sum(holder.rewritten for holder in report.holders)
    told = {"version": report.newest, "rewritten": rewritten, "removable": report.removable}
    audit.record_about(actor_id=None, action="keys.rotated", subject="core.keys:personal_data", **told)
    log.info("keys.rotated", **told)


def _rotated(column: Column) -> Holder:
    rewritten = 0
    if column.can_be_rewritten:
        _begin(column.name)
        for attempt in range(_PASSES):
            done = sum(_batches(column))
            rewritten += done
            KeyRotation.objects.filter(pk=column.name).update(last_key="")
            if not done and attempt:
                break
        KeyRotation.objects.filter(pk=column.name).update(finished_at=clock.Now())
    return Holder(name=column.name, rows=_versions(column), rewritten=rewritten, stays=column.stays)


@transactions.write
def _begin(name: str) -> None:
    """Go on where this column's rotation to the newest version was broken off, or begin it."""
    progress, _ = KeyRotation.objects.select_for_update().get_or_create(
        pk=name, defaults={"version": newest_version()}
    )
    if progress.version != newest_version() or progress.finished_at is not None:
        progress.version, progress.last_key, progress.finished_at = newest_version(), "", None
        progress.save(update_fields=["version", "last_key", "finished_at"])


def _batches(column: Column) -> Iterator[int]:
    """Rewrite batch by batch, and tell how many rows of each were written anew."""
    while True:
        last_key, written, is_over = _rewrite_batch(column)
        yield written
        if is_over:
            return
        log.info("keys.batch", column=column.name, last=last_key, rows=written)


@transactions.write
def _rewrite_batch(column: Column) -> tuple[str, int, bool]:
    progress = KeyRotation.objects.select_for_update().get(pk=column.name)
    rows = _due(column, after=progress.last_key)
    changes = list(_new_hashes(column, rows) if column.hashes else _new_tokens(rows))
    written = _write(column, changes)
    if rows:
        progress.last_key, progress.rewritten = str(rows[-1][0]), progress.rewritten + written
        progress.save(update_fields=["last_key", "rewritten"])
    return progress.last_key, written, len(rows) < ROWS_AT_ONCE


_DUE_TOKENS: Final = (
    "{column} IS NOT NULL AND substring({column} FROM 1 FOR {length}) <> {label} AND {column} <> ''"
)
_DUE_LISTS: Final = "EXISTS (SELECT FROM unnest({column}) one WHERE substring(one FROM 1 FOR {length}) <> {label})"


def _due(column: Column, *, after: str) -> list[tuple[Any, Any]]:
    """The next rows that are not under the newest key: their keys, and what stands there as it stands there."""
    label = label_of(newest_version())
    query = sql.SQL(
        "SELECT {key}, {column} FROM {table} WHERE {begun} AND {due} ORDER BY {key} LIMIT {most}"
    ).format(
        key=column.key,
        column=column.stored,
        table=column.table,
        begun=sql.SQL("{} > {}").format(column.key, sql.Literal(after)) if after else sql.SQL("true"),
        due=sql.SQL(_DUE_LISTS if column.is_list else _DUE_TOKENS).format(
            column=column.stored,
            length=sql.Literal(len(label)),
            label=sql.Literal(label.decode() if column.hashes else label),
        ),
        most=sql.Literal(ROWS_AT_ONCE),
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [(key, stored if column.hashes else bytes(stored)) for key, stored in cursor.fetchall()]


Change = tuple[Any, Any, Any]
"""A row's key, what stood there, and what is to stand there."""


def _new_tokens(rows: Sequence[tuple[Any, bytes]]) -> Iterator[Change]:
    """What no key of the ring reads stays as it is: the report tells which version it waits for."""
    for key, stored in rows:
        try:
            yield key, stored, encrypt(decrypt(stored))
        except InvalidToken:
            continue


def _new_hashes(column: Column, rows: Sequence[tuple[Any, Any]]) -> Iterator[Change]:
    """A value that does not give the hash that is there under its own key is not what was hashed."""
    kind = column.hashes
    if kind is None or not rows:
        return
    values_of, stored = import_string(kind.of), dict(rows)
    wanted = column.model._base_manager.filter(pk__in=stored)
    for row in wanted.only("pk", *kind.reads) if kind.reads else wanted:
        told, before = values_of(row), stored[row.pk]
        values = [told] if isinstance(told, str) else list(told or ())
        hashes = before if column.is_list else [before]
        after = [_anew(one, values, kind.purpose) for one in hashes]
        if after != hashes:
            yield row.pk, before, after if column.is_list else after[0]


def _anew(stored: str, values: Sequence[str], purpose: str) -> str:
    """The hash under the newest key of whichever of ``values`` was hashed; as it is where none was."""
    version = int(stored.partition(":")[0]) if stored.partition(":")[0].isdigit() else -1
    if version in settings.PERSONAL_DATA_KEYS:
        for value in values:
            if hash_under(version, value, purpose=purpose) == stored:
                return keyed_hash(value, purpose=purpose)
    return stored


def _write(column: Column, changes: Sequence[Change]) -> int:
    """Set what still is as it was read; return how many rows that were."""
    if not changes:
        return 0
    _let_follow(column, changes)
    statement = sql.SQL("UPDATE {table} SET {column} = %s WHERE {key} = %s AND {column} = %s").format(
        table=column.table, column=column.stored, key=column.key
    )
    written = 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('core.rotating_keys', 'on', true)")
        for key, before, after in changes:
            cursor.execute(statement, [after, key, before])
            written += cursor.rowcount
        cursor.execute("SELECT set_config('core.rotating_keys', 'off', true)")
    return written


def _let_follow(column: Column, changes: Sequence[Change]) -> None:
    """Copy what is kept by hash alone, such as who asked to be left alone, before a new hash is written."""
    if column.hashes is None:
        return
    pairs: dict[str, str] = {}
    for _, before, after in changes:
        pairs |= dict(zip(before, after, strict=True)) if column.is_list else {before: after}
    for follower in columns():
        if follower.hashes and column.hashes.purpose in follower.hashes.follows:
            _copy(follower, pairs)


def _copy(follower: Column, pairs: Mapping[str, str]) -> None:
    rows, name = follower.model._base_manager, follower.field.name
    known = set(rows.filter(**{f"{name}__in": pairs.values()}).values_list(name, flat=True))
    copies = []
    for row in rows.filter(**{f"{name}__in": pairs}):
        renamed = pairs[getattr(row, name)]
        if renamed not in known:
            setattr(row, name, renamed)
            row.pk, row._state.adding = None, True
            copies.append(row)
    rows.bulk_create(copies)


_LABEL_OF_LISTS: Final = "split_part(unnest({column}), ':', 1)"
_LABEL_OF_HASHES: Final = "split_part({column}, ':', 1)"
_LABEL_OF_TOKENS: Final = "split_part(encode(substring({column} FROM 1 FOR 8), 'escape'), ':', 1)"


def _versions(column: Column) -> dict[str, int]:
    """How many there are in a column by version, as their beginnings tell."""
    label = _LABEL_OF_LISTS if column.is_list else _LABEL_OF_HASHES if column.hashes else _LABEL_OF_TOKENS
    query = sql.SQL("SELECT {label}, count(*) FROM {table} WHERE {column} IS NOT NULL GROUP BY 1").format(
        label=sql.SQL(label).format(column=column.stored), column=column.stored, table=column.table
    )
    counts: Counter[str] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(query)
        for version, count in cursor.fetchall():
            if version:
                counts[version if version.isdigit() else UNNAMED] += count
    return dict(sorted(counts.items()))
