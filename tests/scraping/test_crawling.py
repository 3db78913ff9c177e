"""Crawls in their own process, over real HTTP on loopback, against smaller bundled sites.

``tests/marketplace/test_demo.py`` has crawls that are repeated, killed or slow.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from psycopg.types.range import TimestamptzRange

from aiqleads.core import clock
from leads.models import Observation, Source
from scraping import services
from scraping.demo.server import SourceSites, serve
from scraping.errors import CrawlRefused
from scraping.models import CrawlRun, FeedAccess
from tests.conftest import make_source, offer_lead, wait_while_running
from tests.scraping.small_sites import crawl as crawl_here

pytestmark = pytest.mark.usefixtures("untraced")

WEST, EAST, FSBO, MLS = "demo-classifieds-west", "demo-classifieds-east", "demo-fsbo", "demo-mls"
SIZE_PERCENT = 30
READERS = {WEST: "fsbo", EAST: "classified_rows", FSBO: "fsbo", MLS: "reso"}


@pytest.fixture
def sites(for_subprocesses: None) -> Iterator[SourceSites]:
    """The bundled sites of day 1, and their sources."""
    with serve(1, size_percent=SIZE_PERCENT) as served:
        point_sources_at(served)
        yield served


def point_sources_at(served: SourceSites) -> None:
    for slug, reader in READERS.items():
        source = make_source(slug, may_list=True)
        source.base_url, source.reader, source.access_token = served.entrances[slug], reader, served.access_token
        source.family = Source.Family.MLS if slug == MLS else Source.Family.FSBO
        source.save()


def crawl(slug: str) -> dict[str, Any]:
    process = services.start_crawl_process(slug, stdout=subprocess.PIPE)
    output, _ = process.communicate(timeout=120)
    return {"exit_code": process.returncode, **json.loads(output)}


def test_a_crawl_reads_what_is_there_and_reports_what_is_not(sites):
    report = crawl(WEST)

    run = CrawlRun.objects.get(source=WEST)
    assert report["exit_code"] == 0
    assert report["counts"]["new"] > 20
    assert run.requests.filter(status=500, outcome="failed").exists()
    assert run.requests.filter(status__in=[404, 410]).exists()
    assert "Disallow: /members/" in run.robots_txt
    assert not [path for path in sites.paths(WEST) if path.startswith("/members/")]


def test_a_feed_is_read_page_by_page_with_its_token(sites):
    FeedAccess.objects.create(source_id=MLS, page_size=5)

    report = crawl(MLS)

    pages = [path for path in sites.paths(MLS) if path.startswith("/odata/Property")]
    assert report["exit_code"] == 0
    assert len(pages) == len(set(pages)) > 1
    assert "$orderby=ModificationTimestamp" in unquote(pages[0])


def test_a_feed_that_refuses_our_token_fails_the_run_and_takes_nothing_away(sites):
    offer_lead(Source.objects.get(pk=MLS))
    Source.objects.filter(pk=MLS).update(access_token="wrong")

    report = crawl(MLS)

    run = CrawlRun.objects.get()
    assert (report["exit_code"], run.state, run.gone_count) == (1, "failed", 0)
    assert run.requests.filter(status=401, outcome="failed").exists()
    assert Observation.objects.get().gone_at is None


def test_the_next_day_brings_new_changed_and_gone_adverts(sites):
    crawl_here(FSBO, sites.entrances[FSBO])

    with serve(2, size_percent=SIZE_PERCENT) as tomorrow:
        run = crawl_here(FSBO, tomorrow.entrances[FSBO])

    assert min(run.new_count, run.changed_count, run.gone_count) > 0
    assert CrawlRun.objects.filter(requests__reason="forbidden by robots.txt").exists()
    assert not [path for path in sites.paths(FSBO) if path.startswith("/private/")]


BY_ITSELF = f"from scraping import services; services.start_crawl_process({WEST!r}).wait()"
IN_A_FORK = f"""
from functools import partial
from scraping import crawl_forks
crawl = partial(crawl_forks.crawl_each, at_once=1, within_seconds=60)
assert crawl(["nobody"]) == {{"nobody": 1}}
crawl([{EAST!r}])
"""


@pytest.mark.parametrize(("slug", "starting"), [(WEST, BY_ITSELF), (EAST, IN_A_FORK)])
def test_a_crawl_closes_its_run_when_its_starter_is_killed(sites, slug, starting):
    starter = subprocess.Popen([sys.executable, "manage.py", "shell", "--command", starting], cwd=settings.BASE_DIR)
    wait_while_running(starter, until=lambda: sites.paths(slug))

    starter.kill()
    starter.wait()

    run = CrawlRun.objects.get(source=slug)
    while run.state == CrawlRun.State.RUNNING:
        run.refresh_from_db()
    assert run.state == CrawlRun.State.FAILED
    assert "stopped before its end" in run.reason


LOADED_WITH_ADDRESSES = {"django.test", "leads.admin", "rest_framework.serializers"}
LOADED_WHERE_NEEDED = {"numpy", "openai", "openvino", "playwright", "scrapy", "sklearn"}


def test_a_process_loads_no_screens_before_its_addresses_and_no_heavy_library_before_it_needs_one():
    asks = (
        f"import django, sys; django.setup(); loaded = {LOADED_WITH_ADDRESSES} & sys.modules.keys();"
        f"import aiqleads.urls; loaded |= {LOADED_WHERE_NEEDED} & sys.modules.keys();"
        "sys.exit(f'too early: {loaded}' if loaded or 'leads.admin' not in sys.modules else 0)"
    )

    answer = subprocess.run([sys.executable, "-c", asks], cwd=settings.BASE_DIR, check=False)

    assert answer.returncode == 0


@pytest.mark.django_db
def test_a_second_crawl_of_a_running_source_is_refused():
    make_source(MLS, may_list=True)
    Source.objects.filter(pk=MLS).update(base_url="http://127.0.0.1:9")
    services.start_run(slug=MLS)

    with pytest.raises(CrawlRefused, match="being crawled already"):
        services.start_run(slug=MLS)

    assert CrawlRun.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"is_paused": True, "pause_reason": "a captcha"}, "paused: a captcha"),
        ({"base_url": ""}, "no spider or no address"),
    ],
)
def test_a_source_that_may_not_be_crawled_is_refused(facts, reason):
    make_source(MLS, may_list=True)
    Source.objects.filter(pk=MLS).update(**{"base_url": "http://127.0.0.1:9", **facts})

    with pytest.raises(CrawlRefused, match=reason):
        services.start_run(slug=MLS)

    assert not CrawlRun.objects.exists()


@pytest.mark.django_db
def test_a_prohibited_source_an_expired_right_and_an_unknown_source_are_refused():
    prohibited = make_source("closed-site", may_list=False)
    expired = make_source("old-site", may_list=True)
    right = expired.rights.get()
    right.during = TimestamptzRange(right.during.lower, clock.now())
    right.save()

    for slug in (prohibited.pk, expired.pk, "nobody"):
        with pytest.raises(CommandError):
            call_command("crawl", slug)

    assert not CrawlRun.objects.exists()


def test_the_demo_is_refused_where_it_is_off(db, settings):
    settings.DEMO = False

    with pytest.raises(CommandError, match="DEMO is off here"):
        call_command("demo")
