"""The pictures of adverts, over loopback: looked at behind the pages, within limits, and none more than once."""

import gzip
import io
import zlib
from collections.abc import Mapping
from random import Random

import pytest
from django.urls import reverse
from PIL import Image

from leads.images import look
from leads.models import DoubtfulPair, ImageHash, Lead, Observation, Source
from scraping import pictures, services
from scraping.errors import CrawlRefused
from scraping.models import AdvertPictures, CrawlRequest
from tests.conftest import log_in, make_source
from tests.resolving import Resolver
from tests.scraping.small_sites import Answer, SmallSite, advert, advert_path, crawl, front, page, serving

SLUG = "demo-fsbo"


def photo(seed: int) -> bytes:
    """A small picture that looks like no other."""
    chance, target = Random(seed), io.BytesIO()
    image = Image.new("L", (9, 8))
    image.putdata([chance.randrange(256) for _ in range(72)])
    image.resize((180, 160)).save(target, format="JPEG")
    return target.getvalue()


def jpeg(data: bytes, **headers: str) -> Answer:
    return page(data, **{"Content_Type": "image/jpeg", **headers})


def shows(number: int, *addresses: str, price: int = 412_000) -> Answer:
    """An advert's page with pictures."""
    return page(advert(number, price=price, extra="".join(f'<img src="{address}">' for address in addresses)))


def conditional(data: bytes, etag: str) -> Answer:
    def answer(handler) -> None:
        if handler.headers.get("If-None-Match") == etag:
            handler.send_response(304)
            handler.end_headers()
        else:
            jpeg(data, ETag=etag)(handler)

    return answer


def asked_pictures(site: SmallSite) -> list[str]:
    return [path for path in site.asked if path.startswith("/p/")]


@pytest.mark.django_db(transaction=True)
def test_the_first_pictures_of_new_and_changed_adverts_are_looked_at_behind_every_page(subtests):
    photos: Mapping[str, Answer] = {f"/p/{n}.jpg": conditional(photo(n), f'"{n}"') for n in range(1, 6)}
    homes = {
        advert_path(1): shows(1, "/p/1.jpg", "/p/2.jpg", "/p/3.jpg"),
        advert_path(2): shows(2, "/p/4.jpg"),
        advert_path(3): page(advert(3)),
    }
    with serving({"/": page(front(1, 2, 3)), **homes, **photos}) as site:
        first = crawl(SLUG, site.base_url)
        with subtests.test("at most two each, after the last page, counted apart from pages"):
            assert (first.state, first.pictures_count, first.refused_pictures) == ("finished", 3, {})
            assert sorted(site.asked[-3:]) == ["/p/1.jpg", "/p/2.jpg", "/p/4.jpg"]
            assert first.requested_count == CrawlRequest.objects.count() == 5
            assert ImageHash.objects.count() == 3
        with subtests.test("their addresses are not kept"):
            assert not AdvertPictures.objects.exclude(addresses=None).exists()
        with subtests.test("robots.txt is asked for once"):
            assert site.asked.count("/robots.txt") == 1
        with subtests.test("an unchanged advert's pictures are not asked for"):
            site.forget()
            again = crawl(SLUG, site.base_url)
            assert (again.pictures_count, asked_pictures(site)) == (0, [])
        with subtests.test("a changed advert's are, only if they changed, and say the same of the new sighting"):
            site.pages[advert_path(2)] = shows(2, "/p/4.jpg", "/p/5.jpg", price=399_000)
            site.forget()
            changed = crawl(SLUG, site.base_url)
            assert (changed.changed_count, changed.pictures_count) == (1, 2)
            newest = Observation.objects.get(crawl_run_id=changed.pk)
            assert set(newest.images.values_list("bits", flat=True)) == {look(photo(4)), look(photo(5))}


def png_bomb() -> bytes:
    """A picture of 6,000 times 6,000 pixels in a kilobyte."""
    chunk = b"IHDR" + (6_000).to_bytes(4) * 2 + b"\x08\x00\x00\x00\x00"
    data = b"IDAT" + zlib.compress(bytes(1_000_000))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (len(part) - 4).to_bytes(4) + part + zlib.crc32(part).to_bytes(4) for part in (chunk, data, b"IEND")
    )


PACKED = gzip.compress(bytes(pictures.MOST_BYTES + 1))
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HOSTILE: Mapping[str, tuple[Answer, str]] = {
    "/p/large.jpg": (jpeg(b"\xff\xd8" + bytes(pictures.MOST_BYTES)), "it is too large"),
    "/p/packed.jpg": (jpeg(PACKED, Content_Encoding="gzip"), "it is too large once it is unpacked"),
    "/p/bomb.png": (page(png_bomb(), Content_Type="image/png"), "It has more than 25,000,000 pixels."),
    "/p/lies.jpg": (jpeg(b"<html><script>alert(1)</script>"), "It is no picture that can be read."),
    "/p/vector.svg": (page(SVG, Content_Type="image/svg+xml"), "of the type image/svg+xml"),
    "/p/svg.jpg": (jpeg(SVG.encode()), "It is no picture that can be read."),
    "/p/page.jpg": (page("<p>Sign in</p>"), "of the type text/html"),
    "/p/gone.jpg": (page("gone", status=404), "HTTP 404"),
    "/p/elsewhere.jpg": (page("", status=302, Location="http://169.254.169.254/"), "HTTP 302"),
    "/closed/1.jpg": (jpeg(photo(9)), "forbidden by robots.txt"),
    "http://169.254.169.254/meta.jpg": (jpeg(b""), "an address that is not on the public network"),
    "http://127.0.0.1:9/x.jpg": (jpeg(b""), "an address that is not on the public network"),
}


@pytest.mark.django_db(transaction=True)
def test_what_is_no_picture_or_too_large_is_refused_by_its_reason_and_hides_nothing(subtests, client, olga):
    homes = {
        advert_path(number): shows(number, address, "/p/fine.jpg") for number, address in enumerate(HOSTILE, 1)
    }
    robots = page("User-agent: *\nDisallow: /closed/\n", Content_Type="text/plain")
    with serving({"/robots.txt": robots, "/": page(front(*range(1, len(homes) + 1))), **homes}) as site:
        site.pages |= {address: answer for address, (answer, _) in HOSTILE.items()}
        site.pages["/p/fine.jpg"] = jpeg(photo(1))
        run = crawl(SLUG, site.base_url)

    with subtests.test("each is named in the report"):
        reasons = [reason for _, reason in HOSTILE.values()]
        assert run.refused_pictures == {reason: reasons.count(reason) for reason in reasons}
    with subtests.test("and shown to operators"):
        log_in(client, olga)
        shown = client.get(reverse("admin:scraping_crawlrun_change", args=[run.pk])).content.decode()
        assert "<b>1</b> of the type image/svg+xml" in shown
        assert "<b>2</b> an address that is not on the public network" in shown
    with subtests.test("the run and every other picture are as they would be without them"):
        assert (run.state, run.reason, run.new_count) == ("finished", "", len(HOSTILE))
        assert (run.pictures_count, ImageHash.objects.count()) == (len(HOSTILE), len(HOSTILE))
        assert not Source.objects.get(pk=SLUG).is_paused
    with subtests.test("what robots.txt closes is not asked for"):
        assert not [path for path in site.asked if path.startswith("/closed/")]


@pytest.mark.django_db(transaction=True)
def test_a_site_that_is_too_busy_for_pictures_is_left_alone_until_the_next_run(subtests):
    homes = {advert_path(number): shows(number, f"/p/{number}.jpg") for number in range(1, 21)}
    busy = {f"/p/{number}.jpg": page("busy", status=503) for number in range(1, 21)}
    with serving({"/": page(front(*range(1, 21))), **homes, **busy}) as site:
        run = crawl(SLUG, site.base_url)
        with subtests.test("it is asked no more, and its adverts are as they were read"):
            assert (run.state, run.new_count, run.pictures_count) == ("finished", 20, 0)
            assert len(asked_pictures(site)) < 20
            assert pictures.is_due(run.source)
        with subtests.test("the next run looks at them, though no page has changed"):
            site.pages |= {f"/p/{number}.jpg": jpeg(photo(number)) for number in range(1, 21)}
            after = crawl(SLUG, site.base_url)
            assert (after.parsed_count, after.pictures_count) == (0, 20)
            assert not pictures.is_due(run.source)


@pytest.mark.django_db(transaction=True)
def test_one_picture_of_two_homes_puts_them_before_an_operator(subtests):
    placeless = page("""<title>A home</title><h1>House for sale by owner</h1><img src="/p/same.jpg">
<script type="application/ld+json">{"@type": "SingleFamilyResidence", "name": "House", "numberOfBedrooms": 3,
"address": {"@type": "PostalAddress", "addressLocality": "Austin", "addressRegion": "TX", "postalCode": "78704"},
"offers": {"@type": "Offer", "price": 412000}}</script>""")
    leaves = {advert_path(1): shows(1, "/p/same.jpg"), advert_path(2): placeless, "/p/same.jpg": jpeg(photo(5))}
    with serving({"/": page(front(1, 2)), **leaves}) as site:
        crawl(SLUG, site.base_url)

    pair = DoubtfulPair.objects.get()
    assert {pair.first_id, pair.second_id} == set(Lead.objects.values_list("pk", flat=True))
    assert "images" in {item["part"] for item in pair.evidence}


@pytest.mark.django_db
def test_no_picture_of_a_prohibited_source_is_asked_for():
    source = make_source("closed-site", may_list=False)
    Source.objects.filter(pk=source.pk).update(base_url="http://127.0.0.1:9")

    with pytest.raises(CrawlRefused):
        services.start_run(slug=source.pk)


@pytest.mark.django_db(transaction=True)
def test_a_name_that_turns_private_after_it_was_judged_is_not_connected_to(monkeypatch):
    resolver = Resolver(monkeypatch)
    resolver.says("pictures.example.com", ["93.184.215.14"], ["127.0.0.1"])
    with serving({"/": page(front(1)), advert_path(1): shows(1, "http://pictures.example.com/1.jpg")}) as site:
        run = crawl(SLUG, site.base_url)

    assert (run.state, run.new_count, run.pictures_count) == ("finished", 1, 0)
    assert len(resolver.asked) > 1
    assert run.refused_pictures == {"robots.txt could not be fetched (nobody knows its host)": 1}


@pytest.mark.django_db(transaction=True)
def test_a_site_in_our_own_network_is_never_asked(monkeypatch):
    resolver = Resolver(monkeypatch)
    resolver.says("inside.example.com", ["127.0.0.1"])
    with serving({"/": page(front(1)), advert_path(1): page(advert(1))}) as site:
        inside = site.base_url.replace("127.0.0.1", "inside.example.com")
        run = crawl(SLUG, inside, settings={"DOWNLOAD_DELAY": 0, "AUTOTHROTTLE_ENABLED": False})

    assert (run.state, run.new_count, site.asked) == ("failed", 0, [])
    assert set(resolver.asked) == {"inside.example.com"}


@pytest.mark.django_db(transaction=True)
def test_a_page_that_redirects_into_our_own_network_or_to_a_file_is_not_followed_there(monkeypatch):
    resolver = Resolver(monkeypatch)
    resolver.says("inside.example.com", ["10.0.0.1"])
    elsewhere = ["http://inside.example.com/", "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd"]
    homes = {advert_path(number): page("", status=302, Location=to) for number, to in enumerate(elsewhere, 2)}
    with serving({"/": page(front(1, 2, 3, 4)), advert_path(1): page(advert(1)), **homes}) as site:
        run = crawl(SLUG, site.base_url)

    assert (run.state, run.new_count) == ("finished", 1)
    assert resolver.asked == []
