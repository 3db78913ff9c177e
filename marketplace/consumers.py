"""The market socket: tells open pages that a lead was held, released, sold, priced, listed or withdrawn."""

from typing import Any

from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from aiqleads.core import live


class NothingHere(AsyncJsonWebsocketConsumer):
    """Refuses the connection: no socket is served at this address."""

    async def connect(self) -> None:
        await self.close()


class MarketConsumer(AsyncJsonWebsocketConsumer):
    """Sends what is published to the market group; anonymous visitors may listen, since it is all public.

    Anything a client sends but ``{"type": "ping"}`` is answered with an error and changes nothing.
    """

    groups = [live.MARKET_GROUP]

    async def dispatch(self, message: dict[str, Any]) -> None:
        """As Channels does, which also has a thread look for old connections at each message to each socket.

        A thousand sockets cost a thousand turns of that thread; and no database is asked here.
        """
        await getattr(self, get_handler_name(message))(message)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
        try:
            message = await self.decode_json(text_data or "")
        except (ValueError, RecursionError):  # no JSON, or JSON nested beyond reason
            message = None
        if isinstance(message, dict) and message.get("type") == "ping":
            await self.send_json({"type": "pong"})
        else:
            await self.send_json({"type": "error", "detail": 'Only {"type": "ping"} is understood here.'})

    async def live_message(self, event: dict[str, Any]) -> None:
        """Pass on one published message."""
        await self.send(text_data=event["text"])
