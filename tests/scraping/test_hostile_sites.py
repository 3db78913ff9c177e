"""Sites that mean harm, over loopback: each page is bounded, the run says what was wrong, and the rest is read."""

import gzip
import time
from http.server import BaseHTTPRequestHandler

import pytest

from leads.models import Observation, Source
from scraping.models import CrawlRun
from tests.conftest import at_length, make_source
from tests.scraping.hostile_pages import PAGES
from tests.scraping.small_sites import Answer, advert, advert_path, crawl, front, page, serving

SLUG = "demo-fsbo"
CPU_SECONDS = 10
MEGABYTES = 300
KNOWN = range(1, 4)


def endless(first: bytes, *, pause_seconds: float = 0, encoding: str = "") -> Answer:
    """Answers ``first`` over and over until the client has had enough."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(first)
                time.sleep(pause_seconds)
        except OSError:
            return

    return answer


def without_end(handler: BaseHTTPRequestHandler) -> None:
    """A list whose every page has a next one."""
    number = int(handler.path.partition("=")[2] or 1)
    page(f'<a href="/more?page={number + 1}">next</a>')(handler)


def breaks_off(handler: BaseHTTPRequestHandler) -> None:
    """Promises more than it sends."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.send_header("Content-Length", "5000000")
    handler.end_headers()
    handler.wfile.write(b"<p>more to come")


LARGEST_READ = ("labels", "eleven-megabytes-of-tags")[at_length(short=0, soak=1)]
BOMB = gzip.compress(b"<p>" + b"0" * 60_000_000)
LINKS = b"".join(b'<a href="/l/%d">x</a>' % number for number in range(200_000))
HOSTILE: dict[str, tuple[Answer, str]] = {
    advert_path(11): (page("", status=302, Location=advert_path(12)), "it redirects without end"),
    advert_path(13): (page(BOMB, Content_Encoding="gzip"), "it is too large once it is unpacked"),
    advert_path(14): (endless(b"<p>more</p>" * 100_000), "it is too large"),
    advert_path(15): (endless(b"<p>", pause_seconds=0.05), "it took too long"),
    advert_path(16): (page(advert(16, price=399_000), Content_Type="image/png"), ""),
    advert_path(17): (
        page(bytes(range(256)) * 1000),
        "The file is binary; a saved page or a text payload is needed.",
    ),
    advert_path(18): (page(PAGES["fifty-megabytes-of-tags"](), Content_Length=str(52_424_000)), "it is too large"),
    advert_path(19): (page(PAGES[LARGEST_READ]()), "The page describes no home for sale."),
    advert_path(20): (breaks_off, "it broke off in the middle"),
    "/many-links": (page(LINKS), "The page has too many elements to be a list."),
}


@pytest.mark.soak
def test_a_hostile_page_costs_little_is_named_and_hides_no_other(forks, subtests):
    known = {advert_path(number): page(advert(number)) for number in KNOWN}
    numbers = range(11, 21)
    with serving({"/": page(front(*KNOWN, *numbers)), **known}) as site:
        site.pages |= {advert_path(number): page(advert(number)) for number in numbers}
        Source.objects.filter(pk=make_source(SLUG, may_list=True).pk).update(base_url=site.base_url)
        forks.start(SLUG)
        harmless, first = forks.ended(), CrawlRun.objects.get()
        site.pages |= {path: answer for path, (answer, _) in HOSTILE.items()} | {advert_path(30): page(advert(30))}
        site.pages[advert_path(12)] = page("", status=302, Location=advert_path(11))
        site.pages["/"] = page(front(*KNOWN, *numbers, 30, extra='<a href="/many-links">m</a>'))
        forks.start(SLUG, DOWNLOAD_TIMEOUT=3, RETRY_TIMES=1)
        took = forks.ended()
    run = CrawlRun.objects.latest("started_at")

    with subtests.test("every page that was not hostile is read, and no advert is taken for gone"):
        assert (took.exit_code, first.state, run.state) == (0, "finished", "finished")
        assert (run.new_count, run.changed_count, run.gone_count) == (1, 1, 0)  # a type that lies is seen through
        assert Observation.objects.filter(gone_at=None).count() == first.new_count + 1
    with subtests.test("all of them together cost less than one may"):
        assert took.cpu_seconds < CPU_SECONDS
        assert took.peak_megabytes - harmless.peak_megabytes < MEGABYTES
    with subtests.test("each is named in the run's report"):
        failed = set(run.requests.filter(outcome="failed").values_list("reason", flat=True))
        named = failed | set(run.rejected_reasons)
        assert {reason for _, reason in HOSTILE.values() if reason} - named == set(), sorted(named)
        assert not [reason for reason in named if "127.0.0.1" in reason]


@pytest.mark.django_db(transaction=True)
def test_a_list_without_end_is_left_and_takes_nothing_away(subtests):
    with serving(
        {"/": page(front(1, 2)), advert_path(1): page(advert(1)), advert_path(2): page(advert(2))}
    ) as site:
        crawl(SLUG, site.base_url)
        site.pages = Endless(site.pages)
        site.pages["/"] = page(front(1, extra='<a href="/more?page=1">next</a>'))
        run = crawl(SLUG, site.base_url, settings={"DEPTH_LIMIT": 25})

    assert (run.state, run.gone_count) == ("finished", 0)
    assert run.rejected_reasons == {"a list that goes on without end": 1}
    assert CrawlRun.objects.get(pk=run.pk).requests.count() < 40


class Endless(dict[str, Answer]):
    """A site that also has every page of a list without end."""

    def get(self, path: str, default: Answer | None = None) -> Answer | None:  # type: ignore[override]
        return without_end if path.startswith("/more") else super().get(path, default)
