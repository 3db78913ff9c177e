"""Whole TLS handshakes with servers of this machine: the judged address is asked, the name has to be proved.

The authority of the tests is made known as an operator would make one known, by ``SSL_CERT_FILE``.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from aiqleads.core import outbound, posting
from aiqleads.core.posting import Post
from aiqleads.core.public_network import NotPublic
from scraping.feeds.reso.client import JudgedTransport
from tests.certificates import OVER, Authority, Served, serving
from tests.resolving import PUBLIC, Resolver
from tests.scraping.small_sites import crawl

NAME, SECOND = "feeds.example.com", "second.example.com"


@pytest.fixture
def authority(tmp_path, monkeypatch) -> Iterator[Authority]:
    """The one that this machine trusts, beside no other."""
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    outbound.certificates.cache_clear()
    yield made
    outbound.certificates.cache_clear()


@pytest.fixture
def serve() -> Iterator[Callable[[ssl.SSLContext], Served]]:
    with ExitStack() as servers:
        yield lambda context: servers.enter_context(serving(context))


@pytest.fixture
def resolver(monkeypatch) -> Resolver:
    return Resolver(monkeypatch)


@pytest.fixture
def connected(monkeypatch) -> list[str]:
    """To which addresses connections went, of threads and of event loops; each ends at this machine's port."""
    went: list[str] = []
    connect, loop_connect = socket.create_connection, asyncio.SelectorEventLoop.sock_connect

    def note(address, *args, **how):
        went.append(address[0])
        return connect(("127.0.0.1", address[1]), *args, **how)

    async def note_in_loop(self, connection, address):
        went.append(address[0])
        await loop_connect(self, connection, ("127.0.0.1", address[1]))

    monkeypatch.setattr(socket, "create_connection", note)
    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", note_in_loop)
    return went


def get(url: str, **how: Any) -> httpx.Response:
    """Ask as feeds do."""
    with httpx.Client(transport=JudgedTransport(), trust_env=False, timeout=10, **how) as client:
        return client.get(url)


def post(url: str) -> posting.Answer:
    """Ask as webhooks do."""
    return posting.send_all([Post(url=url, body=b"{}", headers={})])[0]


def test_who_proves_the_name_is_asked_at_the_judged_address(authority, serve, resolver, connected):
    resolver.says(NAME, [PUBLIC])
    server = serve(authority.certify(NAME))
    url = f"https://{NAME}:{server.port}/"

    assert (get(url).status_code, post(url).status) == (200, 200)

    assert connected == [PUBLIC, PUBLIC]
    assert server.asked_for == [NAME, NAME]
    assert server.hosts == [f"{NAME}:{server.port}"] * 2


@pytest.mark.parametrize("names", [[SECOND], ["example.com"], [PUBLIC], ["*.feeds.example.com"]])
def test_who_proves_another_name_is_told_nothing(authority, serve, resolver, connected, names):
    """Not the address either, though it is what the connection goes to."""
    resolver.says(NAME, [PUBLIC])
    server = serve(authority.certify(*names))
    url = f"https://{NAME}:{server.port}/"

    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        get(url)
    assert post(url).error == "the certificate is not valid"

    assert server.asked_for == [NAME, NAME]
    assert server.hosts == []


@pytest.fixture(params=["another authority", "out of date"])
def worthless(request, authority, tmp_path) -> ssl.SSLContext:
    if request.param == "out of date":
        return authority.certify(NAME, during=OVER)
    (tmp_path / "other").mkdir()
    return Authority(tmp_path / "other").certify(NAME)


def test_whose_certificate_says_nothing_is_told_nothing(worthless, serve, resolver, connected):
    resolver.says(NAME, [PUBLIC])
    server = serve(worthless)
    url = f"https://{NAME}:{server.port}/"

    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        get(url)
    assert post(url).error == "the certificate is not valid"

    assert server.hosts == []


def test_where_a_redirect_leads_is_judged_and_proved_anew(authority, serve, resolver, connected):
    resolver.says(NAME, [PUBLIC])
    resolver.says(SECOND, [PUBLIC], ["10.1.2.3"])
    first, second = serve(authority.certify(NAME)), serve(authority.certify(SECOND))
    first.location = f"https://{SECOND}:{second.port}/"
    url = f"https://{NAME}:{first.port}/"

    assert get(url, follow_redirects=True).status_code == 200
    assert (second.asked_for, second.hosts) == ([SECOND], [f"{SECOND}:{second.port}"])

    with pytest.raises(NotPublic):  # by now the second name leads into a private network
        get(url, follow_redirects=True)
    assert len(second.hosts) == 1

    first.location = f"https://{SECOND}:{first.port}/"  # the first server, which cannot prove that name
    resolver.says(SECOND, [PUBLIC])
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        get(url, follow_redirects=True)
    assert first.hosts == [f"{NAME}:{first.port}"] * 3


def test_what_is_posted_follows_no_redirect(authority, serve, resolver, connected):
    resolver.says(NAME, [PUBLIC])
    resolver.says(SECOND, [PUBLIC])
    first, second = serve(authority.certify(NAME)), serve(authority.certify(SECOND))
    first.location = f"https://{SECOND}:{second.port}/"

    answer = post(f"https://{NAME}:{first.port}/")

    assert (answer.status, answer.is_taken, second.asked_for) == (302, False, [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("names", "is_asked"), [(["localhost"], True), ([SECOND], False)])
def test_a_crawl_asks_nobody_who_does_not_prove_the_sites_name(authority, serve, names, is_asked):
    server = serve(authority.certify(*names))

    run = crawl("demo-fsbo", f"https://localhost:{server.port}")

    assert (set(server.asked_for), bool(server.hosts)) == ({"localhost"}, is_asked)
    assert run.state == "failed"  # there is nothing to read behind the name either
