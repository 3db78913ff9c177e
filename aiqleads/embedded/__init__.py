"""PostgreSQL and Redis for one machine with nothing installed.

``database_url()`` and ``redis_url()`` are addresses only: they start nothing. ``start()`` starts what is not
running and holds it until it is stopped or the process dies. This package imports no Django.
"""

from aiqleads.embedded.errors import EmbeddedServiceError
from aiqleads.embedded.places import Places
from aiqleads.embedded.services import Running, needed, start

__all__ = ["EmbeddedServiceError", "Running", "database_url", "needed", "redis_url", "start"]


def database_url() -> str:
    """The address of this checkout's embedded PostgreSQL: ``postgresql://aiqleads@/aiqleads?host=<folder>``."""
    return Places().database_url


def redis_url() -> str:
    """The address of this checkout's embedded Redis: ``unix:///<folder>/redis.sock``."""
    return Places().redis_url
