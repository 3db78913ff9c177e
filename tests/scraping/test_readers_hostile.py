"""Pages made to hurt: every reader answers or refuses, quickly, and stores no script."""

import json
import subprocess
import sys

import hypothesis
import pytest
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from scraping.readers import READERS, UnreadablePage, read_page
from tests.conftest import at_length
from tests.scraping.hostile_pages import BILLION_LAUGHS, MAX_CPU_SECONDS, MAX_MEMORY_MB, PAGES, QUICK

pytestmark = pytest.mark.no_cover  # what is measured here is time and memory


@pytest.mark.long
@pytest.mark.soak
def test_a_hostile_page_costs_seconds_and_is_answered_or_refused():
    """Each page in a process that the kernel would stop: one reader a page, in a soak every reader."""
    command = [sys.executable, "-m", "tests.scraping.hostile_pages", *["all"] * at_length(short=0, soak=1)]
    printed = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True).stdout

    costs = [json.loads(line) for line in printed.splitlines()]
    assert {cost["page"] for cost in costs} == set((at_length(short=0, soak=1) and PAGES) or QUICK)
    dear = [cost for cost in costs if cost["cpu_seconds"] > MAX_CPU_SECONDS or cost["memory_mb"] > MAX_MEMORY_MB]
    assert not dear
    assert {cost["outcome"] for cost in costs} <= {"search", "listing", "feed", "rejected", "unreadable"}


def test_a_tag_with_thousands_of_attributes_is_refused_and_a_long_picture_is_not():
    many = b"<a " + b" ".join(b"x%d=1" % number for number in range(5_000)) + b">$1</a>"
    picture = b'<title>Cabin</title><img src="data:image/png;base64,' + b"A" * 100_000 + b'"><p>Price: $1</p>'

    with pytest.raises(UnreadablePage, match="attributes"):
        read_page("fsbo", many, None)
    assert read_page("fsbo", picture, None).page == "rejected"


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


IN_EVERY_FIELD = {
    "fsbo": """<script type="application/ld+json">{"@type": "House", "name": "<script>alert(1)<\\/script>",
    "url": "javascript:alert(1)", "image": "javascript:alert(1)", "description": "<b>x</b><script>alert(1)",
    "numberOfBedrooms": "3<script>", "address": {"streetAddress": "1 <img src=x onerror=alert(1)> St"}}</script>""",
    "craigslist": """<link rel="canonical" href="javascript:alert(1)"><h1 class="postingtitle"><span
    class="postingtitletext"><span id="titletextonly"><script>alert(1)</script>Cabin</span><span class="price">
    $1<script>alert(1)</script></span></span></h1>
    <section id="postingbody">Quiet.<script>alert(1)</script></section>
    <div class="gallery"><img src="javascript:alert(1)"></div>""",
    "facebook": """[{"id": "1", "marketplace_listing_title": "2 Beds <script>alert(1)</script>",
    "listingUrl": "javascript:alert(1)", "marketplace_listing_category_id": "1468271819871448",
    "listing_photos": [{"image": {"uri": "javascript:alert(1)"}}]}]""",
}


@pytest.mark.parametrize("source", sorted(IN_EVERY_FIELD))
def test_scripts_in_every_field_leave_no_address_that_runs_and_no_markup_of_the_page(source):
    (record,) = read_page(source, IN_EVERY_FIELD[source].encode(), None).records

    assert record.url is None or record.url.startswith("https://")
    assert record.image_urls == ()
    assert "<script>" not in (record.description or "")
    assert "javascript:" not in repr(record)


@hypothesis.settings(
    max_examples=at_length(short=60, soak=2_000), suppress_health_check=[HealthCheck.too_slow], deadline=None
)
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
