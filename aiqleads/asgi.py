"""HTTP and WebSocket entry point. Refuses to start on a wrong setting, with the check's own words."""

import os
from typing import Any
from urllib.parse import urlsplit

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aiqleads.settings")

import django
from channels.routing import ProtocolTypeRouter
from channels.security.websocket import OriginValidator, WebsocketDenier
from django.conf import settings

django.setup(set_prefix=False)

from accounts.sockets import BearerSockets
from aiqleads.core import origins
from aiqleads.core.checks import refuse_wrong_settings
from aiqleads.settling import settle
from aiqleads.threads import LastingThreads
from marketplace.routing import websocket_router

refuse_wrong_settings()


class OurPagesOnly(OriginValidator):
    """Opens sockets to pages of our own hosts, and to programs, which name no origin as every browser does.

    An origin that is no address is refused, not tripped over.
    """

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        claimed = [value for name, value in scope["headers"] if name == b"origin"]
        if not all(map(_is_address, claimed)):
            return await WebsocketDenier()(scope, receive, send)
        with origins.coming_from(origins.of_scope(scope)):
            if not claimed:
                program: Any = self.application
                return await program(scope, receive, send)
            return await super().__call__(scope, receive, send)


def _is_address(origin: bytes) -> bool:
    try:
        return urlsplit(origin.decode("latin-1")).port != 0
    except ValueError:  # brackets that do not close, a port that is no number
        return False


application = ProtocolTypeRouter(
    {
        "http": LastingThreads(),
        # What the socket tells is public, so nobody has to say who they are; cookies are not looked at.
        "websocket": OurPagesOnly(BearerSockets(websocket_router), settings.ALLOWED_HOSTS),
    }
)
settle()
