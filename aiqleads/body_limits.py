"""How much of a request is taken in: Django keeps all of a body, on disk if it is long, before anybody looks.

What is longer than its address may take is answered with 413 as soon as that is known: by the length it announces,
or once so much has come. Views and fields have smaller limits of their own, in their own words.
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any, Final

from aiqleads.core.bodies import MOST_FORM_BYTES, PayloadTooLarge
from aiqleads.core.problems import CONTENT_TYPE

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MOST_BYTES: Final = MOST_FORM_BYTES + 64 * 1024
IMPORTS: Final = "/admin/scraping/fileimport/"
MOST_BYTES_OF_AN_IMPORT: Final = 301 * 1024 * 1024


class TooLong(Exception):
    """The body is longer than its address takes."""


def most_bytes(path: str) -> int:
    """How long a body may be that is sent to ``path``."""
    return MOST_BYTES_OF_AN_IMPORT if path.startswith(IMPORTS) else MOST_BYTES


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
    body = (json.dumps(document) if is_api else f"{detail} {PayloadTooLarge.remedy}").encode()
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
