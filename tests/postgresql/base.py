"""TRUNCATE makes new files for every table and index, 0.4 s for ours; few of them hold rows after a test.

What Django writes after every migration stays: it follows from the models alone, and to write it anew took longer
than all of the rest (``tests/conftest.py`` has Django leave it). What our migrations wrote is put back, so that no
test meets another database because of those that ran before it.
"""

from collections.abc import Sequence
from typing import Any

from django.db.backends.postgresql import operations

from aiqleads.core.pooled import base

WRITTEN_AFTER_MIGRATING = {"django_content_type", "auth_permission", "auth_group", "auth_group_permissions"}

KEEP_WHAT_MIGRATIONS_WROTE = """
DO $$
DECLARE kept text; holds_rows boolean;
BEGIN
    CREATE SCHEMA migrated;
    FOR kept IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', kept) INTO holds_rows;
        IF holds_rows THEN EXECUTE format('CREATE TABLE migrated.%I AS TABLE %I', kept, kept); END IF;
    END LOOP;
END $$;
"""


class DatabaseOperations(operations.DatabaseOperations):
    """Deletes the rows of the tables that hold some, past foreign keys and the guards of what is written once."""

    def sql_flush(
        self, style: Any, tables: Sequence[str], *, reset_sequences: bool = False, allow_cascade: bool = False
    ) -> list[str]:
        flushed = set(tables) - WRITTEN_AFTER_MIGRATING
        filled = self._names(
            " UNION ALL ".join(
                f"SELECT '{name}' WHERE EXISTS (SELECT FROM {self.quote_name(name)})" for name in flushed
            )
        )
        kept = set(self._names("SELECT tablename FROM pg_tables WHERE schemaname = 'migrated'"))
        return [
            "SET LOCAL session_replication_role = replica",
            *(f"DELETE FROM {self.quote_name(name)}" for name in filled),
            *(f"INSERT INTO {self.quote_name(name)} SELECT * FROM migrated.{name}" for name in kept & flushed),
        ]

    def _names(self, asked: str) -> list[str]:
        with self.connection.cursor() as cursor:
            cursor.execute(asked)
            return [name for (name,) in cursor.fetchall()]


class DatabaseWrapper(base.DatabaseWrapper):
    """The backend that ``tests/conftest.py`` sets."""

    ops_class = DatabaseOperations
    before_commit: Any = None
    """Told of each commit, which no wrapper around statements sees (``tests/billing/dying.py``)."""

    def _commit(self) -> None:
        if self.before_commit is not None:
            self.before_commit.step("COMMIT", is_turn=True)
        super()._commit()
