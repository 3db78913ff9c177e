"""Public reads of crawling."""

import json
from collections import defaultdict
from datetime import timedelta
from typing import Final

from django.db.models import QuerySet
from django_celery_beat.models import PeriodicTask

from aiqleads.core import clock, processes
from aiqleads.core.rhythm import rhythm_of
from leads import selectors as leads
from leads import sightings
from leads.models import Source, SourceRight
from scraping import pictures, submissions
from scraping.drift import Share, shares_from
from scraping.feeds import is_feed
from scraping.models import STALE_AFTER, CrawlArea, CrawlRun, FieldHealth, QueuedCrawl, SiteSelectors
from scraping.pages import Area, Plan
from scraping.progress import Progress, ended, estimate
from scraping.spiders import spider_path

QUEUED_WITHIN: Final = timedelta(hours=1)
"""Later a worker would have begun; the queue has lost it."""
HEALTH_RUNS: Final = 12
"""Earlier runs than these say how the site was, not how it is."""


def sources_with_last_run() -> list[tuple[Source, CrawlRun | None]]:
    """Every source with its newest run, by name; those that were never crawled (None) come last."""
    newest = {run.source_id: run for run in CrawlRun.objects.order_by("source", "-started_at").distinct("source")}
    sources = sorted(Source.objects.all(), key=lambda source: (source.pk not in newest, source.name))
    return [(source, newest.get(source.pk)) for source in sources]


def crawl_schedules() -> dict[str, str]:
    """Source slug → how often it is crawled ("every 30 minutes"), or why it is not, where its schedule is on."""
    schedules = PeriodicTask.objects.filter(task="scraping.tasks.crawl_source", enabled=True)
    rows = schedules.select_related("interval", "crontab")
    rhythms = {json.loads(row.args)[0]: str(rhythm_of(row) or row.crontab) for row in rows}
    refusals = {source.pk: crawl_refusal(source) for source in Source.objects.filter(pk__in=rhythms)}
    return {slug: refusals.get(slug) or rhythm for slug, rhythm in rhythms.items()}


def crawl_refusal(source: Source) -> str:
    """Why a crawl of ``source`` would be refused now, in a sentence; "" where it would not."""
    right = leads.right_in_force(source)
    if right is None or right.basis == SourceRight.Basis.PROHIBITED:
        return f"No right in force allows {source.name} to be crawled. Record a permission first."
    if source.is_paused:
        return f"{source.name} is paused: {source.pause_reason or 'no reason given'}."
    if not has_site(source) or not source.base_url:
        return f"{source.name} has no spider or no address to crawl."
    if source.areas.exists() and not source.areas.filter(is_enabled=True).exists():
        return f"Every area of {source.name} is switched off."
    return ""


def has_site(source: Source) -> bool:
    """Whether there is anything to crawl of a source: files, forms and partners bring the records of the others."""
    return bool(spider_path(source.slug, source.reader)) or is_feed(source)


def sources_of_others() -> QuerySet[Source]:
    """Sources that files and partners may bring records of.

    Not our own forms', where each record carries the consent that was given there, nor operators' corrections.
    """
    return Source.objects.exclude(
        pk__in=[*submissions.KINDS, sightings.OPERATOR, sightings.OWNER, sightings.READER]
    ).order_by("name")


def plan_of(run: CrawlRun) -> Plan:
    """What a crawl has to know before it begins: nothing asks the database on the way of its pages."""
    source = run.source
    return Plan(
        areas=areas_of(source),
        selectors=selectors_of(source),
        begun=read_before(run),
        health=health_of(source),
        usual_pages=usual_pages(run),
        has_pictures_due=pictures.is_due(source),
    )


def health_of(source: Source) -> dict[str, list[Share]]:
    """Field → its shares in the newest healthy runs of ``source``, the newest first.

    What an operator believed is the source's new usual: nothing before it counts.
    """
    judged = CrawlRun.objects.filter(source=source, state__in=[CrawlRun.State.FINISHED, CrawlRun.State.SUSPICIOUS])
    drifted = judged.filter(field_health__is_drifting=True).distinct()
    believed = drifted.filter(is_believed=True).order_by("-started_at").first()
    doubtful = drifted.filter(is_believed=False)
    healthy = judged.filter(field_health__isnull=False).exclude(pk__in=doubtful.values("pk"))
    if believed:
        healthy = healthy.filter(started_at__gte=believed.started_at)
    newest = list(healthy.distinct().order_by("-started_at").values_list("pk", flat=True)[:HEALTH_RUNS])
    shares: dict[str, list[Share]] = defaultdict(list)
    for row in FieldHealth.objects.filter(run__in=newest).order_by("-run__started_at"):
        shares[row.field].append(row.share)
    return dict(shares)


def read_before(run: CrawlRun) -> dict[str, Share]:
    """Field → its share of what was read and is remembered by the broken run that ``run`` goes on with."""
    broken = CrawlRun.objects.filter(source=run.source_id, since=run.since, started_at__lt=run.started_at)
    told = broken.order_by("-started_at").values_list("fields_read", flat=True).first() or {}
    return shares_from(told)


def areas_of(source: Source) -> tuple[Area, ...]:
    """Where crawls of a source begin; none where it has no areas, which is its front page."""
    rows = CrawlArea.objects.filter(source=source, is_enabled=True)
    return tuple(
        Area(
            start=row.start, kinds=frozenset(row.kinds), least_price=row.least_price, stop_at_seen=row.stop_at_seen
        )
        for row in rows
    )


def progress(run: CrawlRun) -> Progress:
    """How far a run is, and how long it will take; for one that ended, what it came to."""
    done = run.requested_count + run.skipped_count
    if run.state != CrawlRun.State.RUNNING:
        return ended(done=done)
    seconds = (clock.now() - run.started_at).total_seconds()
    return estimate(done=done, waiting=run.waiting_count, usual=usual_pages(run), seconds=seconds)


def usual_pages(run: CrawlRun) -> int:
    """How many pages the last crawl of this sort came to, which reached its end; 0 where there was none."""
    whole = CrawlRun.objects.filter(source=run.source_id, state=CrawlRun.State.FINISHED, is_full=run.is_full)
    last = whole.filter(started_at__lt=run.started_at).order_by("-started_at").first()
    return last.requested_count + last.skipped_count if last else 0


def is_alive(run: CrawlRun) -> bool:
    """Whether a running crawl still runs: its machine knows at once, others after half a minute of silence."""
    return run.heartbeat_at > clock.now() - STALE_AFTER and not processes.has_ended(run.process)


def find_queued_crawl(source: Source) -> QueuedCrawl | None:
    """The crawl that an operator asked for and no worker began; one that waited for too long is forgotten."""
    return QueuedCrawl.objects.filter(source=source, queued_at__gt=clock.now() - QUEUED_WITHIN).first()


def running_crawls() -> list[CrawlRun]:
    """The runs that are alive as far as anybody can tell."""
    return [run for run in CrawlRun.objects.filter(state=CrawlRun.State.RUNNING) if is_alive(run)]


def selectors_of(source: Source) -> dict[str, str]:
    """Field → selector, as an operator wrote them for the source's site; empty for most sources."""
    rules = SiteSelectors.objects.filter(source=source).values_list("rules", flat=True).first()
    return dict(rules or {})
