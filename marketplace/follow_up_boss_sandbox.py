"""A stand-in for Follow Up Boss: its events API over loopback, into a folder instead of a CRM.

It refuses what Follow Up Boss refuses: no key (401), an event that is no event (400), more than its limit (429 with
Retry-After). A person is known by e-mail or phone, so the same one again is updated (200) and a new one made (201).
Whoever opens its address sees the people.
Source: https://docs.followupboss.com/reference/events-post
"""

import base64
import binascii
import hashlib
import json
import time
from collections import deque
from html import escape
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

EVENTS_PATH: Final = "/v1/events"
MOST_BYTES: Final = 256_000
WINDOW_SECONDS: Final = 10
SHOWN: Final = 50
TYPES: Final = frozenset(
    {"Registration", "Inquiry", "Seller Inquiry", "Property Inquiry", "General Inquiry", "Visited Open House"}
)


def create_app(*, folder: Path, most_in_window: int = 125) -> Starlette:
    """The service for any key; each person becomes a file in ``folder``.

    :param most_in_window: how many events are taken within ``WINDOW_SECONDS``
    """
    taken: deque[float] = deque()

    async def take(request: Request) -> Response:
        if not _key(request):
            return _refused(401, "Access denied. Invalid API key.")
        if waits_seconds := _wait(taken, most_in_window):
            return _refused(429, "Too many requests.", {"Retry-After": str(waits_seconds)})
        body = await request.body()
        told = _event(body)
        return _kept(told, folder) if told else _refused(400, "The event has no person or no known type.")

    async def show(request: Request) -> Response:
        return HTMLResponse(_page(folder))

    return Starlette(
        routes=[Route(EVENTS_PATH, take, methods=["POST"]), Route("/", show, methods=["GET"])],
    )


def _key(request: Request) -> str:
    """The key of a basic authorisation, which has no password."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    try:
        name = base64.b64decode(given, validate=True).partition(b":")[0].decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return name if scheme.lower() == "basic" else ""


def _wait(taken: deque[float], most: int) -> int:
    """Seconds until the next event is taken; 0 when it is now."""
    now = time.monotonic()
    while taken and taken[0] <= now - WINDOW_SECONDS:
        taken.popleft()
    if len(taken) >= most:
        return 1 + int(taken[0] + WINDOW_SECONDS - now)
    taken.append(now)
    return 0


def _event(body: bytes) -> dict[str, Any] | None:
    try:
        told = json.loads(body) if len(body) <= MOST_BYTES else None
    except ValueError:
        return None
    is_event = isinstance(told, dict) and told.get("type") in TYPES and isinstance(told.get("person"), dict)
    return told if is_event else None


def _kept(told: dict[str, Any], folder: Path) -> Response:
    person = told["person"]
    reached = [one["value"] for way in ("emails", "phones") for one in person.get(way, [])]
    known_by = reached[:1] or [json.dumps(person, sort_keys=True)]
    number = int(hashlib.sha256(known_by[0].encode()).hexdigest()[:8], 16)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / f"person-{number}.json"
    is_new = not file.exists()
    file.write_text(json.dumps(told, indent=2, ensure_ascii=False))
    answer = {"id": number, **person, "source": told.get("source")}
    return JSONResponse(answer, status_code=201 if is_new else 200)


def _refused(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"errorMessage": message}, status_code=status, headers=headers)


def _page(folder: Path) -> str:
    files = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime, reverse=True)[:SHOWN]
    shown = "".join(f"<pre>{escape(file.read_text())}</pre><hr>" for file in files)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        "<title>The demo's CRM</title><h1>The demo's CRM</h1>"
        f"{shown or '<p>Nobody yet. Connect it under your account with any key, and buy a lead.</p>'}</html>"
    )
