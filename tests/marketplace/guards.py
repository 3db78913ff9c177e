"""Taking guards away, to see what they keep out."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import IntegrityError, connection, transaction

from aiqleads.core.postgres import violated_constraint

WITHOUT = r"SELECT regexp_replace(%s, 'PERFORM \w+_refuse\(''' || %s || '''[^;]*;', 'NULL;', 'g')"
REFUSING = r"SELECT oid::regproc FROM pg_proc WHERE prosrc LIKE '%%_refuse(''' || %s || '''%%'"
DROPPED = """
    SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname)
        FROM pg_constraint WHERE conname = %(guard)s AND contype <> 't'
    UNION SELECT format('DROP INDEX %%I', relname) FROM pg_class WHERE relname = %(guard)s AND relkind = 'i'
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conname = relname)
    UNION SELECT format('DROP TRIGGER %%I ON %%s', tgname, tgrelid::regclass)
        FROM pg_trigger WHERE tgname = %(guard)s AND NOT tgisinternal
"""

NEW: Final = "gen_random_uuid()"


def again(table: str, where: str = "true", /, **changed: str) -> str:
    """Insert a row of ``table`` once more, with other values, told as SQL."""
    told = ", ".join(f"'{name}', {value}" for name, value in {"id": NEW, **changed}.items())
    row = f"(jsonb_populate_record(r, jsonb_build_object({told}))).*"
    return f"INSERT INTO {table} SELECT {row} FROM {table} r WHERE {where} LIMIT 1"


@contextmanager
def undone() -> Iterator[None]:
    """Everything inside is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def refused_by(statement: str) -> str:
    """The guard that refuses a statement by the end of a transaction; "" when none does."""
    try:
        with undone(), connection.cursor() as cursor:
            cursor.execute(statement)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except IntegrityError as error:
        return violated_constraint(error) or str(error)
    return ""


@contextmanager
def disarmed(guard: str, function: str) -> Iterator[None]:
    """Let ``function`` refuse nothing in the name of ``guard`` for a while."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef(%s::regproc)", [function])
        armed = cursor.fetchone()[0]
        cursor.execute(WITHOUT, [armed, guard])
        without = cursor.fetchone()[0]
        assert without != armed, f"{function} does not refuse {guard}"
        cursor.execute(without.replace("%", "%%"))
        try:
            yield
        finally:
            cursor.execute(armed.replace("%", "%%"))


def take_away(guard: str) -> None:
    """Do without a guard until the transaction is rolled back: its refusals, or what is called so in the schema."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(REFUSING, [guard])
        functions = [function for (function,) in cursor.fetchall()]
        cursor.execute(DROPPED, {"guard": guard})
        drops = [drop for (drop,) in cursor.fetchall()]
        assert functions or drops, f"nothing is called {guard}"
        for drop in [] if functions else drops:
            cursor.execute(drop)
        for function in functions:
            cursor.execute("SELECT regexp_replace(pg_get_functiondef(%s::regproc), '%%', '%%%%', 'g')", [function])
            cursor.execute(WITHOUT, [cursor.fetchone()[0], guard])
            cursor.execute(cursor.fetchone()[0])
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
