"""How a crawl behaves towards a site, over real HTTP: who it says it is, and that it stops at walls."""

import pytest
from scrapy.settings import Settings

from aiqleads.core import alerts
from aiqleads.core.models import AuditEntry
from leads.models import Source
from scraping import services
from scraping.crawling import scrapy_settings
from scraping.errors import CrawlRefused
from tests.scraping.small_sites import advert, advert_path, crawl, front, page, serving

CAPTCHA = page("<title>Robot Check</title><p>Type the letters.</p>", status=503)
LOG_IN = page("<title>Log in</title><form action='/login'><input type='password'></form>")


WALLS = {
    "demo-classifieds-east": ("a captcha", {"/": CAPTCHA}),
    "demo-fsbo": (
        "a log-in wall",
        {advert_path(1): page("", status=302, Location="/login?next=1"), "/login?next=1": LOG_IN},
    ),
    "demo-classifieds-west": ("a refusal (HTTP 403)", {"/": page("<title>Forbidden</title>", status=403)}),
}


@pytest.mark.django_db(transaction=True)
def test_a_wall_ends_the_crawl_pauses_the_source_and_alerts_and_single_closed_pages_do_not(subtests):
    homes = {advert_path(number): page(advert(number)) for number in range(1, 40)}
    robots = {"/robots.txt": page("User-agent: *\nDisallow: /login\n", Content_Type="text/plain")}

    with subtests.test("single closed pages are no wall"):
        closed = {advert_path(number): page("<title>Forbidden</title>", status=403) for number in (2, 4)}
        with serving({**robots, "/": page(front(1, 2, 3, 4, 5)), **homes, **closed}) as site:
            run = crawl("demo-fsbo", site.base_url)

        assert (run.state, run.new_count, run.failed_count) == ("finished", 3, 2)
    for slug, (says, wall) in WALLS.items():
        with subtests.test(says), serving({**robots, "/": page(front(*range(1, 40))), **homes, **wall}) as site:
            run = crawl(slug, site.base_url)

            source = Source.objects.get(pk=slug)
            assert (run.state, run.gone_count) == ("failed", 0)
            assert run.reason == f"It was stopped before its end: it showed {says}."
            assert (source.is_paused, source.pause_reason) == (True, f"It showed {says}.")
            assert says in alerts.open_alerts().get(key=f"crawl.wall:{slug}").says
            assert (
                AuditEntry.objects.filter(action="source.paused", actor=None, subject__endswith=slug).count() == 1
            )
            assert not [path for path in site.asked if path.startswith("/login")]
            with pytest.raises(CrawlRefused, match="is paused"):
                services.start_run(slug=slug)
    with subtests.test("the alert ends when an operator lets the source go on"):
        Source.objects.filter(pk="demo-fsbo").update(is_paused=False, pause_reason="")

        assert not alerts.check_all().filter(key="crawl.wall:demo-fsbo").exists()


@pytest.mark.django_db(transaction=True)
def test_a_site_that_stays_busy_pauses_its_source_and_alerts_and_one_page_that_does_is_only_one_page(subtests):
    quick = {"BUSY_WAIT_SECONDS": 0.001, "CONCURRENT_REQUESTS_PER_DOMAIN": 2}
    homes = {advert_path(number): page(advert(number)) for number in range(1, 7)}
    busy = page("<title>Too many requests</title>", status=429, Retry_After="0")

    with subtests.test("one page that stays busy fails alone"), serving({"/": page(front(1, 2)), **homes}) as site:
        site.pages[advert_path(2)] = busy
        run = crawl("demo-fsbo", site.base_url, settings=quick)

        assert (run.state, run.new_count, run.failed_count) == ("finished", 1, 2)  # it, and robots.txt
        assert not Source.objects.get(pk="demo-fsbo").is_paused
    everywhere = {advert_path(number): busy for number in range(3, 7)}
    for slug, pages in {"demo-classifieds-east": {"/": busy}, "demo-fsbo": everywhere}.items():
        with subtests.test(slug), serving({"/": page(front(*range(1, 7))), **homes, **pages}) as site:
            run = crawl(slug, site.base_url, settings=quick)

            says = "itself busy (HTTP 429) however long we waited"
            assert (run.state, run.gone_count) == ("failed", 0)
            assert run.reason == f"It was stopped before its end: it showed {says}."
            assert Source.objects.get(pk=slug).is_paused
            assert says in alerts.open_alerts().get(key=f"crawl.wall:{slug}").says
            assert len(site.asked) <= 2 + 6 * 4


def test_the_manners_of_a_source_are_its_settings_and_this_machine_is_asked_without_delay():
    source = Source(base_url="https://homes.example.com", delay_seconds=7, requests_at_once=3, adapts_pace=False)
    settings = scrapy_settings(source)

    assert settings["DOWNLOAD_DELAY"] == 7
    assert settings["CONCURRENT_REQUESTS_PER_DOMAIN"] == settings["AUTOTHROTTLE_TARGET_CONCURRENCY"] == 3
    assert settings["AUTOTHROTTLE_ENABLED"] is False
    assert "mailto:" in settings["USER_AGENT"]
    assert scrapy_settings(Source(base_url="http://127.0.0.1:1"))["DOWNLOAD_DELAY"] == 0


def test_nobody_can_talk_to_a_crawl_that_runs():
    settings = scrapy_settings(Source(base_url="http://127.0.0.1:1"))

    assert settings["REMOTE_CONTROL_ENABLED"] is settings["TELNETCONSOLE_ENABLED"] is False
    used = Settings(settings).get_component_priority_dict_with_base("EXTENSIONS")
    assert {str(extension).rpartition(".")[2] for extension in used} == {
        *("AutoThrottle", "CloseSpider", "CoreStats", "Heartbeat", "LogCount", "MemoryUsage")
    }
