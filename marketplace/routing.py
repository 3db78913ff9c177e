"""WebSocket addresses."""

from channels.routing import URLRouter
from django.urls import path, re_path

from marketplace.consumers import MarketConsumer, NothingHere

websocket_router = URLRouter(
    [
        path("ws/market/", MarketConsumer.as_asgi()),  # type: ignore[arg-type, list-item]
        re_path("", NothingHere.as_asgi()),  # type: ignore[arg-type, list-item]
    ]
)
