"""Sockets of members and their programs: who asks, proven as for the API, and asked anew at each command.

A program proves itself by ``Authorization: Bearer …`` when it connects, or by its first message
``{"type": "authenticate", "token": "…"}``: never in the address, which logs keep. What a command needs is declared
where it is handled. A credential that ended, or a member whose role changed, finds the socket closed.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, ClassVar, Final, TypeVar

from channels.consumer import get_handler_name
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from accounts import credentials
from accounts.credentials import Credential, NotProven
from accounts.models.credentials import Scope

H = TypeVar("H", bound=Callable[..., Awaitable[None]])

MOST_CHARACTERS: Final = 65_536
MESSAGES_A_SECOND: Final = 10
MESSAGES_AT_ONCE: Final = 40


class Close(IntEnum):
    """Why a socket was closed; clients rely on the numbers (docs/subsystems/live.md)."""

    TOO_BIG = 1009
    NOT_PROVEN = 4401
    ACCESS_CHANGED = 4403
    TOO_MANY_MESSAGES = 4429


@dataclass(frozen=True, slots=True)
class Needs:
    """What a command asks for; ``scope`` is None where anybody may send it."""

    scope: Scope | None


def command(name: str, *, scope: Scope | None) -> Callable[[H], H]:
    """Handle the messages whose ``type`` is ``name`` (``noun.verb``) by a method of a ``MemberSocket``."""

    def mark(handler: H) -> H:
        handler.command = (name, Needs(scope))  # type: ignore[attr-defined]
        return handler

    return mark


class BearerSockets:
    """Channels middleware: puts the token of ``Authorization: Bearer …`` into ``scope["token"]``, None without."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        headers = dict(scope["headers"])
        scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        is_bearer = scheme.lower() == "bearer"
        return await self.inner({**scope, "token": token.strip() if is_bearer else None}, receive, send)


class MemberSocket(AsyncJsonWebsocketConsumer):
    """A socket that anybody may open, whose commands may ask who it is. Subclasses add commands and groups."""

    commands: ClassVar[dict[str, tuple[str, Needs]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        marked = {name: getattr(getattr(cls, name), "command", None) for name in dir(cls)}
        cls.commands = {told[0]: (name, told[1]) for name, told in marked.items() if told}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.credential: Credential | None = None
        self._token: str | None = None
        self._allowed = float(MESSAGES_AT_ONCE)
        self._counted_at_seconds = time.monotonic()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """As Channels does, which also has a thread look for old connections at each message to each socket.

        A thousand sockets cost a thousand turns of that thread; what asks the database here looks itself.
        """
        await getattr(self, get_handler_name(message))(message)

    async def connect(self) -> None:
        await self.accept()
        token = dict(self.scope).get("token")
        if token:
            await self._prove(token)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
        if len(text_data or bytes_data or "") > MOST_CHARACTERS:
            await self.close(Close.TOO_BIG)
        elif not self._is_in_time():
            await self.close(Close.TOO_MANY_MESSAGES)
        else:
            await self._receive(text_data or "")

    async def _receive(self, text: str) -> None:
        try:
            message = await self.decode_json(text)
        except (ValueError, RecursionError):  # no JSON, or JSON nested beyond reason
            message = None
        kind = message.get("type") if isinstance(message, dict) else None
        if kind == "authenticate":
            await self._prove(message.get("token"))
        elif isinstance(kind, str) and kind in self.commands:
            await self._obey(kind, message)
        else:
            await self.refuse("unknown_command", f"Understood are: {', '.join(['authenticate', *self.commands])}.")

    async def _obey(self, kind: str, message: dict[str, Any]) -> None:
        handler, needs = self.commands[kind]
        if self._token is not None and not await self._is_still_proven():
            return
        if needs.scope is not None and self.credential is None:
            await self.refuse("not_authenticated", 'Say first who you are: {"type": "authenticate", "token": "…"}.')
        elif needs.scope is not None and self.credential and not self.credential.allows(needs.scope):
            await self.refuse("insufficient_scope", f'This key was not made for "{needs.scope.value}".')
        else:
            await getattr(self, handler)(message)

    async def _prove(self, token: Any) -> None:
        proven = await self._authenticate(token) if isinstance(token, str) else None
        if proven is None:
            await self.close(Close.NOT_PROVEN)
        elif proven.membership is None:
            await self.close(Close.ACCESS_CHANGED)
        else:
            self.credential, self._token = proven, token
            await self.send_json(
                {
                    "type": "authenticated",
                    "role": proven.membership.role,
                    "scopes": sorted(proven.scopes),
                    "until": proven.expires_at.isoformat(),
                }
            )

    async def _is_still_proven(self) -> bool:
        """Whether the credential opens what it opened; closes the socket where it does not."""
        now = await self._authenticate(self._token or "")
        if now is None:
            await self.close(Close.NOT_PROVEN)
            return False
        if _access(now) != _access(self.credential):
            await self.close(Close.ACCESS_CHANGED)
            return False
        self.credential = now
        return True

    async def _authenticate(self, token: str) -> Credential | None:
        try:
            return await database_sync_to_async(credentials.authenticate)(token)
        except NotProven:
            return None

    def _is_in_time(self) -> bool:
        """Count a message against what a socket may send: so many at once, so many a second in the long run."""
        now = time.monotonic()
        earned = (now - self._counted_at_seconds) * MESSAGES_A_SECOND
        self._allowed = min(self._allowed + earned, MESSAGES_AT_ONCE) - 1
        self._counted_at_seconds = now
        return self._allowed >= 0

    async def refuse(self, code: str, detail: str) -> None:
        """Answer that a command was not done; ``code`` is for programs."""
        await self.send_json({"type": "error", "code": code, "detail": detail})

    @command("ping", scope=None)
    async def ping(self, message: dict[str, Any]) -> None:
        await self.send_json({"type": "pong"})


def _access(credential: Credential | None) -> tuple[Any, ...]:
    membership = credential and credential.membership
    return (membership.organisation_id, membership.role) if membership else ()
