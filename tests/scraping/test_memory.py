"""Crawls that go by what earlier ones read, over real HTTP: unchanged, stopped at seen, taken up after a kill."""

import pytest
from django.utils import timezone

from aiqleads.core import clock
from leads.models import Lead, Observation, Source
from scraping import services
from scraping.journal import ALREADY_READ
from scraping.memory import Memory
from scraping.models import CrawlArea, CrawlRun, PageMemory
from scraping.spiders import spider_path
from tests.conftest import make_source
from tests.scraping.small_sites import Answer, advert, advert_path, crawl, front, page, serving

SLUG = "demo-fsbo"


def conditional(body: str, etag: str) -> Answer:
    """Answers 304 to whoever has ``etag`` already."""

    def answer(handler) -> None:
        if handler.headers.get("If-None-Match") == etag:
            handler.send_response(304)
            handler.end_headers()
        else:
            page(body, ETag=etag)(handler)

    return answer


def standing() -> set[str]:
    return {item.raw["title"] for item in Observation.objects.filter(gone_at=None) if item.raw}


@pytest.mark.django_db(transaction=True)
def test_unchanged_pages_are_seen_and_neither_parsed_nor_stored_and_what_leaves_the_list_is_gone(subtests):
    homes = {advert_path(n): conditional(advert(n), f'"{n}"') for n in (1, 2)} | {advert_path(3): page(advert(3))}
    with serving({"/": conditional(front(1, 2, 3), '"front"'), **homes}) as site:
        first = crawl(SLUG, site.base_url)
        before = dict(Observation.objects.values_list("pk", "last_seen_at"))
        second = crawl(SLUG, site.base_url)

        with subtests.test("a page that answers 304 or the same bytes is only seen again"):
            assert (first.state, first.new_count, first.unchanged_count) == ("finished", 3, 0)
            assert (second.state, second.parsed_count, second.unchanged_count) == ("finished", 0, 4)
            assert (second.seen_count, second.gone_count) == (3, 0)
            assert all(item.last_seen_at > before[item.pk] for item in Observation.objects.all())
            assert Lead.objects.filter(last_seen_at__lt=second.started_at).count() == 0
        with subtests.test("a changed page is read, and one that left the list is gone within one run"):
            site.pages["/"] = page(front(1, 3))
            site.pages[advert_path(1)] = page(advert(1, price=399_000))
            third = crawl(SLUG, site.base_url)

            assert (third.changed_count, third.seen_count, third.gone_count) == (1, 1, 1)
            assert Observation.objects.filter(gone_at=None).count() == 2
        with subtests.test("an advert that returns unchanged is read again, because it was gone"):
            site.pages["/"] = page(front(1, 2, 3))
            fourth = crawl(SLUG, site.base_url)

            assert (fourth.parsed_count, fourth.seen_count, fourth.new_count) == (1, 3, 0)
            assert Observation.objects.filter(gone_at=None).count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_run_stops_at_known_adverts_and_proves_nothing_there_until_a_full_run_comes(subtests):
    slug = "craigslist-like"
    make_source(slug, may_list=True)
    Source.objects.filter(pk=slug).update(reader="craigslist")
    CrawlArea.objects.create(source_id=slug, name="Austin", start="/search/reo", stop_at_seen=2)
    paths = [f"/atx/reo/d/a-house/{7_000_000_000 + n}.html" for n in range(5)]
    posting = "<span id=titletextonly>House {n}</span><section id=postingbody>For sale by owner, 3br</section>"
    leaves = {
        "/search/reo": page(
            f'<a href="{paths[0]}">1</a><a href="{paths[1]}">2</a><a href="/search/reo?s=2">more</a>'
        ),
        "/search/reo?s=2": page(f'<a href="{paths[2]}">3</a><a href="{paths[3]}">4</a>'),
    }
    with serving({**leaves, **{path: page(posting.format(n=path)) for path in paths}}) as site:
        first = crawl(slug, site.base_url)
        del site.pages[paths[3]]
        site.pages["/search/reo?s=2"] = page(f'<a href="{paths[2]}">3</a>')
        site.forget()
        second = crawl(slug, site.base_url)
        asked_second = set(site.asked)
        CrawlRun.objects.update(started_at=timezone.now() - services.FULL_EVERY)
        third = crawl(slug, site.base_url)

    with subtests.test("the first run is full"):
        assert (first.state, first.is_full, first.parsed_count) == ("finished", True, 4)
    with subtests.test("the next turns no page behind known adverts, and takes nothing away"):
        assert (second.state, second.is_full, second.gone_count) == ("finished", False, 0)
        assert asked_second == {"/robots.txt", "/search/reo", paths[0], paths[1]}
    with subtests.test("a day later a full run proves what is gone"):
        assert (third.state, third.is_full, third.gone_count) == ("finished", True, 1)


@pytest.mark.django_db(transaction=True)
def test_a_run_goes_on_with_a_killed_one_without_asking_again_and_loses_nothing(subtests):
    homes = {advert_path(n): page(advert(n)) for n in range(1, 7)}
    with serving({"/": page(front(*range(1, 7))), **homes}) as site:
        crawl(SLUG, site.base_url)
        broken_since = pretend_that_it_was_killed(forgetting=[f"{site.base_url}{advert_path(6)}"])
        site.pages["/"] = page("a list that is not asked for")
        del site.pages[advert_path(1)]
        site.forget()
        run = crawl(SLUG, site.base_url)
        asked = set(site.asked)
        after = crawl(SLUG, site.base_url)

    with subtests.test("only what the killed run had not read is asked for"):
        assert asked == {"/robots.txt", advert_path(6)}
        assert (run.state, run.since) == ("finished", broken_since)
        assert run.skipped_reasons == {ALREADY_READ: 6}
    with subtests.test("nothing is lost, gone or kept twice"):
        assert (run.seen_count, run.gone_count) == (6, 0)
        assert Observation.objects.count() == Observation.objects.filter(gone_at=None).count() == 6
    with subtests.test("the next run asks again"):
        assert after.since == after.started_at
        assert after.state == "failed"


def pretend_that_it_was_killed(*, forgetting: list[str]):
    """As if the last run had been killed before it wrote down what it read of some pages."""
    run = CrawlRun.objects.get()
    CrawlRun.objects.filter(pk=run.pk).update(state="failed", reason="It stopped without a word.", gone_count=0)
    memory = Memory(run, selectors={})
    forgotten = PageMemory.objects.filter(page_hash__in=[memory.page_hash(url, "[] None") for url in forgetting])
    assert forgotten.delete()[0] == len(forgetting)
    return run.since


@pytest.mark.django_db
def test_a_run_that_broke_off_long_ago_is_not_gone_on_with():
    make_source(SLUG, may_list=True)
    Source.objects.filter(pk=SLUG).update(base_url="http://127.0.0.1:9")
    broken = services.fail_run(services.start_run(slug=SLUG), reason="broken off")
    soon = services.fail_run(services.start_run(slug=SLUG), reason="broken off again")
    CrawlRun.objects.update(since=clock.now() - services.RESUMED_WITHIN)

    late = services.start_run(slug=SLUG)

    assert soon.since == broken.since
    assert late.since == late.started_at


def test_every_reader_of_pages_has_a_spider_and_a_new_owner_site_needs_none_of_its_own():
    readers = {"craigslist", "facebook", "fsbo", "zillow", "realtor", "redfin"}

    assert all(spider_path("any-site", reader) for reader in readers)
    assert spider_path("homes-of-anytown", "fsbo") == "scraping.spiders.sites.OwnerSite"
    assert spider_path("anything", "no-reader") is None
