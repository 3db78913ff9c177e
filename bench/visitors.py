"""Eight visitors who ask at once, in a process of their own: of the web server, or of PostgreSQL itself."""

import http.client
import itertools
import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

import psycopg

AT_ONCE: Final = 8
WARM_UP: Final = 2

Ask = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds that half and that 95 of a hundred answers took at most."""

    p50_ms: float
    p95_ms: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Latency":
        steps = statistics.quantiles(seconds, n=20, method="inclusive")
        return cls(p50_ms=steps[9] * 1000, p95_ms=steps[18] * 1000)


def of_server(port: int, path: str, *, each: int) -> Latency:
    """How long the web server takes to answer ``each`` times every visitor.

    :raises RuntimeError: an answer is not 200
    """
    return _elsewhere(_ask_server, (port, path, each))


def of_database(url: str, statements: Sequence[str], *, each: int) -> Latency:
    """How long PostgreSQL takes for the statements, one after another."""
    return _elsewhere(_ask_database, (url, statements, each))


def of_threads(ask: Ask, *, each: int, at_once: int) -> Latency:
    """How long ``ask`` takes where so many threads of this process do it."""
    return Latency.of(_by_turns([ask] * at_once, each))


def _elsewhere(work: Callable[..., list[float]], arguments: tuple[Any, ...]) -> Latency:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return Latency.of(pool.apply(work, arguments))


def _ask_server(port: int, path: str, each: int) -> list[float]:
    numbers = itertools.count()
    lines = [http.client.HTTPConnection("127.0.0.1", port, timeout=120) for _ in range(AT_ONCE)]
    try:
        return _by_turns([_visitor(line, path, numbers) for line in lines], each)
    finally:
        for line in lines:
            line.close()


def _visitor(line: http.client.HTTPConnection, path: str, numbers: Iterator[int]) -> Ask:
    """Asks from another network each time: visitors are counted by it, and greedy ones turned away."""

    def ask() -> None:
        number = next(numbers)
        line.request("GET", path, headers={"X-Forwarded-For": f"2001:db8:{number // 9999:x}:{number % 9999:x}::1"})
        answer = line.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}")

    return ask


def _ask_database(url: str, statements: Sequence[str], each: int) -> list[float]:
    connections = [psycopg.connect(url, autocommit=True) for _ in range(AT_ONCE)]
    try:
        return _by_turns([_reader(connection, statements) for connection in connections], each)
    finally:
        for connection in connections:
            connection.close()


def _reader(connection: "psycopg.Connection[Any]", statements: Sequence[str]) -> Ask:
    def ask() -> None:
        for statement in statements:
            with closing(connection.execute(statement.encode())) as cursor:
                cursor.fetchall()

    return ask


def _by_turns(asks: Sequence[Ask], each: int) -> list[float]:
    def go_on(ask: Ask) -> list[float]:
        return [_seconds(ask) for _ in range(each + WARM_UP)][WARM_UP:]

    with ThreadPoolExecutor(len(asks)) as threads:
        return list(itertools.chain.from_iterable(threads.map(go_on, asks)))


def _seconds(ask: Ask) -> float:
    started_at = time.perf_counter()
    ask()
    return time.perf_counter() - started_at
