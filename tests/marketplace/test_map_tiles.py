"""Tiles come from the one host that is configured, and from nobody where none is."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from pydantic import ValidationError

from aiqleads.settings import Environment

TILES = "https://tiles.example.com/{z}/{x}/{y}.png"
TELL = "from aiqleads import settings as s; print(*s.CONTENT_SECURITY_POLICY['DIRECTIVES']['img-src'])"


def test_without_a_tile_server_no_other_host_may_be_asked(client, db):
    page = client.get("/leads/")

    assert settings.MAP_TILES["url"] == ""
    assert "data-tiles" not in page.content.decode()
    assert "img-src 'self' data:" in page["Content-Security-Policy"].split("; ")


def test_a_tile_server_is_used_and_allowed_for_pictures_alone(client, db, settings):
    settings.MAP_TILES = {"url": TILES, "attribution": "Example Maps"}

    page = client.get("/leads/").content.decode()
    told = subprocess.run(
        [sys.executable, "-c", TELL],
        env={**os.environ, "MAP_TILES_URL": TILES},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )

    assert f'data-tiles="{TILES}" data-attribution="Example Maps"' in page
    assert told.stdout.split() == ["'self'", "data:", "https://tiles.example.com"]


@pytest.mark.parametrize(
    "url", [TILES, TILES.replace("{x}/{y}", "{y}/{x}"), "http://127.0.0.1:8080/a/{z}/{x}/{y}", ""]
)
def test_addresses_of_tiles_are_taken(url):
    assert Environment(map_tiles_url=url).map_tiles_url == url


@pytest.mark.parametrize(
    "url",
    [
        "https://tiles.example.com/",
        "https://{s}.example.com/{z}/{x}/{y}.png",
        "https://tiles.example.com/{z}/{x}/{y}.png; script-src *",
        "javascript:/{z}/{x}/{y}",
    ],
)
def test_what_is_no_address_of_tiles_is_refused(url):
    with pytest.raises(ValidationError):
        Environment(map_tiles_url=url)
