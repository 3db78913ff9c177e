"""Middleware of the kernel: where a request comes from."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_only_middleware

from aiqleads.core import origins

GetResponse = Callable[[HttpRequest], HttpResponseBase]


@sync_only_middleware
def origin_of_requests(get_response: GetResponse) -> GetResponse:
    """Have everything that a request does note where it comes from, and tell its id in ``X-Request-ID``.

    An id that a client brings is not taken over: whoever chooses it could pass for somebody else's request.
    """

    def answered(request: HttpRequest) -> HttpResponseBase:
        address, agent = request.META.get("REMOTE_ADDR", ""), request.headers.get("User-Agent", "")
        with origins.coming_from(origins.of_client(door=_door(request.path), address=address, agent=agent)) as here:
            response = get_response(request)
        response["X-Request-ID"] = here.request_id
        return response

    return answered


def _door(path: str) -> str:
    if path.startswith("/api/"):
        return "api"
    return "admin" if path.startswith("/admin/") else "page"
