"""The time that decides about holds, money and rights: the database's, never this machine's.

``core_now()`` is the start of the running statement; ``core_clock()`` moves within it and is asked after a
wait for a lock. Tests replace both functions in their own database; production has no switch.
"""

from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import DateTimeField, Func

FUNCTION_BODIES: Final = {
    "core_now": "SELECT statement_timestamp()",
    "core_clock": "SELECT clock_timestamp()",
}


class Now(Func):
    """``core_now()`` for use inside a query."""

    function = "core_now"
    template = "%(function)s()"
    output_field = DateTimeField()


def now() -> datetime:
    """Ask the database for ``core_now()``, in UTC."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT core_now()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def replaced_functions() -> list[str]:
    """Name the clock functions whose body differs from the one that ships; none before the first migration."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, btrim(prosrc) FROM pg_proc WHERE proname = ANY(%s) ORDER BY proname",
            [list(FUNCTION_BODIES)],
        )
        found = dict(cursor.fetchall())
    return [name for name, body in found.items() if body != FUNCTION_BODIES[name]]
