"""One crawl in this process: Scrapy with our manners. Twisted's reactor starts once: never in a worker."""

import logging
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.module_loading import import_string
from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess, AsyncCrawlerRunner

from leads.models import Source
from scraping import selectors
from scraping.heartbeat import BEAT_SECONDS
from scraping.journal import Ending, RunJournal
from scraping.models import CrawlRun
from scraping.pages import Plan
from scraping.spiders import PICTURES, spider_path

LOOPBACK_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "::1"})
TASKS_PER_PAGE: Final = 4
"""Scrapy starts so many for each answer, a hundred unless told; a page yields one item, beside it only requests."""

USED_EXTENSIONS: Final = (
    "scrapy.extensions.closespider.CloseSpider",
    "scrapy.extensions.corestats.CoreStats",
    "scrapy.extensions.logcount.LogCount",
    "scrapy.extensions.memusage.MemoryUsage",
    "scrapy.extensions.throttle.AutoThrottle",
)
"""Of Scrapy's own. The others would be loaded even where they are switched off, for half a second. One of them, the
remote control, runs what anybody sends it who is on this machine and can read its token."""

UNUSED_SCHEMES: Final = ("data", "file", "ftp", "s3")
"""A page may name any address it likes, and Scrapy would open a file of this machine as gladly as a page."""


def crawl_in_this_process(run: CrawlRun, **options: Any) -> Ending:
    """Crawl ``run``'s source and return how that ended. May be called once per process.

    :param options: Scrapy's settings, in the place of ours
    """
    process = _quiet_process({**scrapy_settings(run.source), **options})
    journal = begin(run, process, plan=selectors.plan_of(run))
    try:
        process.start()
    finally:
        journal.close()
    return journal.ending


def begin(run: CrawlRun, runner: AsyncCrawlerRunner, *, plan: Plan) -> RunJournal:
    """Have ``runner``, whose settings are ``scrapy_settings``, crawl a source; close the journal after it."""
    journal = RunJournal(run, plan)
    spider = import_string(spider_path(run.source.slug, run.source.reader) or "")
    arguments: dict[str, Any] = {
        "journal": journal,
        "base_url": run.source.base_url.rstrip("/"),
        "reader": run.source.reader,
        "areas": plan.areas,
        "selectors": plan.selectors,
    }
    crawler = runner.create_crawler(spider)
    crawler.signals.connect(journal.note_broken_page, signals.spider_error)
    crawling = runner.crawl(crawler, **arguments)
    crawling.add_done_callback(lambda _: _look_at_pictures(runner, journal, has_some=plan.has_pictures_due))
    return journal


def _look_at_pictures(runner: AsyncCrawlerRunner, journal: RunJournal, *, has_some: bool) -> None:
    """Look at the adverts' pictures behind everything else, in a crawl of its own, once all pages are read."""
    if journal.has_read_all and (has_some or journal.album_count):
        runner.crawl(import_string(PICTURES), journal=journal)


def _quiet_process(options: dict[str, Any]) -> AsyncCrawlerProcess:
    """Scrapy turns its own log up when it starts; we turn it back to what needs somebody's attention."""
    logging.disable(logging.INFO)
    process = AsyncCrawlerProcess(options)
    logging.disable(logging.NOTSET)
    logging.getLogger("scrapy").setLevel(logging.WARNING)
    return process


def scrapy_settings(source: Source) -> dict[str, Any]:
    """Polite to everybody; without delays only on this machine."""
    is_loopback = urlsplit(source.base_url).hostname in LOOPBACK_HOSTS
    return {
        "USER_AGENT": f"AIQLeads/1.0 (+mailto:{settings.CRAWLER_CONTACT_EMAIL})",
        "ROBOTSTXT_OBEY": True,
        "COOKIES_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "AUTOTHROTTLE_ENABLED": source.adapts_pace and not is_loopback,
        "DOWNLOAD_DELAY": 0 if is_loopback else source.delay_seconds,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 8 if is_loopback else source.requests_at_once,
        "AUTOTHROTTLE_TARGET_CONCURRENCY": float(source.requests_at_once),
        "CONCURRENT_ITEMS": TASKS_PER_PAGE,
        "DOWNLOAD_TIMEOUT": 5 if is_loopback else 30,
        "DOWNLOAD_MAXSIZE": 12 * 1024 * 1024,
        "DOWNLOAD_WARNSIZE": 0,
        "RETRY_TIMES": 1,
        "REDIRECT_MAX_TIMES": 5,
        "DUPEFILTER_CLASS": "scrapy.dupefilters.BaseDupeFilter",  # the spider has its own
        "DEPTH_LIMIT": 500,
        "CLOSESPIDER_PAGECOUNT": 200_000,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,  # Scrapy itself reads from whoever answers
        "TWISTED_DNS_RESOLVER": "scraping.judged_names.JudgedNames",
        "DOWNLOAD_HANDLERS": dict.fromkeys(UNUSED_SCHEMES),
        "LOG_INSTALL_ROOT_HANDLER": False,
        "RETRY_GIVE_UP_LOG_LEVEL": "DEBUG",
        "LOG_FORMATTER": "scraping.log_lines.SilentAboutRecords",
        "BEAT_SECONDS": BEAT_SECONDS,
        "EXTENSIONS_BASE": dict.fromkeys(USED_EXTENSIONS, 0),
        "EXTENSIONS": {"scraping.heartbeat.Heartbeat": 100},
        "DOWNLOADER_MIDDLEWARES": {
            "scraping.middlewares.NoteRequests": 50,
            "scraping.middlewares.StopBeforeLogIn": 60,
            "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
            "scraping.robots.ObeyRobots": 100,
            "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
            "scraping.middlewares.GiveTime": 550,
            "scraping.middlewares.StopAtWalls": 560,
        },
        "ITEM_PIPELINES": {
            "scraping.pipelines.KeepToArea": 100,
            "scraping.pipelines.WatchFields": 200,
            "scraping.pipelines.StoreRecords": 500,
        },
    }
