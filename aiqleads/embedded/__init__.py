"""PostgreSQL and Redis for one machine with nothing installed."""


def database_url() -> str:
    """The address of the embedded PostgreSQL of this checkout."""
    return ""


def redis_url() -> str:
    """The address of the embedded Redis of this checkout."""
    return ""
