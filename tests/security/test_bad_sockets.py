"""What no page sends to a socket: answered with an error or a closed connection, never with a stack trace."""

import json
from collections.abc import AsyncIterator, Iterator
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator

from accounts import services as accounts
from aiqleads.asgi import application
from marketplace.events import LeadHeld
from marketplace.offering import tell_open_pages
from tests.security.conftest import visitor

HERE = [(b"host", b"localhost"), (b"origin", b"http://localhost")]


class Socket(ApplicationCommunicator):
    """A page's end of a socket."""

    def __init__(self, path: str = "/ws/market/", headers: list[tuple[bytes, bytes]] = HERE) -> None:
        scope = {"type": "websocket", "path": path, "query_string": b"", "headers": headers, "subprotocols": []}
        super().__init__(application, scope)

    async def is_accepted(self) -> bool:
        await self.send_input({"type": "websocket.connect"})
        return bool((await self.receive_output(timeout=5))["type"] == "websocket.accept")

    async def say(self, message: str | bytes) -> Any:
        """Send one frame and read the answer to it."""
        await self.send_input(
            {"type": "websocket.receive", ("text" if isinstance(message, str) else "bytes"): message}
        )
        return await self.hear()

    async def hear(self) -> Any:
        """Read what comes next."""
        return json.loads((await self.receive_output(timeout=5))["text"])

    async def leave(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait()


@pytest.fixture
async def market() -> AsyncIterator[Socket]:
    socket = Socket()
    assert await socket.is_accepted()
    yield socket
    await socket.leave()


@pytest.fixture(autouse=True)
def no_stack_trace(log_lines: StringIO) -> Iterator[None]:
    yield
    assert "Traceback" not in log_lines.getvalue()


UNREADABLE: list[Any] = [
    "{",
    "nonsense",
    "null",
    "[]",
    '"ping"',
    "\0",
    "NaN",
    "1e999",
    "9" * 5_000,
    "[" * 60_000,
    '{"a":' * 12_000,
    "x" * 60_000,
    '{"type": "lead.sold", "lead": "x"}',
    '{"type": "live.message", "text": "{}"}',
    '{"type": "websocket.disconnect"}',
    '{"type": ["ping"]}',
    '{"type": {"ping": 1}}',
    '{"type": "\\ud800"}',
    '{"type": "group.add", "group": "somebody"}',
    b"\xff\xfe",
    b'{"type": "ping"}',
]


async def test_what_is_not_a_ping_is_answered_with_an_error_and_nothing_else(market):
    for message in UNREADABLE:
        answer = await market.say(message)
        assert (answer["type"], answer["code"]) == ("error", "unknown_command"), message
    assert await market.say('{"type": "ping"}') == {"type": "pong"}


async def test_what_one_socket_says_reaches_no_other(market):
    other = Socket()
    assert await other.is_accepted()

    await market.say('{"type": "live.message", "text": "{}"}')

    assert await other.receive_nothing()
    await other.leave()


@pytest.mark.parametrize(
    "path", ["/", "/ws/", "/ws/market", "/ws/chat/1/", "/ws/market/x/", "/ws/market/\0", "/admin/"]
)
async def test_a_socket_where_there_is_none_is_refused(path):
    assert not await Socket(path).is_accepted()


@pytest.mark.parametrize(
    "origin",
    [
        b"https://evil.example.com",
        b"null",
        b"http://[",
        b"http://localhost:x",
        b"\xff",
        b"http://localhost.evil.example.com",
    ],
)
async def test_a_page_of_another_site_is_refused(origin):
    assert not await Socket(headers=[(b"host", b"localhost"), (b"origin", origin)]).is_accepted()


@pytest.mark.parametrize(
    "cookie", [b'sessionid="aaaaaaaaaa\\000"', b"sessionid=gone", b"\xff=\xff", b"sessionid=" + b"x" * 5_000]
)
async def test_a_session_that_is_over_or_never_was_still_hears_what_is_public(cookie):
    socket = Socket(headers=[*HERE, (b"cookie", cookie)])

    assert await socket.is_accepted()
    await socket.leave()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ending", ["logged out", "suspended"])
async def test_a_socket_left_open_hears_what_everybody_hears(alice, olga, ending):
    browser = visitor()
    await browser.aforce_login(alice.user, backend="django.contrib.auth.backends.ModelBackend")
    session = f"sessionid={browser.cookies['sessionid'].value}".encode()
    alices, strangers = Socket(headers=[*HERE, (b"cookie", session)]), Socket()
    assert await alices.is_accepted()
    assert await strangers.is_accepted()
    if ending == "suspended":
        suspend = sync_to_async(accounts.suspend_user)
        await suspend(user_id=alice.user_id, reason="A test.", actor_id=olga.pk)
    else:
        await browser.alogout()

    lead_id, until = uuid4(), "2026-03-04T16:05:00+00:00"
    await sync_to_async(tell_open_pages)(LeadHeld(lead_id=lead_id, until=until, is_extension=False))

    for socket in (alices, strangers):
        assert await socket.hear() == {"type": "lead.held", "lead": str(lead_id), "until": until}
        assert await socket.receive_nothing()
        await socket.leave()
