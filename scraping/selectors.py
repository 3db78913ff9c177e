"""Public reads of crawling."""

import json
from datetime import UTC, datetime, timedelta
from typing import Final

from django.utils.timesince import timesince
from django_celery_beat.models import PeriodicTask

from leads.models import Source
from scraping.models import CrawlRun

UNIX_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def sources_with_last_run() -> list[tuple[Source, CrawlRun | None]]:
    """Every source with its newest run, by name; those that were never crawled (None) come last."""
    newest = {run.source_id: run for run in CrawlRun.objects.order_by("source", "-started_at").distinct("source")}
    sources = sorted(Source.objects.all(), key=lambda source: (source.pk not in newest, source.name))
    return [(source, newest.get(source.pk)) for source in sources]


def crawl_schedules() -> dict[str, str]:
    """Source slug → how often it is crawled ("every 30 minutes"), for the schedules that are switched on."""
    schedules = PeriodicTask.objects.filter(task="scraping.tasks.crawl_source", enabled=True)
    return {json.loads(item.args)[0]: _frequency(item) for item in schedules.select_related("interval", "crontab")}


def _frequency(schedule: PeriodicTask) -> str:
    if schedule.interval is None:
        return str(schedule.crontab)
    interval = timedelta(**{schedule.interval.period: schedule.interval.every})
    return f"every {timesince(UNIX_EPOCH, UNIX_EPOCH + interval)}"


def find_last_run(source: Source) -> CrawlRun | None:
    """The newest run of a source, whatever became of it."""
    return CrawlRun.objects.filter(source=source).order_by("-started_at").first()
