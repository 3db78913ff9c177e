"""robots.txt that is absent, broken or out of reach, over real HTTP (RFC 9309, 2.3.1)."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from threading import Thread

import pytest

from scraping.robots import unreachable
from tests.scraping.small_sites import crawl

SLUG = "demo-fsbo"
HOME = b"""<title>A home</title><h1>3 bedroom house for sale by owner</h1><script type="application/ld+json">
{"@type": "SingleFamilyResidence", "name": "House on Juniper Way", "numberOfBedrooms": 3,
 "address": {"@type": "PostalAddress", "streetAddress": "12 Juniper Way", "addressLocality": "Austin",
 "addressRegion": "TX", "postalCode": "78704"}, "offers": {"@type": "Offer", "price": 412000}}</script>"""
FRONT = b"""<a href="/homes/tx/0123456789ab">A home</a> <a href="http://localhost:9/elsewhere">Somebody else</a>"""


@contextmanager
def site(robots_status: int) -> Iterator[tuple[str, list[str]]]:
    """A site with one home whose robots.txt answers ``robots_status``; its address and what was asked of it."""
    asked: list[str] = []

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(robots_status if self.path == "/robots.txt" else 200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(HOME if self.path.startswith("/homes/") else FRONT)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


@pytest.mark.django_db(transaction=True)
def test_a_site_without_robots_txt_is_open_and_links_to_others_are_left_alone():
    with site(404) as (base_url, asked):
        run = crawl(SLUG, base_url)

    assert asked == ["/robots.txt", "/", "/homes/tx/0123456789ab"]
    assert (run.state, run.new_count) == ("finished", 1)


@pytest.mark.django_db(transaction=True)
def test_a_site_that_cannot_show_its_robots_txt_is_left_alone_and_the_run_says_why():
    with site(500) as (base_url, asked):
        run = crawl(SLUG, base_url)

    assert set(asked) == {"/robots.txt"}
    assert (run.state, run.reason) == ("failed", "It was stopped before its end: robots.txt answered HTTP 500.")
    assert run.requests.filter(outcome="skipped", reason="robots.txt answered HTTP 500").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_site_that_is_away_is_said_to_be_away():
    with socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        run = crawl(SLUG, f"http://127.0.0.1:{nobody_listens.getsockname()[1]}")

    assert run.state == "failed"
    assert "robots.txt could not be fetched" in run.reason


@pytest.mark.parametrize(("status", "closes"), [(401, False), (403, False), (410, False), (429, True), (503, True)])
def test_only_trouble_of_the_servers_own_closes_a_site(status, closes):
    assert unreachable(status) is closes
