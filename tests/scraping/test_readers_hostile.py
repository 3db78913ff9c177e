"""Pages made to hurt: every reader answers or refuses, quickly, and stores no script."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scraping.readers import READERS, UnreadablePage, read_page
from tests.conftest import at_length

BILLION_LAUGHS = b"""<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c SYSTEM "file:///etc/passwd">]><html><body><h1>&b;&c;</h1><p>Price: $1</p></body></html>"""
PRICE_CARD = b'<li class="c"><a href="/%d">home</a> $%d</li>'

ODD_REFERENCES = b"""<script type="application/ld+json">{"@graph": [
{"@type": "House", "@id": ["a"], "about": {"@id": ["a"]}}, {"@type": "Offer", "@id": "c", "about": {"@id": "c"}},
{"@type": "House", "@id": "b", "address": {"@id": "b"}, "geo": [[1]], "offers": [null],
"image": [{}, 3]}]}</script>"""

HOSTILE = {
    "nested": b"<div>" * 300_000,
    "nested-json": b'<script type="application/ld+json">' + b'{"@graph":[' * 50_000 + b"</script>",
    "odd-references": ODD_REFERENCES,
    "entities": BILLION_LAUGHS,
    "long-attribute": b'<a href="' + b"x" * 5_000_000 + b'">$1</a>',
    "many-cards": b"".join(PRICE_CARD % (number, number) for number in range(1, 20_000)),
    "digits": b"<p>" + b"1 2 3-" * 200_000 + b"</p>",
    "spelled-digits": b'<section id="postingbody">' + b"one two three " * 50_000 + b"</section>",
    "labels": b"<p>Price: </p>" * 100_000,
    "at-signs": b'<section id="postingbody">' + b"a @ b . " * 100_000 + b"</section>",
    "brackets": b"<" * 1_000_000,
    "titles": b"<title" * 400_000,
    "scripts": b'<script id="__NEXT_DATA__" ' * 100_000,
    "points": b"<script>" + b"var lat = 42.852044; " * 100_000 + b"</script>",
    "assignments": b"__reactServerState.InitialContext = {" * 50_000,
    "wide-table": b",".join(b"price" for _ in range(50_000)) + b"\n" + b"1," * 50_000,
}


pytestmark = pytest.mark.no_cover  # what is measured here is time


@pytest.mark.parametrize("source", sorted(READERS))
@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_page_is_answered_within_seconds(source, name):
    started = time.monotonic()

    try:
        reading = read_page(source, HOSTILE[name], "https://example.com/1")
    except UnreadablePage:
        reading = None

    assert time.monotonic() - started < 10
    assert reading is None or reading.page in {"search", "listing", "feed", "rejected"}


def test_a_page_too_large_to_be_a_listing_is_refused():
    with pytest.raises(UnreadablePage, match="too large"):
        read_page("fsbo", b"<p>" + b"x" * 13_000_000, None)


def test_entities_from_elsewhere_are_not_fetched():
    reading = read_page("fsbo", BILLION_LAUGHS, None)

    assert "root:" not in repr(reading)


def test_scripts_and_script_addresses_are_not_stored():
    page = b"""<title>Cabin</title><link rel="canonical" href="javascript:alert(1)"><main><h1>Cabin</h1>
    <p>Price: $90,000</p><p>Beds: 2</p><p>Phone: 512-555-0142</p><img src="data:text/html,x">
    <div class="description">Quiet.<script>alert(1)</script>
    <style>b{}</style><iframe src="x">y</iframe></div></main>"""

    (record,) = read_page("fsbo", page, None).records

    assert record.description == "Quiet."
    assert (record.url, record.image_urls) == (None, ())


@settings(max_examples=at_length(short=60, soak=2_000), suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    source=st.sampled_from(sorted(READERS)),
    body=st.one_of(st.binary(max_size=400), st.text(max_size=400).map(str.encode)),
)
def test_any_bytes_are_answered_or_refused(source, body):
    try:
        reading = read_page(source, body, None)
    except UnreadablePage:
        return

    assert reading.page in {"search", "listing", "feed", "rejected"}
    assert reading.page != "rejected" or reading.reason
