"""The connections to providers: every call of a process runs on one event loop in a thread of its own.

So a deadline ends a call that trickles, and many calls at once need no threads.
"""

import asyncio
import os
import threading
from collections import OrderedDict
from collections.abc import Coroutine
from concurrent.futures import Future
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ai.providers import Endpoint

if TYPE_CHECKING:
    from openai import AsyncOpenAI

T = TypeVar("T")

CONNECT_SECONDS: Final = 5.0
MOST_CLIENTS: Final = 16


async def pause(seconds: float) -> None:
    """Let ``seconds`` pass."""
    await asyncio.sleep(seconds)


def start(work: Coroutine[Any, Any, T]) -> "Future[T]":
    """Run ``work`` on this process's loop."""
    return asyncio.run_coroutine_threadsafe(work, _loop())


def wait_for(work: Coroutine[Any, Any, T]) -> T:
    """Run ``work`` on this process's loop and wait for what it returns or raises."""
    return start(work).result()


_starting = threading.Lock()


def _loop() -> asyncio.AbstractEventLoop:
    with _starting:  # of two loops each would wait for connections of the other
        return _started_loop()


@cache
def _started_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="models", daemon=True).start()
    return loop


_clients: "OrderedDict[Endpoint, AsyncOpenAI]" = OrderedDict()


def client(endpoint: Endpoint) -> "AsyncOpenAI":
    """The SDK's client, kept with its connections. Called on the loop alone."""
    import httpx2  # noqa: PLC0415
    from openai import AsyncOpenAI, DefaultAsyncHttpxClient  # noqa: PLC0415

    if endpoint not in _clients:
        _clients[endpoint] = AsyncOpenAI(
            api_key=endpoint.key,
            base_url=endpoint.url,
            max_retries=0,
            timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS),  # asyncio.timeout is the deadline of the rest
            http_client=DefaultAsyncHttpxClient(follow_redirects=False),  # a key goes where it was meant to go
        )
        while len(_clients) > MOST_CLIENTS:
            _, oldest = _clients.popitem(last=False)
            asyncio.get_running_loop().create_task(oldest.close())
    _clients.move_to_end(endpoint)
    return _clients[endpoint]


def _forget_the_parents() -> None:
    """A forked worker has no thread that runs the loop, and connections that are its parent's."""
    global _starting  # noqa: PLW0603 - the parent's may have been held by a thread that is not here
    _starting = threading.Lock()
    _started_loop.cache_clear()
    _clients.clear()


os.register_at_fork(after_in_child=_forget_the_parents)
