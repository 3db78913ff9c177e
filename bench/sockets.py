"""How soon after a commit another page's WebSocket hears of it, with a thousand of them open."""

import asyncio
import json
import multiprocessing
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

OPENED_AT_ONCE: Final = 50
QUIET_SECONDS: Final = 3.0
LISTENED_FOR: Final = "lead.held"

Heard = dict[str, list[float]]
"""When each socket heard that a lead was held, by the lead's id: seconds since 1970."""


@contextmanager
def listening(port: int, sockets: int) -> Iterator["Connection[Any, Any]"]:
    """Have so many sockets open in another process; ask the connection for what they heard by ``heard``."""
    ours, theirs = multiprocessing.Pipe()
    listener = multiprocessing.get_context("spawn").Process(target=_listen, args=(port, sockets, theirs))
    listener.start()
    try:
        if ours.recv() != sockets:
            raise RuntimeError("Not every socket was opened.")
        yield ours
    finally:
        listener.terminate()
        listener.join()


def heard(line: "Connection[Any, Any]") -> Heard:
    """What arrived, once nothing has for some seconds."""
    line.send("told everything")
    answer: Heard = line.recv()
    return answer


def _listen(port: int, sockets: int, line: "Connection[Any, Any]") -> None:
    asyncio.run(_hear(port, sockets, line))


async def _hear(port: int, sockets: int, line: "Connection[Any, Any]") -> None:
    arrived: Heard = defaultdict(list)
    opened: list[ClientConnection] = []
    for start in range(0, sockets, OPENED_AT_ONCE):
        some = range(start, min(start + OPENED_AT_ONCE, sockets))
        opened += await asyncio.gather(*(_open(port) for _ in some))
    tasks = [asyncio.create_task(_note(one, arrived)) for one in opened]
    await asyncio.to_thread(line.send, len(opened))
    await asyncio.to_thread(line.recv)
    await _until_quiet(arrived)
    await asyncio.to_thread(line.send, dict(arrived))
    await asyncio.gather(*tasks, return_exceptions=True)


async def _open(port: int) -> ClientConnection:
    host = f"127.0.0.1:{port}"
    return await connect(f"ws://{host}/ws/market/", origin=Origin(f"http://{host}"), open_timeout=60)


async def _note(socket: ClientConnection, arrived: Heard) -> None:
    async for text in socket:
        arrived_at = time.time()
        message = json.loads(text)
        if message["type"] == LISTENED_FOR:
            arrived[message["lead"]].append(arrived_at)


async def _until_quiet(arrived: Heard) -> None:
    while True:
        before = sum(map(len, arrived.values()))
        await asyncio.sleep(QUIET_SECONDS)
        if sum(map(len, arrived.values())) == before:
            return
