"""One crawl run, in this process."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from aiqleads.core import checks
from aiqleads.core.commands import DataCommand, text
from scraping import services
from scraping.errors import CrawlRefused
from scraping.feeds import is_feed
from scraping.feeds.reso import replication
from scraping.journal import Ending
from scraping.models import CrawlRun


class Command(DataCommand):
    help = (
        "Crawl one source in this process. Exit code 1 when the crawl is refused or fails. A suspicious one stored "
        "what it met and took nothing away."
    )
    requires_system_checks = (checks.TAG,)  # those of addresses and screens would load both

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=text, help="the source's slug")
        parser.add_argument("--full", action="store_true", help="visit every list to its end, known adverts or not")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = services.start_run(slug=options["source"], is_full=options["full"])
        except CrawlRefused as refusal:
            raise CommandError(refusal.detail) from refusal
        run = self._crawl(run)
        report = _report(run)
        self.stdout.write(json.dumps(report) if options["json"] else _sentence(report))
        if run.state not in {CrawlRun.State.FINISHED, CrawlRun.State.SUSPICIOUS}:
            raise CommandError(run.reason)

    def _crawl(self, run: CrawlRun) -> CrawlRun:
        try:
            ending = _read(run)
        except BaseException as error:
            services.fail_run(run, reason=f"It broke off: {type(error).__name__}.")
            raise
        return services.finish_run(run, ending=ending)


def _read(run: CrawlRun) -> Ending:
    """Follow a feed, or crawl a site; only the latter loads Scrapy, whose reactor starts once per process."""
    if is_feed(run.source):
        return replication.follow(run)
    from scraping.crawling import crawl_in_this_process  # noqa: PLC0415

    return crawl_in_this_process(run)


def _report(run: CrawlRun) -> dict[str, Any]:
    return {
        "source": run.source_id,
        "state": run.state,
        "reason": run.reason,
        "counts": run.counts,
        "rejected_reasons": run.rejected_reasons,
        "skipped_reasons": run.skipped_reasons,
        "refused_pictures": run.refused_pictures,
        "is_full": run.is_full,
        "goes_on_since": run.since.isoformat() if run.since < run.started_at else None,
        "seconds": _seconds(run),
    }


def _seconds(run: CrawlRun) -> float | None:
    return round((run.finished_at - run.started_at).total_seconds(), 1) if run.finished_at else None


def _sentence(report: dict[str, Any]) -> str:
    counts = ", ".join(f"{count} {name}" for name, count in report["counts"].items())
    return f"{report['source']} {report['state']}: {counts}. {report['reason']}".rstrip()
