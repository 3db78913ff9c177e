"""PostgreSQL and Redis for one machine with nothing installed.

``database_url()`` and ``redis_url()`` are addresses only: they start nothing.
This package imports no Django.
"""

from aiqleads.embedded.places import Places


def database_url() -> str:
    """The address of this checkout's embedded PostgreSQL: ``postgresql://aiqleads@/aiqleads?host=<folder>``."""
    return Places().database_url


def redis_url() -> str:
    """The address of this checkout's embedded Redis: ``unix:///<folder>/redis.sock``."""
    return Places().redis_url
