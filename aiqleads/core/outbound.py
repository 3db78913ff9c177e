"""Connections to addresses that others named: members, adverts, feeds. Whoever makes one makes it through here.

A name is looked up at each connection, every address that it has is judged (``aiqleads.core.public_network``), and
the connection goes to a judged address, whatever the name says a moment later. Host and certificate stay those of
the name. So a name that turns private, and a redirect into our own network, find the same door closed.
"""

import asyncio
import ssl
from collections.abc import Iterable
from functools import cache
from ipaddress import ip_address
from typing import Any, Final

import httpcore

from aiqleads.core.public_network import public_addresses

_LOOPBACK_NAME: Final = "localhost"


def judged_addresses(host: str, port: int | None = None, *, may_be_loopback: bool) -> list[str]:
    """What to connect to for ``host``, in the order to try. Waits for DNS: never on an event loop.

    :param may_be_loopback: this machine may be asked, where the address says so in as many words
    :raises NotPublic: it has no address, or one that is not on the public network
    """
    if may_be_loopback and is_loopback(host):
        return [host.strip("[]")]
    return public_addresses(host, port)


def is_loopback(host: str) -> bool:
    """Whether a host, as it stands in an address, is this machine."""
    try:
        return host == _LOOPBACK_NAME or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@cache
def certificates() -> ssl.SSLContext:
    """The authorities that this machine trusts; reading them takes longer than a request."""
    return ssl.create_default_context()


class JudgedConnections(httpcore.NetworkBackend):
    """For a pool of ``httpcore`` that waits."""

    def __init__(self, *, may_be_loopback: bool) -> None:
        self._inner = httpcore.SyncBackend()
        self._may_be_loopback = may_be_loopback

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        address = judged_addresses(host, port, may_be_loopback=self._may_be_loopback)[0]
        return self._inner.connect_tcp(address, port, timeout, local_address, socket_options)


class AsyncJudgedConnections(httpcore.AsyncNetworkBackend):
    """For a pool of ``httpcore`` on an event loop."""

    def __init__(self, *, may_be_loopback: bool) -> None:
        self._inner = httpcore.AnyIOBackend()
        self._may_be_loopback = may_be_loopback

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        found = await asyncio.to_thread(judged_addresses, host, port, may_be_loopback=self._may_be_loopback)
        return await self._inner.connect_tcp(found[0], port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)
