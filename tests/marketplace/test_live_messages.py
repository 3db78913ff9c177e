"""What is published reaches every open socket, and costs each of them nothing but its sending."""

import json

from asgiref.sync import SyncToAsync, sync_to_async
from asgiref.testing import ApplicationCommunicator

from aiqleads.core import live
from marketplace.consumers import MarketConsumer

SOLD = {"type": "lead.sold", "lead": "d9a9f7a4-8d3f-4a4b-9a55-2f3b8f0f0e01"}


async def listen() -> ApplicationCommunicator:
    socket = ApplicationCommunicator(MarketConsumer.as_asgi(), {"type": "websocket", "path": "/ws/market/"})
    await socket.send_input({"type": "websocket.connect"})
    assert (await socket.receive_output(timeout=5))["type"] == "websocket.accept"
    return socket


async def test_a_message_reaches_all_sockets_without_a_turn_of_a_thread_for_each(monkeypatch):
    sockets = [await listen() for _ in range(3)]
    tell, take_a_turn = sync_to_async(live.broadcast, thread_sensitive=False), SyncToAsync.__call__
    turns = []
    monkeypatch.setattr(
        SyncToAsync, "__call__", lambda self, *given: turns.append(self) or take_a_turn(self, *given)
    )

    await tell(live.MARKET_GROUP, SOLD)
    heard = [(await socket.receive_output(timeout=5))["text"] for socket in sockets]

    assert [json.loads(text) for text in heard] == [SOLD] * 3
    assert turns == [tell]
    for socket in sockets:
        await socket.send_input({"type": "websocket.disconnect", "code": 1000})
        await socket.wait()
