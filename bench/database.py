"""A database of the benchmarks' own, filled with synthetic leads and dropped afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

NAME = "aiqleads_bench"


def url_of_the_bench(database_url: str, *, name: str = NAME) -> str:
    """The same server, another database."""
    return urlsplit(database_url)._replace(path=f"/{name}").geturl()


@contextmanager
def fresh(database_url: str) -> Iterator[None]:
    """Have an empty database for the time of the ``with``; one that a killed run left is dropped first."""
    with psycopg.connect(database_url, autocommit=True) as server:
        _drop(server)
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(NAME)))
        try:
            yield
        finally:
            _drop(server)


def _drop(server: psycopg.Connection) -> None:
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(NAME)))
