"""Posting to strangers' addresses, over real sockets: bounded in time, never redirected, never into our network."""

import socket
import time

import pytest

from aiqleads.core import posting
from aiqleads.core.posting import Post
from aiqleads.core.public_network import NotPublic, is_public, public_addresses
from tests.marketplace.receiving import receiving

SHORT_SECONDS = 0.4


def send(url, **how):
    return posting.send_all(
        [Post(url=url, body=b"{}", headers={"Content-Type": "application/json"})],
        **{"may_be_loopback": True, "deadline_seconds": SHORT_SECONDS, **how},
    )[0]


def names_lead_to(monkeypatch, *addresses):
    """What DNS says of every name from now on."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


def test_what_is_posted_arrives_as_it_is():
    with receiving() as receiver:
        answer = send(receiver.url)

    [(headers, body)] = receiver.got
    assert (answer.status, answer.is_taken, body) == (200, True, b"{}")
    assert headers["host"] == f"127.0.0.1:{receiver.port}"
    assert headers["content-length"] == "2"


def test_a_receiver_that_drips_ends_with_the_deadline():
    with receiving(drips=True) as receiver:
        answer = send(receiver.url)

    assert (answer.status, answer.error) == (None, "no answer in time")
    assert answer.duration_ms < SHORT_SECONDS * 1000 + 500


def test_a_receiver_that_says_nothing_delays_no_other():
    with receiving(drips=True) as slow, receiving() as quick:
        answers = posting.send_all(
            [Post(url=url, body=b"", headers={}) for url in (slow.url, quick.url, quick.url)],
            may_be_loopback=True,
            deadline_seconds=SHORT_SECONDS,
        )

    assert [answer.status for answer in answers] == [None, 200, 200]


def test_fifty_megabytes_of_answer_are_not_read():
    with receiving(body_megabytes=50) as receiver:
        before = time.process_time()
        answer = send(receiver.url, deadline_seconds=5)

    assert answer.is_taken
    assert time.process_time() - before < 0.3


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirection_is_followed(status):
    with receiving() as elsewhere, receiving(status=status, headers={"Location": elsewhere.url}) as receiver:
        answer = send(receiver.url)

    assert (answer.status, answer.is_taken, elsewhere.got) == (status, False, [])


@pytest.mark.parametrize(
    ("told", "seconds"),
    [("17", 17), ("999999", 86_400), ("-1", None), ("soon", None), ("", None), ("٣", None), ("9" * 400, None)],
)
def test_how_long_a_busy_receiver_asks_us_to_wait(told, seconds):
    with receiving(status=429, headers={"Retry-After": told.encode().decode("latin-1")}) as receiver:
        assert send(receiver.url).retry_after_seconds == seconds


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "10.1.2.3", "0.0.0.0", "nothing.invalid"])  # noqa: S104
def test_our_own_network_is_not_posted_to(host):
    answer = send(f"http://{host}:9/", may_be_loopback=False)

    assert answer.status is None
    assert answer.error in {"the address is not on the public network", "the name is not known"}


def test_a_name_is_judged_at_every_connection_and_never_tried_when_it_turned_private(monkeypatch):
    names_lead_to(monkeypatch, "8.8.8.8")
    assert public_addresses("hooks.example.com") == ["8.8.8.8"]

    names_lead_to(monkeypatch, "127.0.0.1")
    answer = send("http://hooks.example.com:9/", may_be_loopback=False)

    assert answer.error == "the address is not on the public network"


def test_a_name_with_one_private_address_among_public_ones_is_refused(monkeypatch):
    names_lead_to(monkeypatch, "8.8.8.8", "192.168.0.1")

    with pytest.raises(NotPublic):
        public_addresses("hooks.example.com")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::808:808", True),
        ("::127.0.0.1", False),
        ("::ffff:0:10.0.0.1", False),
        ("64:ff9b:1::a00:1", False),
        ("fec0::1", False),
        ("ff0e::1", False),
        ("192.0.0.192", False),
        ("168.63.129.16", False),
    ],
)
def test_which_addresses_are_public(address, expected):
    assert is_public(address) is expected


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http://[::1/", "hooks", "https://127.0.0.1:99999/", ""])
def test_an_address_that_is_none_holds_up_no_other(url):
    with receiving() as receiver:
        bad, good = posting.send_all(
            [Post(url=one, body=b"", headers={}) for one in (url, receiver.url)], may_be_loopback=True
        )

    assert (bad.status, bool(bad.error), good.status) == (None, True, 200)


def test_nobody_listening_is_no_connection():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        answer = send(f"http://127.0.0.1:{taken.getsockname()[1]}/")

    assert (answer.status, answer.error) == (None, "no connection")
