"""Public reads of crawling."""

import json

from django.db.models import QuerySet
from django_celery_beat.models import PeriodicTask

from aiqleads.core import clock
from aiqleads.core.rhythm import rhythm_of
from leads.models import Source
from scraping.models import STALE_AFTER, CrawlRun, SiteSelectors


def sources_with_last_run() -> list[tuple[Source, CrawlRun | None]]:
    """Every source with its newest run, by name; those that were never crawled (None) come last."""
    newest = {run.source_id: run for run in CrawlRun.objects.order_by("source", "-started_at").distinct("source")}
    sources = sorted(Source.objects.all(), key=lambda source: (source.pk not in newest, source.name))
    return [(source, newest.get(source.pk)) for source in sources]


def crawl_schedules() -> dict[str, str]:
    """Source slug → how often it is crawled ("every 30 minutes"), for the schedules that are switched on."""
    schedules = PeriodicTask.objects.filter(task="scraping.tasks.crawl_source", enabled=True)
    rows = schedules.select_related("interval", "crontab")
    return {json.loads(row.args)[0]: str(rhythm_of(row) or row.crontab) for row in rows}


def running_crawls() -> QuerySet[CrawlRun]:
    """The runs that are alive as far as anybody can tell: one that was killed is among them for half a minute."""
    return CrawlRun.objects.filter(state=CrawlRun.State.RUNNING, heartbeat_at__gt=clock.Now() - STALE_AFTER)


def selectors_of(source: Source) -> dict[str, str]:
    """Field → selector, as an operator wrote them for the source's site; empty for most sources."""
    rules = SiteSelectors.objects.filter(source=source).values_list("rules", flat=True).first()
    return dict(rules or {})
