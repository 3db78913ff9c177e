"""Web requests are answered by threads that stay, and that keep nothing of a request but their connections."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.core.cache import cache, caches
from django.core.signals import request_finished, request_started
from django.utils import translation

from aiqleads.asgi import application
from aiqleads.threads import LastingThreads


@pytest.fixture
def answerers() -> Iterator[list[int]]:
    """Which thread began and ended each request."""
    seen: list[int] = []

    def note(**_: object) -> None:
        seen.append(threading.get_ident())

    for signal in (request_started, request_finished):
        signal.connect(note)
    yield seen
    for signal in (request_started, request_finished):
        signal.disconnect(note)


async def ask(path: str, handler: Any = application) -> int:
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
    }
    line = ApplicationCommunicator(handler, scope)
    await line.send_input({"type": "http.request"})
    status: int = (await line.receive_output(timeout=10))["status"]
    await line.receive_output(timeout=10)
    await line.wait()
    return status


async def test_requests_in_turn_are_answered_by_one_thread_from_beginning_to_end(answerers):
    assert [await ask("/health/live") for _ in range(3)] == [200] * 3

    assert len(answerers) == 6
    assert len({*answerers, threading.get_ident()}) == 2


async def test_requests_at_the_same_time_are_not_kept_waiting_for_each_other(answerers):
    assert await asyncio.gather(*(ask("/health/live") for _ in range(4))) == [200] * 4

    assert len(set(answerers)) == 4


async def test_threads_beyond_those_that_may_stay_end_with_their_request():
    handler = LastingThreads(most_idle=1)

    await asyncio.gather(*(ask("/health/live", handler) for _ in range(3)))

    assert len(handler.idle) == 1


async def test_a_language_ends_with_its_request(answerers):
    request_started.connect(speak_spanish := lambda **_: translation.activate("es"))
    await ask("/health/live")
    request_started.disconnect(speak_spanish)
    spoken: list[str] = []
    request_started.connect(listen := lambda **_: spoken.append(translation.get_language()))

    await ask("/health/live")

    request_started.disconnect(listen)
    assert spoken == ["en-us"]
    assert len(set(answerers)) == 1


def test_every_request_asks_redis_by_the_same_client():
    cache.set("where", "there")

    assert caches.create_connection("default")._cache is caches["default"]._cache
    assert caches.create_connection("default").get("where") == "there"
