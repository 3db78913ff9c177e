"""Background doors of crawling."""

from typing import Final
from uuid import UUID

import structlog
from celery import shared_task

from leads.models import Source
from scraping import file_imports, services, submissions
from scraping.errors import CrawlRefused

COUNTING_SECONDS: Final = 2 * 3600
IMPORT_SECONDS: Final = 12 * 3600
"""A million rows at 25 a second."""

log = structlog.get_logger(__name__)


@shared_task(
    ignore_result=True,
    soft_time_limit=services.CRAWL_TIMEOUT_SECONDS + 30,
    time_limit=services.CRAWL_TIMEOUT_SECONDS + 60,
)
def crawl_source(slug: str) -> None:
    """Crawl one source in a process of its own, which is not even started where the source may not be crawled.

    Safe to run twice: a second run of a source is refused.
    """
    try:
        services.require_allowed(Source.objects.get(pk=slug))
    except (CrawlRefused, Source.DoesNotExist) as refusal:
        services.forget_request(slug=slug)
        log.warning("crawl.refused", source=slug, reason=type(refusal).__name__)
        return
    process = services.start_crawl_process(slug)
    try:
        exit_code = process.wait(timeout=services.CRAWL_TIMEOUT_SECONDS)
    finally:
        process.kill()
    log.info("crawl.ended", source=slug, exit_code=exit_code)


@shared_task(ignore_result=True)
def forget_unconfirmed() -> None:
    """Delete submissions that nobody confirmed in time, and files that nobody had read."""
    log.info("submissions.forgotten", count=submissions.forget_unconfirmed())
    log.info("files.forgotten", count=file_imports.drop_old_files())


@shared_task(ignore_result=True, soft_time_limit=COUNTING_SECONDS, time_limit=COUNTING_SECONDS + 60)
def count_file(import_id: str) -> None:
    """Count what a file's rows would become. Safe to run twice: both count the same."""
    file_imports.count_ahead(import_id=UUID(import_id))


@shared_task(ignore_result=True, soft_time_limit=IMPORT_SECONDS, time_limit=IMPORT_SECONDS + 60)
def import_file(import_id: str) -> None:
    """Read one file in. Safe to run twice: one that is read already, or right now, is left alone."""
    file_imports.run_import(import_id=UUID(import_id))
