"""Connections to addresses that others named, over real sockets: judged as they are made, to what was judged."""

import socket
import threading
from contextlib import suppress

import httpcore
import pytest

from aiqleads.core.outbound import AsyncJudgedConnections, JudgedConnections, judged_addresses
from aiqleads.core.public_network import NotPublic
from tests.marketplace.receiving import receiving
from tests.resolving import ELSEWHERE_PUBLIC, PUBLIC, Resolver

NAME = "feeds.example.com"
PRIVATE = [
    "10.1.2.3",
    "172.16.0.1",
    "192.168.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104
    "192.0.0.192",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fd00::1",
    "fec0::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::",
    "2001:db8::1",
]
SPELLINGS = ["127.1", "0x7f000001", "0x7f.1", "2130706433", "0177.0.0.1", "0", "127.0.0.1.", "[::1]", "①②⑦.⓪.⓪.①"]


@pytest.fixture
def resolver(monkeypatch):
    return Resolver(monkeypatch)


@pytest.fixture
def connected(monkeypatch):
    """To which addresses connections went; each ends at whatever listens on this machine at its port."""
    went: list[str] = []
    connect = socket.create_connection

    def note(address, *args, **how):
        went.append(address[0])
        return connect(("127.0.0.1", address[1]), *args, **how)

    monkeypatch.setattr(socket, "create_connection", note)
    return went


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_that_leads_into_our_own_network_is_no_address(resolver, address):
    for found in ([address], [PUBLIC, address], [address, PUBLIC]):
        resolver.says(NAME, found)
        with pytest.raises(NotPublic):
            judged_addresses(NAME, may_be_loopback=True)


@pytest.mark.parametrize("host", [*PRIVATE, *SPELLINGS])
def test_no_spelling_of_an_address_of_ours_is_public(host):
    with pytest.raises(NotPublic):
        judged_addresses(host, may_be_loopback=False)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "::1", "[::1]"])
def test_this_machine_is_asked_where_that_is_allowed_and_its_address_says_so(host):
    assert judged_addresses(host, may_be_loopback=True) == [host.strip("[]")]


def test_every_address_of_a_public_name_may_be_asked(resolver):
    resolver.says(NAME, [PUBLIC, ELSEWHERE_PUBLIC])

    assert judged_addresses(NAME, may_be_loopback=False) == [PUBLIC, ELSEWHERE_PUBLIC]


def test_the_judged_address_is_asked_under_its_name_and_never_what_the_name_says_later(resolver, connected):
    resolver.says(NAME, [PUBLIC], ["127.0.0.1"])
    with (
        receiving() as receiver,
        httpcore.ConnectionPool(
            network_backend=JudgedConnections(may_be_loopback=False), keepalive_expiry=0.0
        ) as pool,
    ):
        url = f"http://{NAME}:{receiver.port}/hooks"
        first = pool.request("POST", url, content=b"{}")
        with pytest.raises(NotPublic):
            pool.request("POST", url, content=b"{}")

    assert (first.status, connected, resolver.asked) == (200, [PUBLIC], [NAME, NAME])
    [(headers, _)] = receiver.got
    assert headers["host"] == f"{NAME}:{receiver.port}"


def test_a_certificate_is_asked_for_by_the_name(resolver, connected):
    resolver.says(NAME, [PUBLIC])
    heard: list[bytes] = []

    def listen_once(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            heard.append(connection.recv(4096))

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=listen_once, args=[listening])
        thread.start()
        port = listening.getsockname()[1]
        with (
            httpcore.ConnectionPool(network_backend=JudgedConnections(may_be_loopback=False)) as pool,
            suppress(httpcore.NetworkError, OSError),
        ):
            pool.request("GET", f"https://{NAME}:{port}/")
        thread.join(10)

    assert connected == [PUBLIC]
    assert NAME.encode() in heard[0]


async def test_on_an_event_loop_a_name_is_judged_at_each_connection_too(resolver):
    resolver.says(NAME, [PUBLIC], ["169.254.169.254"])
    assert judged_addresses(NAME, may_be_loopback=False) == [PUBLIC]

    with receiving() as receiver:
        async with httpcore.AsyncConnectionPool(
            network_backend=AsyncJudgedConnections(may_be_loopback=True)
        ) as pool:
            with pytest.raises(NotPublic):
                await pool.request("POST", f"http://{NAME}:{receiver.port}/hooks", content=b"{}")

    assert (receiver.got, resolver.asked) == ([], [NAME, NAME])
