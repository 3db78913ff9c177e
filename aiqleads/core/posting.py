"""Posting to addresses that members gave us: bounded in time, never redirected, never into our own network.

Connections are those of ``aiqleads.core.outbound``. Nothing of an answer is read but its status and headers, so its
size does not matter, and a receiver that drips ends with the deadline.
"""

import asyncio
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import httpcore
from asgiref.sync import async_to_sync

from aiqleads.core.outbound import AsyncJudgedConnections, certificates
from aiqleads.core.public_network import NotPublic

DEADLINE_SECONDS: Final = 10.0
CONNECT_SECONDS: Final = 5.0
LONGEST_WAIT_SECONDS: Final = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One request; ``url`` is http or https with a host."""

    url: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of a post. ``error`` is from a closed list of words and names nobody; "" where it was answered."""

    status: int | None
    duration_ms: int
    error: str = ""
    retry_after_seconds: int | None = None

    @property
    def is_taken(self) -> bool:
        """Whether the receiver said that it has it."""
        return self.status is not None and 200 <= self.status < 300


def send_all(
    posts: Sequence[Post], *, may_be_loopback: bool = False, deadline_seconds: float = DEADLINE_SECONDS
) -> list[Answer]:
    """Send everything at once, each within the deadline; the answers stand in the order of ``posts``.

    :param may_be_loopback: this machine may be posted to (never in production)
    """
    answers: list[Answer] = async_to_sync(_send_all)(posts, may_be_loopback, deadline_seconds)
    return answers


async def _send_all(posts: Sequence[Post], may_be_loopback: bool, deadline_seconds: float) -> list[Answer]:
    backend = AsyncJudgedConnections(may_be_loopback=may_be_loopback)
    async with httpcore.AsyncConnectionPool(
        ssl_context=certificates(), network_backend=backend, max_connections=len(posts) or 1, keepalive_expiry=0.0
    ) as pool:
        return list(await asyncio.gather(*(_send(pool, post, deadline_seconds) for post in posts)))


async def _send(pool: httpcore.AsyncConnectionPool, post: Post, deadline_seconds: float) -> Answer:
    started = time.monotonic()
    status: int | None = None
    headers: dict[str, str] = {}
    error = ""
    try:
        async with asyncio.timeout(deadline_seconds):
            status, headers = await _ask(pool, post)
    except (NotPublic, TimeoutError, httpcore.TimeoutException) as failure:
        error = str(failure) if isinstance(failure, NotPublic) else "no answer in time"
    except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError, OSError) as failure:
        error = _word(failure)
    except (httpcore.UnsupportedProtocol, ValueError):  # one bad address must not end the others' batch
        error = "the address is none"
    return Answer(
        status=status,
        duration_ms=round((time.monotonic() - started) * 1000),
        error=error,
        retry_after_seconds=_retry_after(headers, status),
    )


def _word(failure: Exception) -> str:
    if isinstance(failure, httpcore.ConnectError | ssl.SSLError):
        is_tls = isinstance(failure, ssl.SSLError) or "SSL" in str(failure).upper()
        return "the certificate is not valid" if is_tls else "no connection"
    return "the answer is none" if isinstance(failure, httpcore.ProtocolError) else "the connection broke off"


async def _ask(pool: httpcore.AsyncConnectionPool, post: Post) -> tuple[int, dict[str, str]]:
    headers: list[tuple[bytes | str, bytes | str]] = [
        *post.headers.items(),
        ("Host", _authority(post.url)),
        ("Content-Length", str(len(post.body))),
    ]
    limits = {"timeout": {"connect": CONNECT_SECONDS, "pool": DEADLINE_SECONDS}}
    async with pool.stream("POST", post.url, headers=headers, content=post.body, extensions=limits) as answer:
        told = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
        return answer.status, told


def _authority(url: str) -> str:
    """Host and port as a browser would say them."""
    told = httpcore.URL(url)
    host = told.host.decode("ascii")
    return host if told.port is None else f"{host}:{told.port}"


def _retry_after(headers: Mapping[str, str], status: int | None) -> int | None:
    """Seconds that a busy receiver asks us to wait; a date or nonsense is not followed."""
    if status not in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        return None
    told = headers.get("retry-after", "").strip()
    return min(int(told), LONGEST_WAIT_SECONDS) if told.isascii() and told.isdigit() and len(told) < 9 else None
