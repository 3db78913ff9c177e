"""What a crawl run proves about adverts that it did not meet, and how a busy site is treated."""

import asyncio
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest
from django.urls import reverse
from scrapy import Request, Spider
from scrapy.core.engine import ExecutionEngine
from scrapy.http import Response
from scrapy.utils.test import get_crawler

from aiqleads.core import clock
from aiqleads.core.models import AuditEntry
from leads import services as leads
from leads.models import Observation, Source
from leads.records import ListingRecord
from scraping import selectors, services
from scraping.errors import CrawlRefused, NothingToBelieve
from scraping.heartbeat import BEAT_SECONDS
from scraping.journal import Ending, RunJournal
from scraping.middlewares import BUSY_TRIES, GiveTime, wait_seconds
from scraping.models import STALE_AFTER, CrawlRequest, CrawlRun
from tests.conftest import log_in, make_source

SLUG = "demo-fsbo"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
COMPLETE = Ending(reason="finished", is_complete=True, unread_urls=frozenset())


@pytest.fixture
def run(db: None) -> CrawlRun:
    """A running crawl that has met one advert of the site's four."""
    source = make_source(SLUG, may_list=True)
    source.base_url = "http://127.0.0.1:9"
    source.save()
    for key in ("met", "removed", "broken", "unseen"):
        advert = ListingRecord(external_id=key, url=f"http://127.0.0.1:8/homes/{key}", kind="fsbo")
        leads.ingest(record=replace(advert, description=f"A home called {key}"), source=source)
    run = services.start_run(slug=SLUG)
    met = ListingRecord(external_id="met", url="http://127.0.0.1:9/homes/met", kind="fsbo")
    leads.ingest(record=replace(met, description="A home called met"), source=source)
    note(run, "removed", 410)
    note(run, "broken", 500)
    CrawlRun.objects.filter(pk=run.pk).update(parsed_count=1)
    return run


def note(run: CrawlRun, key: str, status: int) -> None:
    CrawlRequest.objects.create(run=run, url=f"http://127.0.0.1:9/homes/{key}", outcome="failed", status=status)


def gone() -> set[str]:
    return {item.raw["external_id"] for item in Observation.objects.exclude(gone_at=None) if item.raw}


def test_a_complete_run_takes_away_what_it_did_not_meet_but_no_page_that_failed(run):
    closed = services.finish_run(run, ending=COMPLETE)

    assert gone() == {"removed", "unseen"}
    assert (closed.state, closed.gone_count) == ("finished", 2)


def test_a_run_without_one_of_its_lists_believes_only_what_a_page_said_of_itself(run):
    closed = services.finish_run(run, ending=replace(COMPLETE, is_complete=False))

    assert gone() == {"removed"}
    assert closed.gone_count == 1


def test_a_page_that_could_not_be_read_takes_no_advert_away(run):
    services.finish_run(run, ending=replace(COMPLETE, unread_urls=frozenset({"http://127.0.0.1:9/homes/unseen"})))

    assert gone() == {"removed"}


@pytest.fixture
def suspicious(run: CrawlRun) -> CrawlRun:
    """A complete run that did not meet three of the site's four adverts."""
    CrawlRequest.objects.filter(run=run).update(status=404)
    return services.finish_run(run, ending=COMPLETE)


def test_a_run_that_would_take_most_leads_away_takes_none_and_says_why(suspicious):
    assert gone() == set()
    assert (suspicious.state, suspicious.gone_count) == ("suspicious", 0)
    assert "3 of 4 live leads" in suspicious.reason


def test_the_next_run_is_as_suspicious_until_an_operator_believes_it(suspicious, olga):
    again = services.finish_run(visit_again(), ending=COMPLETE)
    services.believe_run(run_id=again.pk, actor_id=olga.pk)
    believed = services.finish_run(visit_again(), ending=COMPLETE)

    assert again.state == "suspicious"
    assert (believed.state, believed.gone_count) == ("finished", 3)
    assert gone() == {"removed", "unseen", "broken"}
    assert AuditEntry.objects.filter(actor=olga, action="run.believed").count() == 1


def test_a_run_that_broke_off_does_not_use_up_an_operators_word(suspicious, olga):
    services.believe_run(run_id=suspicious.pk, actor_id=olga.pk)
    services.fail_run(visit_again(), reason="broken off")

    assert services.finish_run(visit_again(), ending=COMPLETE).gone_count == 3


def test_only_the_newest_run_can_be_believed_and_only_a_suspicious_one(suspicious, olga):
    sound = visit_again()
    Observation.objects.update(last_seen_at=clock.now())
    services.finish_run(sound, ending=COMPLETE)

    for run in (suspicious, sound):
        with pytest.raises(NothingToBelieve):
            services.believe_run(run_id=run.pk, actor_id=olga.pk)

    assert not CrawlRun.objects.filter(is_believed=True).exists()


def test_an_operator_sees_a_suspicious_run_and_believes_it_in_the_back_office(suspicious, client, olga):
    log_in(client, olga)

    page = client.get(reverse("admin:index"))
    client.post(
        reverse("admin:scraping_crawlrun_changelist"),
        {"action": "believe", "_selected_action": [str(suspicious.pk)]},
    )

    suspicious.refresh_from_db()
    assert "3 of 4 live leads" in page.content.decode()
    assert suspicious.is_believed


def visit_again() -> CrawlRun:
    """Another run of the site that reads as many pages as the first."""
    run = services.start_run(slug=SLUG)
    met = ListingRecord(external_id="met", url="http://127.0.0.1:9/homes/met", kind="fsbo")
    leads.ingest(record=replace(met, description="A home called met"), source=run.source)
    CrawlRun.objects.filter(pk=run.pk).update(parsed_count=1)
    return run


def test_a_run_that_was_stopped_fails_and_takes_nothing_away(run):
    closed = services.finish_run(run, ending=replace(COMPLETE, reason="shutdown"))

    assert gone() == set()
    assert (closed.state, closed.reason) == ("failed", "It was stopped before its end: shutdown.")


def test_a_run_that_was_taken_over_notices_and_stays_failed(run):
    CrawlRun.objects.filter(pk=run.pk).update(heartbeat_at=clock.now() - STALE_AFTER * 2)
    journal = RunJournal(run)

    successor = services.start_run(slug=SLUG)
    journal.write()
    services.fail_run(run, reason="too late")

    run.refresh_from_db()
    assert journal.is_taken_over
    assert (run.state, run.reason) == ("failed", "It stopped without a word.")
    assert successor.state == "running"


def test_a_run_that_beats_is_not_taken_over(run):
    CrawlRun.objects.filter(pk=run.pk).update(heartbeat_at=clock.now() - STALE_AFTER * 2)
    RunJournal(run).write()

    with pytest.raises(CrawlRefused, match="being crawled already"):
        services.start_run(slug=SLUG)


@pytest.mark.django_db(transaction=True)
def test_a_run_beats_on_while_a_record_waits_to_be_stored():
    make_source(SLUG, may_list=True)
    Source.objects.filter(pk=SLUG).update(base_url="http://127.0.0.1:9")
    run = services.start_run(slug=SLUG)
    journal, may_go_on = RunJournal(run), threading.Event()

    async def beat_while_a_record_waits() -> None:
        waiting = asyncio.ensure_future(journal.store(may_go_on.wait))
        await journal.beat()
        may_go_on.set()
        await waiting

    asyncio.run(beat_while_a_record_waits())
    journal.close()

    before = run.heartbeat_at
    run.refresh_from_db()
    assert run.heartbeat_at > before


def test_a_killed_run_blocks_its_source_for_ten_missed_beats():
    assert timedelta(seconds=BEAT_SECONDS) * 10 == STALE_AFTER == timedelta(seconds=30)


def test_sources_are_shown_with_their_newest_run(run):
    services.fail_run(run, reason="broken")
    newest = services.start_run(slug=SLUG)

    shown = {source.pk: last_run for source, last_run in selectors.sources_with_last_run()}

    assert shown[SLUG] == newest


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        (None, 5),
        ("30", 30),
        ("1", 5),
        ("86400", 120),
        ("Mon, 01 Jun 2026 12:00:40 GMT", 40),
        ("Mon, 01 Jun 2026 12:00:40", 40),
        ("soon", 5),
        ("-5", 5),
    ],
)
def test_a_busy_site_is_given_the_time_it_asks_for_within_bounds(told, seconds):
    headers = {"Retry-After": told} if told else {}

    assert wait_seconds(Response("http://127.0.0.1/", status=429, headers=headers), now=NOON) == seconds


def tries_of(status: int) -> int:
    """How often a page that always answers ``status`` is asked for."""
    crawler = get_crawler(Spider, {"RETRY_TIMES": 1, "RETRY_GIVE_UP_LOG_LEVEL": "DEBUG"})
    crawler.spider = Spider.from_crawler(crawler, name="patient")
    crawler.engine = cast("ExecutionEngine", SimpleNamespace(downloader=SimpleNamespace(slots={})))
    middleware, asked = GiveTime.from_crawler(crawler), 1
    answer = middleware.process_response(Request("http://127.0.0.1/"), Response("http://127.0.0.1/", status=status))
    while isinstance(answer, Request):
        asked += 1
        answer = middleware.process_response(answer, Response(answer.url, status=status))
    return asked


@pytest.mark.parametrize(
    ("status", "tries"), [(200, 1), (404, 1), (500, 2), (429, 1 + BUSY_TRIES), (503, 1 + BUSY_TRIES)]
)
def test_a_failing_page_is_asked_for_once_more_and_a_busy_one_three_times(status, tries):
    assert tries_of(status) == tries
