"""Lists of people at scale: a do-not-call edition and a state's deletion list, beside a bare COPY of hashes."""

import io
import itertools
import time
from collections.abc import Iterator
from typing import Final

from django.core.files.base import File
from django.db import connection

from accounts.services import deletion_lists, do_not_call
from aiqleads.core import clock
from bench.measuring import Figure

FIGURES: Final = ("list of 0: do not call", "list of 0: deletion, hashed", "list of 0: deletion, plain")
MOST_RATIO: Final = 40.0
"""A bound that only a mistake crosses: ours hashes each number under a key, sorts and looks each up."""


def figures(rows: int) -> Iterator[Figure]:
    """Rows a second of each, and of a bare COPY of as many digests.

    :param rows: of each list; a tenth of that for the plain one, whose people are kept out for good
    """
    bare = _copied(rows)
    began = time.perf_counter()
    do_not_call.load_edition(slug="bench", name="Of a benchmark", as_of=clock.now().date(), lines=_numbers(rows))
    yield _figure(f"list of {rows:,}: do not call", rows, time.perf_counter() - began, bare)
    for how, several, lines in (("hashed", rows, _hashed(rows)), ("plain", rows // 10, _plain(rows // 10))):
        file = io.BytesIO("\n".join(lines).encode())
        began = time.perf_counter()
        brought = deletion_lists.bring_list(file=File(file), file_name="list.csv", state_code="CA")
        deletion_lists.follow_list(list_id=brought.pk)
        yield _figure(f"list of {several:,}: deletion, {how}", several, time.perf_counter() - began, bare)


def _figure(name: str, rows: int, seconds: float, bare: float) -> Figure:
    return Figure(
        name=name, value=rows / seconds, unit="rows/s", at_least=bare / MOST_RATIO, beside="bare COPY", other=bare
    )


def _numbers(rows: int) -> Iterator[str]:
    return (f"{number // 10_000_000 + 201:03d},{number % 10_000_000:07d}" for number in range(rows))


def _hashed(rows: int) -> Iterator[str]:
    return itertools.chain(["phone_sha256"], (f"{number:064x}" for number in range(rows)))


def _plain(rows: int) -> Iterator[str]:
    return itertools.chain(["email"], (f"person{number}@example.com" for number in range(rows)))


def _copied(rows: int) -> float:
    """Digests a second into a table of one indexed column."""
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bare_digests (digest bytea PRIMARY KEY)")
        with cursor.copy("COPY bare_digests (digest) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["bytea"])
            for number in range(rows):
                copy.write_row((number.to_bytes(16, "big"),))
        cursor.execute("DROP TABLE bare_digests")
    return rows / (time.perf_counter() - began)
