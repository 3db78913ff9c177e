"""The one way to write: a durable transaction, short lock waits, and another try where PostgreSQL asks for one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Final, ParamSpec, TypeVar

import psycopg
import structlog
from django.db import OperationalError, connection, transaction
from psycopg import errors as postgres

P = ParamSpec("P")
R = TypeVar("R")

LOCK_TIMEOUT_SECONDS: Final = 3
ATTEMPTS: Final = 3
RETRYABLE: Final = (postgres.DeadlockDetected, postgres.SerializationFailure)
SERVER_GOES_DOWN: Final = (postgres.AdminShutdown, postgres.CrashShutdown)

_is_joined: ContextVar[bool] = ContextVar("is_joined", default=False)
log = structlog.get_logger(__name__)


class LockTimeout(Exception):
    """Somebody else kept the rows for longer than ``LOCK_TIMEOUT_SECONDS``; nothing was changed."""


def write(service: Callable[P, R]) -> Callable[P, R]:
    """Run a service in its own durable transaction.

    A deadlock, a serialisation failure or a connection that ended before the commit runs the whole service again,
    ``ATTEMPTS`` times in all, so a decorated service must keep its effects inside the database. A connection that
    ends in the commit itself is the caller's to look into: nobody knows whether it was the last word.

    :raises LockTimeout: a lock was not granted in time
    """

    @wraps(service)
    def durable(*args: P.args, **kwargs: P.kwargs) -> R:
        if _is_joined.get() and connection.in_atomic_block:
            return _as_part(service, *args, **kwargs)
        for attempt in range(1, ATTEMPTS + 1):
            is_done = False
            try:
                with transaction.atomic(durable=True):
                    limit_lock_waits()
                    result = service(*args, **kwargs)
                    is_done = True
                return result
            except OperationalError as error:
                if isinstance(error.__cause__, postgres.LockNotAvailable):
                    raise LockTimeout(service.__name__) from error
                if not _may_run_again(error, is_done=is_done) or attempt == ATTEMPTS:
                    raise
                log.warning("transaction.retried", service=service.__name__, attempt=attempt)
        raise AssertionError("unreachable")  # pragma: no cover

    return durable


@contextmanager
def joined() -> Iterator[None]:
    """Let the services that the next one calls be parts of its transaction: all of them are done, or none.

    What a service refuses is undone alone, and what the end of its transaction would find out is found at its end.
    """
    token = _is_joined.set(True)
    try:
        yield
    finally:
        _is_joined.reset(token)


def _as_part(service: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    with transaction.atomic():
        result = service(*args, **kwargs)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return result


def _may_run_again(error: OperationalError, *, is_done: bool) -> bool:
    cause = error.__cause__
    if isinstance(cause, RETRYABLE):
        return True
    is_lost = isinstance(cause, SERVER_GOES_DOWN) or type(cause) is psycopg.OperationalError
    return is_lost and not is_done


def limit_lock_waits() -> None:
    """Let no statement of the running transaction wait longer than ``LOCK_TIMEOUT_SECONDS`` for a lock."""
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{LOCK_TIMEOUT_SECONDS}s"])


def require_transaction() -> None:
    """Refuse to go on outside a transaction: a lock taken there would be gone at once."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("locks are taken inside a transaction")


def refuse_transaction() -> None:
    """Refuse to go on inside a transaction: what waits for somebody else's server would keep its locks meanwhile.

    The transaction that a test is wrapped in does not count, as for ``durable``.
    """
    if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
        raise transaction.TransactionManagementError("nobody else is waited for inside a transaction")
