"""What is wrong with sources, as alerts tell it: who is paused at a wall, reads otherwise, or lost most adverts."""

from collections.abc import Iterator
from typing import Final

from aiqleads.core.alerts import Finding
from leads import selectors
from leads.models import Source
from scraping.models import CrawlRun

SUSPICION_AREA: Final = "crawl.suspicious"
DRIFT_AREA: Final = "crawl.drift"
WALL_AREA: Final = "crawl.wall"
SHOWED: Final = "It showed "
"""How the reason of a source begins that is paused because of a wall."""


def walls() -> Iterator[Finding]:
    """Sources that are paused because they showed a wall; the alert ends when an operator lets one go on."""
    for source in Source.objects.filter(is_paused=True, pause_reason__startswith=SHOWED).order_by("pk"):
        wall = source.pause_reason.removeprefix(SHOWED).removesuffix(".")
        yield Finding(
            key=f"{WALL_AREA}:{source.pk}",
            says=f"{source.name} showed {wall}, so its crawl was stopped and it is paused. "
            "Ask the site for a permission or a feed before you let it go on.",
            subject=source,
        )


def drifts() -> Iterator[Finding]:
    """Fields that fell out of their history, as long as what was read then waits for an operator."""
    for source in selectors.sources_with_held_sightings():
        drifted = CrawlRun.objects.filter(source=source, field_health__is_drifting=True, is_believed=False)
        run = drifted.order_by("-started_at").first()
        for health in run.field_health.filter(is_drifting=True).order_by("field") if run else ():
            yield Finding(
                key=f"{DRIFT_AREA}:{source.pk}:{health.field}",
                says=f"{source.name} reads otherwise than before: {health.field.replace('_', ' ')} is there in "
                f"{health.valid_count} of {health.record_count} records. What is new waits: mend the reader, or "
                "believe the run.",
                subject=run,
            )


def suspicions() -> Iterator[Finding]:
    """Sources whose newest run would have taken most away, until an operator believes it or another is sound."""
    judged = CrawlRun.objects.filter(state__in=[CrawlRun.State.FINISHED, CrawlRun.State.SUSPICIOUS])
    newest = judged.order_by("source", "-started_at").distinct("source").select_related("source")
    for run in newest:
        if run.state == CrawlRun.State.SUSPICIOUS and not run.is_believed:
            yield Finding(
                key=f"{SUSPICION_AREA}:{run.source_id}", says=f"{run.source.name}: {run.reason}", subject=run
            )
