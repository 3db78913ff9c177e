"""The source sites as a crawler meets them."""

from collections import deque
from dataclasses import dataclass, field
from io import BytesIO
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

import httpx
import pytest
from parsel import Selector
from PIL import Image

from scraping.demo.adverts import Answer, Site
from scraping.demo.server import serve
from scraping.demo.sites import classifieds_east, classifieds_west, fsbo
from tests.scraping.demo.conftest import SLOW_SECONDS, TODAY

WEB_SITES = {Site.EAST: classifieds_east, Site.WEST: classifieds_west, Site.FSBO: fsbo}


@dataclass
class Walk:
    """What a walk along all links has met."""

    statuses: dict[str, int] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    pictures: set[str] = field(default_factory=set)


def _walk(client: httpx.Client) -> Walk:
    """Follow every link of a site that robots.txt leaves open."""
    robots = RobotFileParser()
    robots.parse(client.get("/robots.txt").text.splitlines())
    walk, waiting = Walk(), deque(["/"])
    while waiting:
        path = waiting.popleft()
        if path in walk.statuses or path in walk.closed:
            continue
        if not robots.can_fetch("*", path):
            walk.closed.add(path)
            continue
        response = client.get(path)
        walk.statuses[path] = response.status_code
        page = Selector(response.text)
        walk.pictures.update(urlsplit(src).path for src in page.css("img::attr(src)").getall())
        links = (urlsplit(urljoin(str(response.url), href)) for href in page.css("a::attr(href)").getall())
        waiting.extend(
            link.path + (f"?{link.query}" if link.query else "") for link in links if link.scheme == "http"
        )
    return walk


@pytest.fixture(scope="module")
def walks(visit):
    return {site: _walk(visit(site)) for site in WEB_SITES}


@pytest.mark.parametrize("site", WEB_SITES)
def test_following_links_reaches_every_listed_advert(walks, founding_world, site):
    listed = {WEB_SITES[site].address(advert) for advert in founding_world.on_site(site) if advert.is_listed}

    assert len(listed) > 80
    assert listed <= walks[site].statuses.keys()


@pytest.mark.parametrize("site", WEB_SITES)
def test_each_page_answers_as_the_world_says(walks, founding_world, site):
    expected = {Answer.PAGE: 200, Answer.SLOW: 200, Answer.BROKEN: 500, Answer.NOT_FOUND: 404, Answer.GONE: 410}

    for advert in founding_world.on_site(site):
        assert walks[site].statuses[WEB_SITES[site].address(advert)] == expected[advert.answer]


def test_lists_still_link_to_pages_that_are_gone_slow_or_broken(walks):
    assert sorted(status for walk in walks.values() for status in walk.statuses.values() if status != 200) == [
        404, 404, 404, 410, 410, 410, 500,
    ]  # fmt: skip


@pytest.mark.parametrize("slug", [site.value for site in Site])
def test_each_site_closes_a_part_that_its_pages_link_to(visit, walks, slug):
    client = visit(slug)
    robots = client.get("/robots.txt").text
    closed = [line.removeprefix("Disallow: ") for line in robots.splitlines() if line.startswith("Disallow")]

    assert closed
    assert any(f'href="{path}' in client.get("/").text for path in closed)
    assert all(client.get(path + "anything").status_code == 200 for path in closed)
    if slug in walks:
        assert walks[slug].closed


def test_pictures_are_small_jpegs_and_differ_between_homes(visit, walks):
    client = visit(Site.WEST)
    contents = [client.get(path).content for path in sorted(walks[Site.WEST].pictures)[:30]]

    assert len(set(contents)) == len(contents)
    for content in contents:
        assert len(content) < 25_000
        assert Image.open(BytesIO(content)).size == (640, 480)


def test_some_pictures_carry_a_position(visit, walks):
    client = visit(Site.EAST)
    pictures = [client.get(path).content for path in sorted(walks[Site.EAST].pictures)[:30]]

    assert any(Image.open(BytesIO(content)).getexif().get_ifd(0x8825) for content in pictures)


def test_pages_are_the_same_to_the_byte_on_the_same_day(visit, walks, sites):
    with serve(0, today=TODAY, slow_seconds=0) as again, httpx.Client() as client:
        for site in WEB_SITES:
            origin, other_origin = sites.base_urls[site], again.base_urls[site]
            for path in list(walks[site].statuses)[:40]:
                other = client.get(other_origin + path).text.replace(other_origin, origin)
                assert visit(site).get(path).text == other


def test_the_slow_page_keeps_its_reader_waiting(visit, founding_world):
    [slow] = [advert for advert in founding_world.adverts if advert.answer is Answer.SLOW]

    response = visit(slow.site).get(WEB_SITES[slow.site].address(slow))

    assert response.status_code == 200
    assert response.elapsed.total_seconds() >= SLOW_SECONDS


def test_every_page_says_that_it_is_generated(walks, visit):
    for site, walk in walks.items():
        for path, status in list(walk.statuses.items())[:30]:
            if status == 200:
                assert "is generated" in visit(site).get(path).text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nowhere/hso/", 404),
        ("/austin/xyz/", 404),
        ("/austin/hso/?s=100000", 404),
        ("/austin/hso/?s=-20", 400),
        ("/austin/hso/d/a-home/1.html", 404),
        ("/images/none.jpg", 404),
    ],
)
def test_addresses_that_lead_nowhere_are_refused(visit, path, status):
    assert visit(Site.EAST).get(path).status_code == status


@pytest.mark.parametrize("path", ["/browse/nowhere/tools", "/browse/tampa/boats", "/item/W1"])
def test_west_refuses_addresses_that_lead_nowhere(visit, path):
    assert visit(Site.WEST).get(path).status_code == 404


@pytest.mark.parametrize("path", ["/homes/zz/", "/homes/oh/?page=0", "/homes/oh/columbus/a/b", "/classic/b.htm"])
def test_fsbo_refuses_addresses_that_lead_nowhere(visit, path):
    assert visit(Site.FSBO).get(path).status_code == 404


def test_a_classic_page_carries_no_structured_data(visit, founding_world):
    classic = [advert for advert in founding_world.on_site(Site.FSBO) if advert.is_legacy_layout]

    assert len(classic) == 12
    page = visit(Site.FSBO).get(fsbo.address(classic[0])).text
    assert "ld+json" not in page
    assert "og:" not in page
    assert "itemprop" not in page


def test_all_sites_render_quickly(visit, walks):
    for site, walk in walks.items():
        client = visit(site)
        paths = [path for path, status in walk.statuses.items() if status == 200][:60]
        seconds = sorted(client.get(path).elapsed.total_seconds() for path in paths)
        assert seconds[len(seconds) // 2] < 0.1  # far above the usual millisecond: machines under test are busy
