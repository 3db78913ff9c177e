"""Taking guards away, to see what they keep out."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

WITHOUT = r"SELECT regexp_replace(%s, 'PERFORM marketplace_refuse\(''' || %s || '''[^;]*;', 'NULL;', 'g')"
REFUSING = r"SELECT oid::regproc FROM pg_proc WHERE prosrc LIKE '%%marketplace_refuse(''' || %s || '''%%'"
DROPPED = """
    SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname)
        FROM pg_constraint WHERE conname = %(guard)s AND contype <> 't'
    UNION SELECT format('DROP INDEX %%I', relname) FROM pg_class WHERE relname = %(guard)s AND relkind = 'i'
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conname = relname)
    UNION SELECT format('DROP TRIGGER %%I ON %%s', tgname, tgrelid::regclass)
        FROM pg_trigger WHERE tgname = %(guard)s AND NOT tgisinternal
"""


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
