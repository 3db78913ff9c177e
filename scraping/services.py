"""Public writes of crawling: start a run, run it, close it. One run per source at a time."""

import subprocess
import sys
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction

from aiqleads.core import clock, transactions
from aiqleads.core.postgres import violated_constraint
from leads import selectors as leads
from leads import services as lead_services
from leads.models import Source, SourceRight
from scraping.errors import CrawlRefused
from scraping.models import CrawlRequest, CrawlRun
from scraping.spiders.sites import SPIDERS

STALE_AFTER: Final = timedelta(minutes=2)
CRAWL_TIMEOUT_SECONDS: Final = 1800


@transactions.write
def start_run(*, slug: str) -> CrawlRun:
    """Open a run of a source.

    :raises CrawlRefused: no such source or spider, no right in force that lets us fetch, paused, or running already
    """
    source = Source.objects.select_for_update().filter(pk=slug).first()
    if source is None:
        raise CrawlRefused(f"There is no source called {slug!r}.")
    _require_allowed(source)
    _fail_stale_runs(source)
    try:
        with transaction.atomic():
            return CrawlRun.objects.create(source=source)
    except IntegrityError as error:
        if violated_constraint(error) != "one_run_per_source":
            raise
        raise CrawlRefused(f"{source.name} is being crawled already.") from error


def _require_allowed(source: Source) -> None:
    right = leads.right_in_force(source)
    if right is None or right.basis == SourceRight.Basis.PROHIBITED:
        raise CrawlRefused(f"No right in force allows {source.name} to be crawled. Record a permission first.")
    if source.is_paused:
        raise CrawlRefused(f"{source.name} is paused: {source.pause_reason or 'no reason given'}.")
    if source.slug not in SPIDERS or not source.base_url:
        raise CrawlRefused(f"{source.name} has no spider or no address to crawl.")


def _fail_stale_runs(source: Source) -> None:
    """A run without a heartbeat was killed; what it stored is stored, and this run sees it again."""
    CrawlRun.objects.filter(
        source=source, state=CrawlRun.State.RUNNING, heartbeat_at__lt=clock.now() - STALE_AFTER
    ).update(state=CrawlRun.State.FAILED, reason="It stopped without a word.", finished_at=clock.Now())


def finish_run(run: CrawlRun) -> CrawlRun:
    """Close a run that reached its end, and mark the adverts that it no longer met as gone.

    An advert whose page failed this time (time-out, server error) is left as it is. A run that met nothing at all
    proves nothing, so it is failed.
    """
    run.refresh_from_db()
    if run.parsed_count == 0:
        return fail_run(run, reason="Nothing could be read: is the site there, and its layout still the same?")
    failed = CrawlRequest.objects.filter(run=run, outcome=CrawlRequest.Outcome.FAILED).exclude(
        status__in=[404, 410]
    )
    gone = lead_services.mark_unseen(
        source=run.source, since=run.started_at, except_urls=frozenset(failed.values_list("url", flat=True))
    )
    return _close(run, CrawlRun.State.FINISHED, gone_count=gone)


def fail_run(run: CrawlRun, *, reason: str) -> CrawlRun:
    """Close a run that broke off."""
    return _close(run, CrawlRun.State.FAILED, reason=reason)


def _close(run: CrawlRun, state: CrawlRun.State, *, reason: str = "", gone_count: int = 0) -> CrawlRun:
    run.state, run.reason, run.gone_count, run.finished_at = state, reason[:300], gone_count, clock.now()
    run.save(update_fields=["state", "reason", "gone_count", "finished_at"])
    return run


def start_crawl_process(slug: str, *, stdout: int | None = None) -> "subprocess.Popen[bytes]":
    """Start ``manage.py crawl`` in a process of its own, which Scrapy needs, and return it."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "crawl", slug, "--json"]
    return subprocess.Popen(command, stdout=stdout)
