"""The demo through the real pipeline: the bundled sites on loopback, crawled by the real spiders."""

import json
import time
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import CommandError
from django.db.models import Count

from aiqleads.core import events
from aiqleads.core.commands import DataCommand
from leads.models import Lead
from marketplace import demo
from marketplace import services as marketplace
from marketplace.models import Listing
from scraping import bundled, crawl_forks, selectors, services
from scraping.demo.server import SourceSites
from scraping.models import CrawlRun
from scraping.spiders import SLUGS

LOOK_EVERY_SECONDS: Final = 0.2


class Command(DataCommand):
    help = "Load the demo: serve the bundled source sites on loopback, crawl them, list what passes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--day", type=int, default=1, help="which day of the generated world (default 1)")
        parser.add_argument("--size-percent", type=int, default=100, help="of the world's homes (default 100)")
        parser.add_argument("--access-log", type=Path, metavar="FILE", help="where the sites note what was asked")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("DEMO is off here: the demo is refused.")
        world = bundled.world_of(options["day"], size_percent=options["size_percent"])
        try:
            with bundled.serve_world(world) as sites:
                demo.ensure_territory()  # before anything is listed, and only for a day that there is
                self._wait_for_running_crawls()
                bundled.show(world)
                bundled.point_sources_at(sites)
                county = bundled.import_county(world)
                exit_codes = _crawl_all()
        except ValueError as error:
            raise CommandError(str(error)) from error
        if options["access_log"]:
            options["access_log"].write_text(_access_log(sites))
        delivered = events.deliver_all()
        marketplace.count_words()
        if not any(exit_codes.values()):
            demo.ensure_logins()
            demo.ensure_licences()
            demo.ensure_purchases()
            demo.ensure_tax()
            demo.ensure_money()
            events.deliver_all()
            demo.have_adverts_read()
        report = {**self._report(exit_codes, delivered), "county": county}
        self.stdout.write(json.dumps(report) if options["json"] else _sentences(report))
        if any(exit_codes.values()):
            raise CommandError("Not every source could be crawled; see their runs.")

    def _wait_for_running_crawls(self) -> None:
        """Wait until nobody crawls these sources: a schedule may, or a demo that was killed elsewhere seems to."""
        if _is_crawled():
            self.stderr.write("Waiting for a crawl that runs …")
        while _is_crawled():
            time.sleep(LOOK_EVERY_SECONDS)

    def _report(self, exit_codes: Mapping[str, int], delivered: int) -> dict[str, Any]:
        runs = CrawlRun.objects.filter(source__in=exit_codes).order_by("source", "-started_at").distinct("source")
        states = Lead.objects.values_list("state").annotate(Count("pk")).order_by("state")
        return {
            "runs": [
                {
                    "source": run.source_id,
                    "state": run.state,
                    "new": run.new_count,
                    "changed": run.changed_count,
                    "seen": run.seen_count,
                    "rejected": run.rejected_count,
                    "failed": run.failed_count,
                    "skipped": run.skipped_count,
                    "gone": run.gone_count,
                }
                for run in runs
            ],
            "events_delivered": delivered,
            "leads": dict(states),
            "listed": Listing.objects.offered().count(),
        }


def _is_crawled() -> bool:
    return any(run.source_id in SLUGS for run in selectors.running_crawls())


def _crawl_all() -> dict[str, int]:
    """Crawl every bundled source, two at a time."""
    return crawl_forks.crawl_each(SLUGS, at_once=2, within_seconds=services.CRAWL_TIMEOUT_SECONDS)


def _access_log(sites: SourceSites) -> str:
    return "".join(f"{seen.site} {seen.method} {seen.path} {seen.status}\n" for seen in sites.requests)


def _sentences(report: Mapping[str, Any]) -> str:
    lines = [
        f"{run['source']}: {run['state']}, {run['new']} new, {run['changed']} changed, {run['seen']} seen again, "
        f"{run['rejected']} rejected, {run['failed']} failed, {run['skipped']} left alone, {run['gone']} gone"
        for run in report["runs"]
    ]
    states = ", ".join(f"{count} {state}" for state, count in report["leads"].items())
    county = ", ".join(f"{count} {outcome}" for outcome, count in report["county"].items())
    return "\n".join(
        [*lines, f"{bundled.COUNTY}: {county}", f"Leads: {states}. On the marketplace: {report['listed']}."]
    )
