"""WebSocket addresses."""

from channels.routing import URLRouter
from django.urls import path

from marketplace.consumers import MarketConsumer

websocket_router = URLRouter([path("ws/market/", MarketConsumer.as_asgi())])  # type: ignore[arg-type, list-item]
