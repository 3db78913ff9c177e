"""What every stand-in has behind its API: acts by their names, bad lines, and messages that wait to be delivered.

Messages wait until they are delivered: whoever delivers says how often, in which order, how late, and with which
signature.
"""

import asyncio
import random
from abc import abstractmethod
from collections import deque
from collections.abc import Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Any, ClassVar, Final, Generic, TypeVar

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

Message = tuple[bytes, dict[str, str]]
"""A body, and its headers with names in lower case."""
DELIVERING_SECONDS: Final = 5.0
Line = TypeVar("Line", bound=StrEnum)
"""How a call of the API is answered."""


class Hidden(Generic[Line]):
    """The side of an account that no call of the API reaches. An act is a method whose name stands in ``ACTS``."""

    ACTS: ClassVar[tuple[str, ...]] = ()
    WELL: Line

    def __init__(self) -> None:
        self._next: deque[Line] = deque()

    def act(self, name: str, asked: dict[str, Any]) -> Any:
        """One act by its name.

        :raises ValueError: there is none of that name
        """
        if name not in self.ACTS:
            raise ValueError(f"no act: {name}")
        return getattr(self, name)(**asked)

    def does(self, what: str, calls: int = 1) -> None:
        """Answer the next calls so."""
        self._next.extend([type(self.WELL)(what)] * calls)

    def next(self) -> Line:
        return self._next.popleft() if self._next else self.WELL

    @abstractmethod
    def signed(self, *, age_seconds: int, forged: bool) -> list[Message]:
        """The messages that wait, oldest first; they wait no longer.

        :param age_seconds: how long ago they were signed; below zero they come from the future
        :param forged: signed with what is nobody's
        """

    def forget_messages(self) -> int:
        """Deliver none of those that wait: they are lost on their way."""
        return len(self.signed(age_seconds=0, forged=False))

    def deliver(
        self,
        url: str,
        *,
        times: int = 1,
        order: str = "as_it_was",
        drop: Sequence[int] = (),
        forged: bool = False,
        age_seconds: int = 0,
        seed: int = 0,
    ) -> list[int]:
        """Post the messages that wait.

        :param times: each of them
        :param order: ``as_it_was``, ``reversed`` or ``shuffled`` by ``seed``
        :param drop: the places of those that get lost
        :param forged: signed with what is nobody's
        :param age_seconds: how long ago they were signed; below zero they come from the future
        :return: what each was answered
        :raises ValueError: no such order, or nobody is there
        """
        found = self.signed(age_seconds=age_seconds, forged=forged)
        sent = [message for place, message in enumerate(found) if place not in drop] * times
        if order == "reversed":
            sent.reverse()
        elif order == "shuffled":
            random.Random(seed).shuffle(sent)  # noqa: S311 - an order, no secret
        elif order != "as_it_was":
            raise ValueError(f"no order: {order}")
        return [_posted(url, message) for message in sent]


def _posted(url: str, message: Message) -> int:
    try:
        return httpx.post(url, content=message[0], headers=message[1], timeout=DELIVERING_SECONDS).status_code
    except httpx.HTTPError as error:
        raise ValueError(f"nobody answers at {url}") from error


async def controlled(
    request: Request, hidden: Hidden[Any], *, name: str, lock: AbstractContextManager[Any], refusal: type[Exception]
) -> Response:
    """``POST /control/ACT`` with its arguments as JSON; 422 says what is wrong with them.

    :param refusal: what an account raises of its own
    """

    def act(asked: dict[str, Any]) -> Any:
        if name == "deliver":  # whoever receives a message may ask us about it before answering
            return hidden.act(name, asked)
        with lock:
            return hidden.act(name, asked)

    try:
        told = await asyncio.to_thread(act, await request.json() if await request.body() else {})
    except (refusal, ValueError, TypeError) as error:
        return JSONResponse({"detail": str(error)}, status_code=422)
    return JSONResponse(told)


class HangsUp(Response):
    """The connection ends before a word was answered."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = [(b"content-type", b"application/json"), (b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": b"", "more_body": True})
