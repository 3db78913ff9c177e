"""WebSocket addresses."""

from django.urls import path

from marketplace.consumers import MarketConsumer

websocket_urlpatterns = [path("ws/market/", MarketConsumer.as_asgi())]
