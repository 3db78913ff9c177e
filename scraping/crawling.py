"""One crawl in this process: Scrapy with our manners. Twisted's reactor starts once: never in a worker."""

from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess

from scraping.journal import RunJournal
from scraping.models import CrawlRun
from scraping.spiders.base import ResoSpider
from scraping.spiders.sites import SPIDERS

LOOPBACK_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "::1"})


def crawl_in_this_process(run: CrawlRun) -> RunJournal:
    """Crawl ``run``'s source to the end and return the notes. May be called once per process."""
    journal = RunJournal(run)
    source = run.source
    spider = SPIDERS[source.slug]
    arguments: dict[str, Any] = {
        "journal": journal,
        "base_url": source.base_url.rstrip("/"),
        "reader": source.reader,
    }
    if issubclass(spider, ResoSpider):
        arguments["access_token"] = source.access_token or ""
    process = AsyncCrawlerProcess(scrapy_settings(source.base_url), install_root_handler=False)
    crawler = process.create_crawler(spider)
    crawler.signals.connect(journal.note_broken_page, signals.spider_error)
    process.crawl(crawler, **arguments)
    try:
        process.start()
    finally:
        journal.close()
    return journal


def scrapy_settings(base_url: str) -> dict[str, Any]:
    """Polite to everybody; without delays only on this machine."""
    is_loopback = urlsplit(base_url).hostname in LOOPBACK_HOSTS
    return {
        "USER_AGENT": f"AIQLeads/1.0 (+mailto:{settings.CRAWLER_CONTACT_EMAIL})",
        "ROBOTSTXT_OBEY": True,
        "COOKIES_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "AUTOTHROTTLE_ENABLED": not is_loopback,
        "DOWNLOAD_DELAY": 0 if is_loopback else 1,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 8 if is_loopback else 2,
        "DOWNLOAD_TIMEOUT": 5 if is_loopback else 30,
        "DOWNLOAD_MAXSIZE": 12 * 1024 * 1024,
        "DOWNLOAD_WARNSIZE": 0,
        "RETRY_TIMES": 1,
        "DEPTH_LIMIT": 40,
        "CLOSESPIDER_PAGECOUNT": 200_000,
        "LOG_ENABLED": False,
        "LOG_FORMATTER": "scraping.log_lines.SilentAboutRecords",
        "DOWNLOADER_MIDDLEWARES": {"scraping.middlewares.NoteRequests": 50},
        "ITEM_PIPELINES": {"scraping.pipelines.IngestPipeline": 500},
    }
