"""How much of a request is taken in: Django keeps all of a body, on disk if it is long, before anybody looks.

What is longer than its address may take is answered with 413 as soon as that is known: by the length it announces,
or once so much has come. Views and fields have smaller limits of their own, in their own words.

One address takes tables of 300 MB. Who sends to it is looked up before the first byte is read, by their cookie
alone: for whoever may bring no tables it is an address like any other.
"""

import io
import json
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any, Final, cast

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.handlers.asgi import ASGIRequest
from django.db import DatabaseError, close_old_connections
from django.http import HttpRequest, HttpResponse
from django_otp.middleware import OTPMiddleware

from accounts.middleware import is_verified
from accounts.models import User
from aiqleads.core.bodies import MOST_FORM_BYTES, PayloadTooLarge
from aiqleads.core.problems import CONTENT_TYPE

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MOST_BYTES: Final = MOST_FORM_BYTES + 64 * 1024
TABLES: Final = "/admin/scraping/fileimport/upload/"
MOST_BYTES_OF_A_TABLE: Final = 301 * 1024 * 1024
MOST_BYTES_OF_A_MESSAGE: Final = 256 * 1024
MESSAGES: Final = frozenset({"/webhooks/stripe/", "/webhooks/paypal/", "/webhooks/sandbox/"})
"""Anybody can send to these, and what providers send is short."""
BRING_TABLES: Final = "scraping.change_fileimport"
"""What ``scraping.admin.files`` asks of whoever opens that door."""


class TooLong(Exception):
    """The body is longer than its address takes."""


def may_bring_tables(scope: Any) -> bool:
    """Whether a request's cookie is of an operator who showed two factors and may bring tables. Asks the database.

    While that does not answer, nobody may: no page would be there for them either.
    """
    request = ASGIRequest(scope, io.BytesIO())
    if "\0" in request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""):
        return False
    SessionMiddleware(_answered).process_request(request)
    AuthenticationMiddleware(_answered).process_request(request)
    OTPMiddleware(_answered)(request)
    try:
        user = cast("User", request.user)
        return user.is_active and user.is_staff and is_verified(user) and user.has_perm(BRING_TABLES)
    except DatabaseError:
        return False
    finally:
        close_old_connections()  # whoever is refused makes no request that would give it back


def _answered(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def announced_bytes(headers: list[tuple[bytes, bytes]]) -> int:
    """How long a body says it is; 0 where it does not say."""
    told = dict(headers).get(b"content-length", b"")
    return int(told[:20]) if told.isdigit() else 0


def counted(receive: Receive, *, most: int) -> Receive:
    """``receive``, until more than ``most`` bytes of the body have come.

    :raises TooLong: they have
    """
    came = 0

    async def receive_some() -> Message:
        nonlocal came
        message = await receive()
        came += len(message.get("body", b""))
        if came > most:
            raise TooLong
        return message

    return receive_some


async def refuse(path: str, send: Send) -> None:
    """Answer 413: as a problem document at the API, in a sentence elsewhere."""
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code, detail = PayloadTooLarge.default_code, str(PayloadTooLarge.default_detail)
    document = {
        "type": f"/problems/{code}",
        "title": status.phrase,
        "status": int(status),
        "code": code,
        "detail": detail,
    }
    is_api = path.startswith("/api/")
    remedy = "Log in as an operator and bring it again." if path == TABLES else PayloadTooLarge.remedy
    body = (json.dumps(document) if is_api else f"{detail} {remedy}").encode()
    headers = {
        "Content-Type": CONTENT_TYPE if is_api else "text/plain; charset=utf-8",
        "Content-Length": str(len(body)),
        "Content-Security-Policy": "default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Connection": "close",
    }
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": int(status), "headers": encoded})
    await send({"type": "http.response.body", "body": body})
