"""HTTP and WebSocket entry point. Refuses to start on a wrong setting, with the check's own words."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aiqleads.settings")

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from aiqleads.core.checks import refuse_wrong_settings
from marketplace.routing import websocket_router

refuse_wrong_settings()

application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(websocket_router)),
    }
)
