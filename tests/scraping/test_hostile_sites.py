"""Sites that mean harm, over loopback: each page is bounded, the run says what was wrong, and the rest is read."""

import gzip
import resource
import time
from http.server import BaseHTTPRequestHandler

import pytest

from leads.models import Observation
from scraping.models import CrawlRun
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


BOMB = gzip.compress(b"<p>" + b"0" * 60_000_000)
LINKS = b"".join(b'<a href="/l/%d">x</a>' % number for number in range(200_000))
HOSTILE: dict[str, Answer] = {
    advert_path(11): page("", status=302, Location=advert_path(12)),
    advert_path(12): page("", status=302, Location=advert_path(11)),
    advert_path(13): page(BOMB, Content_Encoding="gzip"),
    advert_path(14): endless(b"<p>more</p>" * 100_000),
    advert_path(15): endless(b"<p>", pause_seconds=0.05),
    advert_path(16): page(advert(16), Content_Type="image/png"),
    advert_path(17): page(bytes(range(256)) * 1000),
    "/many-links": page(LINKS),
}
REASONS = {"DownloadTimeoutError", "DownloadCancelledError", "max redirections reached"}


@pytest.mark.django_db(transaction=True)
def test_a_hostile_page_costs_little_is_named_and_hides_no_other(subtests):
    homes = {advert_path(number): page(advert(number)) for number in (*KNOWN, 20)}
    fine = {"/": page(front(*KNOWN, *range(11, 18)))}
    with serving({**fine, **homes, **{path: page(advert(11)) for path in list(HOSTILE)[:7]}}) as site:
        first = crawl(SLUG, site.base_url)
        site.pages |= HOSTILE | {"/": page(front(*KNOWN, *range(11, 18), 20, extra='<a href="/many-links">m</a>'))}
        began, peak = time.process_time(), peak_megabytes()
        run = crawl(SLUG, site.base_url, settings={"DOWNLOAD_TIMEOUT": 1.5, "RETRY_TIMES": 0})
        spent, grown = time.process_time() - began, peak_megabytes() - peak

    with subtests.test("every page that was not hostile is read, and no advert is taken for gone"):
        assert (first.state, run.state, run.new_count, run.gone_count) == ("finished", "finished", 1, 0)
        assert Observation.objects.filter(gone_at=None).count() == first.new_count + 1
    with subtests.test("each is bounded in time and memory"):
        assert spent < CPU_SECONDS
        assert grown < MEGABYTES
    with subtests.test("each is named"):
        failed = set(run.requests.filter(outcome="failed").values_list("reason", flat=True))
        assert failed >= REASONS
        assert any("compressed" in reason for reason in failed)
        assert "The page has too many elements to be a list." in run.rejected_reasons
        assert any(reason.startswith("The file is binary") for reason in run.rejected_reasons)


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


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
