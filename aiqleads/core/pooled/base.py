"""The database engine of ``DATABASES``: a pooled connection found dead has all idle ones looked at, at once.

The pool's own check takes one dead connection after the other and waits 0, 1, 2, 4 … seconds in between, so ten of
them would keep the first request after a restart of the database for longer than anybody waits.
"""

from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    """Looks at each connection that it takes from the pool itself; ``CONN_HEALTH_CHECKS`` has the pool do it."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Take a connection that answers from the pool, or make one where there is no pool.

        :raises psycopg.OperationalError: none came within the pool's ``timeout``, or all that came had ended
        """
        pool = self.pool
        for _ in range(pool.max_size + 1 if pool else 1):
            connection = super().get_new_connection(conn_params)
            if pool is None or answers(connection, pool):
                return connection
            pool.check()  # drops every idle one that is dead and has others made in their place
        raise psycopg.OperationalError("Each connection to the database had ended before it was used.")


def answers(connection: Any, pool: ConnectionPool[Any]) -> bool:
    """Whether a connection of the pool is alive. One that is not goes back, and the pool makes another."""
    try:
        pool.check_connection(connection)
    except BaseException as error:
        pool.putconn(connection)
        if isinstance(error, psycopg.Error):
            return False
        raise  # the asker's time is up, perhaps
    return True
