"""The sites on real sockets."""

import socket
import subprocess
import sys
from urllib.parse import urlsplit

import httpx
import pytest

from scraping.demo.adverts import Site
from scraping.demo.server import serve
from scraping.demo.sites import hostile
from tests.scraping.demo.conftest import TODAY


def test_each_site_has_an_origin_of_its_own_and_every_request_is_noted():
    with serve(0, today=TODAY) as sites:
        robots = {slug: httpx.get(f"{url}/robots.txt").text for slug, url in sites.base_urls.items()}
        httpx.get(f"{sites.base_urls['demo-fsbo']}/homes/oh/?page=2", headers={"User-Agent": "a reader"})
        httpx.get(f"{sites.base_urls['demo-fsbo']}/private/sellers")
        seen = sites.requests

    assert set(robots) == {*(site.value for site in Site), hostile.SLUG}
    assert len({urlsplit(url).port for url in sites.base_urls.values()}) == len(Site) + 1
    assert "/private/" in robots["demo-fsbo"]
    assert "/private/" not in robots["demo-mls"]
    assert sites.paths("demo-fsbo") == ["/robots.txt", "/homes/oh/?page=2", "/private/sellers"]
    assert (seen[-2].method, seen[-2].status, seen[-2].user_agent) == ("GET", 200, "a reader")


def test_the_ports_are_free_again_afterwards():
    with serve(0, today=TODAY) as sites:
        ports = [urlsplit(url).port for url in sites.base_urls.values()]

    for port in ports:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_taken_port_is_refused():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"), serve(0, today=TODAY, first_port=taken.getsockname()[1]):
            pytest.fail("served on a taken port")


def test_the_sites_can_be_served_by_hand():
    command = [sys.executable, "-m", "scraping.demo", "--day", "1", "--today", f"{TODAY}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            addresses = dict(process.stdout.readline().split() for _ in Site)
            answer = httpx.get(addresses["demo-classifieds-west"])
        finally:
            process.terminate()

    assert answer.status_code == 200
    assert "Free local ads" in answer.text
