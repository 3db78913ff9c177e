"""Lists of vectors that are alike (pgvector's IVFFlat), kept once looking at every vector costs too much.

A list is known by its middle. The middles are found from the vectors that are there when the index is made, so it
is made when there are enough, and made anew when they have become many more or far fewer. See
``docs/decisions/0034``.
"""

from dataclasses import dataclass
from typing import Final

import structlog
from django.db import connection

from leads.models import LeadVector

FROM_ROWS: Final = 50_000
"""Below it every vector is looked at."""
ROWS_OF_A_LIST: Final = 1_000
FEWEST_LISTS: Final = 300
MOST_LISTS: Final = 1_000
FEWEST_LOOKED_INTO: Final = 40
SHARE_LOOKED_INTO: Final = 0.05
NAME: Final = "leads_vector_lists"
_DRAFT: Final = "leads_vector_lists_draft"
MEMORY: Final = "512MB"
"""A thousand lists are found with 280 MB."""

log = structlog.get_logger(__name__)

_LISTS: Final = """
SELECT option.option_value::int FROM pg_index
JOIN pg_class ON pg_class.oid = pg_index.indexrelid, LATERAL pg_options_to_table(pg_class.reloptions) AS option
WHERE pg_index.indexrelid = to_regclass(%s) AND pg_index.indisvalid AND option.option_name = 'lists'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """The index as it was made."""

    count: int

    @property
    def looked_into(self) -> int:
        """How many of the lists, the nearest ones, a search reads."""
        return max(FEWEST_LOOKED_INTO, round(self.count * SHARE_LOOKED_INTO))


def kept() -> Lists | None:
    """The index that searches may use; None while there is none."""
    with connection.cursor() as cursor:
        cursor.execute(_LISTS, [NAME])
        row = cursor.fetchone()
    return Lists(count=row[0]) if row else None


def keep(*, from_rows: int = FROM_ROWS) -> bool:
    """Make the index, make it anew or drop it, as many vectors as there are; return whether anything was done.

    Nothing waits for it: it is made beside the writes, so not inside a transaction. Safe to run twice: what a
    broken run left is dropped first.
    """
    rows, before = LeadVector.objects.count(), kept()
    if rows < from_rows // 2 and before is not None:
        _execute(f"DROP INDEX CONCURRENTLY {NAME}")
        return True
    if rows < from_rows or not _is_stale(before, wanted=_wanted(rows)):
        return False
    _make(_wanted(rows))
    log.info("vectors.lists_made", rows=rows, lists=_wanted(rows))
    return True


def _wanted(rows: int) -> int:
    return min(MOST_LISTS, max(FEWEST_LISTS, rows // ROWS_OF_A_LIST))


def _is_stale(before: Lists | None, *, wanted: int) -> bool:
    return before is None or not before.count / 2 < wanted < before.count * 2


def _make(lists: int) -> None:
    _execute(f"DROP INDEX IF EXISTS {_DRAFT}")
    _execute(f"SET maintenance_work_mem = '{MEMORY}'")
    try:
        _execute(
            f"CREATE INDEX CONCURRENTLY {_DRAFT} ON {LeadVector._meta.db_table}"
            f" USING ivfflat (vector halfvec_ip_ops) WITH (lists = {lists})"
        )
    finally:
        _execute("RESET maintenance_work_mem")
    _execute(f"DROP INDEX IF EXISTS {NAME}; ALTER INDEX {_DRAFT} RENAME TO {NAME}")


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
