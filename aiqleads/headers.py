"""Middleware: what every answer says about where it may be shown and what its page may use, beside the CSP."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_only_middleware

from aiqleads.core.middleware import GetResponse

NOBODY_MAY: Final = (
    "accelerometer",
    "autoplay",
    "bluetooth",
    "browsing-topics",
    "camera",
    "display-capture",
    "encrypted-media",
    "gyroscope",
    "hid",
    "identity-credentials-get",
    "idle-detection",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "screen-wake-lock",
    "serial",
    "usb",
    "xr-spatial-tracking",
)
OUR_PAGES_MAY: Final = (
    "geolocation",
    "publickey-credentials-create",
    "publickey-credentials-get",
    "clipboard-write",
    "fullscreen",
)
PERMISSIONS_POLICY: Final = ", ".join(
    [*(f"{name}=(self)" for name in OUR_PAGES_MAY), *(f"{name}=()" for name in NOBODY_MAY)]
)


@sync_only_middleware
def isolated_answers(get_response: GetResponse) -> GetResponse:
    """Keep other sites from embedding what we answer, and our pages from what they do not need.

    A page that shows map tiles of another host embeds what that host need not have marked for it.
    """

    def answered(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if not settings.MAP_TILES_ORIGINS:
            response.headers.setdefault("Cross-Origin-Embedder-Policy", "require-corp")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response

    return answered
