"""Background doors of crawling."""

import structlog
from celery import shared_task

from scraping import services, submissions

log = structlog.get_logger(__name__)


@shared_task(
    ignore_result=True,
    soft_time_limit=services.CRAWL_TIMEOUT_SECONDS + 30,
    time_limit=services.CRAWL_TIMEOUT_SECONDS + 60,
)
def crawl_source(slug: str) -> None:
    """Crawl one source in a process of its own. Safe to run twice: a second run of a source is refused."""
    process = services.start_crawl_process(slug)
    try:
        exit_code = process.wait(timeout=services.CRAWL_TIMEOUT_SECONDS)
    finally:
        process.kill()
    log.info("crawl.ended", source=slug, exit_code=exit_code)


@shared_task(ignore_result=True)
def forget_unconfirmed() -> None:
    """Delete submissions that nobody confirmed in time."""
    log.info("submissions.forgotten", count=submissions.forget_unconfirmed())
