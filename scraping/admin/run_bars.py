"""A source's newest runs as a row of bars: how many adverts each met, and how it ended."""

from collections.abc import Sequence
from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef
from django.db.models.functions import JSONObject
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from scraping.models import CrawlRun

RUNS_SHOWN: Final = 20
BAR_WIDTH: Final = 6
HEIGHT: Final = 24
LOWEST: Final = 3
"""A run that met nothing is still a run."""


def newest_runs() -> ArraySubquery:
    """An annotation of sources: their newest runs as ``{"state", "met"}``, the newest first."""
    met = F("new_count") + F("changed_count") + F("seen_count")
    runs = CrawlRun.objects.filter(source=OuterRef("pk")).order_by("-started_at")
    return ArraySubquery(runs.values(told=JSONObject(state="state", met=met))[:RUNS_SHOWN])


def run_bars(runs: Sequence[dict[str, Any]]) -> SafeString | str:
    """Draw ``newest_runs``, the oldest at the left; "Never" for a source that was not crawled yet."""
    if not runs:
        return "Never"
    highest = max(run["met"] for run in runs) or 1
    bars = format_html_join(
        "",
        '<rect class="is-{}" x="{}" y="{}" width="{}" height="{}"></rect>',
        (_bar(place, run, highest) for place, run in enumerate(reversed(runs))),
    )
    well = sum(run["state"] == CrawlRun.State.FINISHED for run in runs)
    return format_html(
        '<svg class="run-bars" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
        RUNS_SHOWN * BAR_WIDTH,
        HEIGHT,
        f"{well} of the last {len(runs)} runs ended well",
        bars,
    )


def _bar(place: int, run: dict[str, Any], highest: int) -> tuple[str, int, int, int, int]:
    height = max(LOWEST, round(run["met"] * HEIGHT / highest))
    return run["state"], place * BAR_WIDTH, HEIGHT - height, BAR_WIDTH - 1, height
