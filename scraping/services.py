"""Public writes of crawling: start a run, run it, close it. One run per source at a time."""

import signal
import subprocess
import sys
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from aiqleads.core import alerts, audit, clock, processes, transactions
from aiqleads.core.postgres import violated_constraint
from aiqleads.core.rhythm import Every
from aiqleads.core.services import add_schedule
from aiqleads.embedded.processes import die_with_parent
from leads import selectors as leads
from leads import services as lead_services
from leads.models import Source
from scraping import findings, health, selectors
from scraping.errors import CrawlRefused, NothingToBelieve
from scraping.findings import SHOWED
from scraping.journal import ALREADY_READ, REACHED_THE_END, Ending
from scraping.models import CrawlRequest, CrawlRun, FeedState, QueuedCrawl

CRAWL_TIMEOUT_SECONDS: Final = 1800
CRAWL_EVERY_SECONDS: Final = 1800
FULL_EVERY: Final = timedelta(hours=24)
"""How often a run visits even the lists that it could leave at known adverts: only that proves what is gone."""
RESUMED_WITHIN: Final = timedelta(hours=6)
"""What a broken run read so long ago may have changed since."""


@transactions.write
def start_run(*, slug: str, is_full: bool = False) -> CrawlRun:
    """Open a run of a source. It goes on with one that broke off: what that one read is not asked for again.

    :param is_full: visit every list to its end, as one run a day does anyhow
    :raises CrawlRefused: no such source or spider, no right in force that lets us fetch, paused, or running already
    """
    source = Source.objects.select_for_update().filter(pk=slug).first()
    if source is None:
        raise CrawlRefused(f"There is no source called {slug!r}.")
    require_allowed(source)
    _fail_dead_run(source)
    try:
        with transaction.atomic():
            plan = _plan(source, is_full=is_full)
            QueuedCrawl.objects.filter(source=source).delete()
            return CrawlRun.objects.create(source=source, process=processes.own_mark(), **plan)
    except IntegrityError as error:
        if violated_constraint(error) != "one_run_per_source":
            raise
        raise CrawlRefused(f"{source.name} is being crawled already.") from error


@transactions.write
def add_source(*, slug: str, name: str, family: Source.Family, reader: str, base_url: str, actor_id: int) -> Source:
    """Enter a source with its schedule, switched off: it is prohibited until a right is recorded.

    :raises UnusableSource: the slug is taken, or the address holds a password
    """
    source = lead_services.add_source(
        slug=slug, name=name, family=family, reader=reader, base_url=base_url, actor_id=actor_id
    )
    add_schedule(
        name=f"Crawl {slug}",
        rhythm=Every(seconds=CRAWL_EVERY_SECONDS),
        task="scraping.tasks.crawl_source",
        arguments=[slug],
        queue="crawl",
    )
    return source


@transactions.write
def request_crawl(*, slug: str, actor_id: int) -> Source:
    """Note that an operator wants a source crawled now; whoever calls this queues the crawl after it.

    :raises CrawlRefused: as ``start_run`` would, so that the operator hears it at once; or one waits already
    """
    source = Source.objects.select_for_update().get(pk=slug)
    require_allowed(source)
    _require_none_underway(source)
    QueuedCrawl.objects.update_or_create(source=source, defaults={"queued_at": clock.now()})
    audit.record(actor_id=actor_id, action="crawl.requested", subject=source)
    return source


def _require_none_underway(source: Source) -> None:
    """A second crawl would be refused by the worker, where nobody hears of it."""
    run = CrawlRun.objects.filter(source=source, state=CrawlRun.State.RUNNING).first()
    if run and selectors.is_alive(run):
        since = f"{run.started_at:%H:%M} UTC"
        raise CrawlRefused(f"{source.name} is being crawled already, since {since}. See its runs.")
    if waiting := selectors.find_queued_crawl(source):
        since = f"{waiting.queued_at:%H:%M} UTC"
        raise CrawlRefused(f"A crawl of {source.name} waits for a worker already, since {since}.")


def forget_request(*, slug: str) -> None:
    """Nobody will crawl a source because an operator asked: the queue or the worker refused."""
    QueuedCrawl.objects.filter(source=slug).delete()


def require_allowed(source: Source) -> None:
    """:raises CrawlRefused: no right, paused, or nothing to crawl it by; a crawl that runs is no reason"""
    refusal = selectors.crawl_refusal(source)
    if refusal:
        raise CrawlRefused(refusal)


def _plan(source: Source, *, is_full: bool) -> dict[str, Any]:
    """What a new run has to visit, and what it need not."""
    now, whole = clock.now(), CrawlRun.objects.filter(source=source, is_full=True, state=CrawlRun.State.FINISHED)
    last = CrawlRun.objects.filter(source=source).order_by("-started_at").first()
    if last and last.state == CrawlRun.State.FAILED and last.since > now - RESUMED_WITHIN:
        return {"started_at": now, "since": last.since, "is_full": is_full or last.is_full}
    is_due = not whole.filter(started_at__gt=now - FULL_EVERY).exists()
    return {"started_at": now, "since": now, "is_full": is_full or is_due}


def _fail_dead_run(source: Source) -> None:
    """Close a run that was killed: what it stored is stored and counted, and the next run goes on with it."""
    run = CrawlRun.objects.filter(source=source, state=CrawlRun.State.RUNNING).first()
    if run is None or selectors.is_alive(run):
        return
    stored = leads.stored_by(crawl_run_id=run.pk, source=source)
    CrawlRun.objects.filter(pk=run.pk).update(new_count=stored.new_count, changed_count=stored.changed_count)
    fail_run(run, reason="It stopped without a word.")
    _tell(findings.drifts())


def finish_run(run: CrawlRun, *, ending: Ending) -> CrawlRun:
    """Close a run, and mark the adverts that are gone: what a run proves depends on how it ended.

    A run that was stopped, or met nothing at all, proves nothing and is failed. One that lacks a list proves only
    what a page said of itself (404, 410). An advert whose page failed otherwise this time is left as it is. A run
    that would take more than half of the source's live leads, or of a feed's adverts that are none, takes none and
    is suspicious, unless an operator believed the one before (``believe_run``).
    """
    run.refresh_from_db()
    _settle_fields(run, ending)
    if ending.reason != REACHED_THE_END:
        return fail_run(run, reason=f"It was stopped before its end: {ending.reason or 'it never began'}.")
    if not _has_read(run) and not ending.is_feed:
        return fail_run(run, reason="Nothing could be read: is the site there, and its layout still the same?")
    unmet = _find_unmet(run, ending)
    if (unmet.takes_most_leads or unmet.takes_most_others) and not _is_expected(run):
        suspicious = _close(run, CrawlRun.State.SUSPICIOUS, reason=_suspicion(unmet))
        _tell(findings.suspicions())
        return suspicious
    gone_count = lead_services.mark_unmet(unmet)
    if ending.is_feed:
        _settle_feed(run, ending)
    return _close(run, CrawlRun.State.FINISHED, gone_count=gone_count)


def _settle_fields(run: CrawlRun, ending: Ending) -> None:
    """Keep how the fields were read; where one fell out of its history, what is new waits for an operator.

    What a broken run brought, with which this one goes on, is judged with the rest.
    """
    health.keep(run, ending.shares, drifting=ending.drifting)
    runs = CrawlRun.objects.filter(source=run.source, since=run.since).values_list("pk", flat=True)
    if ending.drifting:
        lead_services.hold_sightings(source=run.source, crawl_run_ids=list(runs))
    else:
        lead_services.release_sightings(source=run.source, crawl_run_ids=list(runs))
    _tell(findings.drifts())


def _tell(found: Iterable[alerts.Finding]) -> None:
    for finding in found:
        alerts.open_alert(key=finding.key, says=finding.says, subject=finding.subject)


def _has_read(run: CrawlRun) -> bool:
    return bool(run.parsed_count or run.unchanged_count or ALREADY_READ in run.skipped_reasons)


def _find_unmet(run: CrawlRun, ending: Ending) -> lead_services.Unmet:
    if ending.is_feed:
        since = run.started_at if ending.is_complete else None
        return lead_services.find_unlisted(source=run.source, since=since, vanished_ids=ending.vanished_ids)
    return lead_services.find_unmet(
        source=run.source,
        since=run.since,
        except_urls=_failed(run, is_gone=False) | ending.unread_urls,
        only_urls=None if ending.is_complete else _failed(run, is_gone=True),
    )


def _settle_feed(run: CrawlRun, ending: Ending) -> None:
    """What vanished is taken away now; a run that broke off before this line finds it again."""
    settled = {"vanished_ids": [], **({"reconciled_at": clock.Now()} if ending.is_complete else {})}
    FeedState.objects.filter(pk=run.source_id).update(**settled)


def _suspicion(unmet: lead_services.Unmet) -> str:
    if unmet.takes_most_leads:
        missed = f"It met none of the adverts of {unmet.lead_count} of {unmet.of_lead_count} live leads"
    else:
        missed = f"It did not meet {unmet.other_count} of {unmet.of_other_count} adverts that are no leads"
    return (
        f"{missed}, more than half, so nothing was taken away. Look at the site; if they are gone, let the next "
        "crawl take them."
    )


def _is_expected(run: CrawlRun) -> bool:
    """Whether an operator looked at the site after the run before and believed it."""
    before = _judged_runs(run.source_id).filter(started_at__lt=run.started_at).first()
    return before is not None and before.is_believed


def _judged_runs(slug: str) -> QuerySet[CrawlRun]:
    """The runs of a source that proved something, newest first."""
    judged = [CrawlRun.State.FINISHED, CrawlRun.State.SUSPICIOUS]
    return CrawlRun.objects.filter(source=slug, state__in=judged).order_by("-started_at")


@transactions.write
def believe_run(*, run_id: UUID, actor_id: int) -> CrawlRun:
    """Believe what a run found, because an operator looked at the site.

    After a suspicious one the next run takes away what it does not meet, however much. After one whose fields fell
    out of their history, this is the source's new history, and what waited for it counts (``release_believed``).

    :raises NothingToBelieve: neither holds of the run, or the suspicious one was followed by another
    """
    run = CrawlRun.objects.select_for_update().get(pk=run_id)
    is_drifting = run.field_health.filter(is_drifting=True).exists()
    is_newest = run.state == CrawlRun.State.SUSPICIOUS and _judged_runs(run.source_id).first() == run
    if not (is_drifting or is_newest):
        raise NothingToBelieve("Only the newest run of a source can be believed, and only a suspicious one.")
    run.is_believed = True
    run.save(update_fields=["is_believed"])
    audit.record(actor_id=actor_id, action="run.believed", subject=run, source=run.source_id)
    alerts.close_alert(key=f"{findings.SUSPICION_AREA}:{run.source_id}")
    return run


def release_believed(run: CrawlRun) -> int:
    """Let what waited for ``run`` to be believed count, and close its alerts; return how many sightings."""
    released = lead_services.release_sightings(source=run.source)
    for name in run.field_health.filter(is_drifting=True).values_list("field", flat=True):
        alerts.close_alert(key=f"{findings.DRIFT_AREA}:{run.source_id}:{name}")
    return released


def _failed(run: CrawlRun, *, is_gone: bool) -> frozenset[str]:
    failed = CrawlRequest.objects.filter(run=run, outcome=CrawlRequest.Outcome.FAILED)
    answered_gone = Q(status__in=[404, 410])
    return frozenset(failed.filter(answered_gone if is_gone else ~answered_gone).values_list("url", flat=True))


def fail_run(run: CrawlRun, *, reason: str) -> CrawlRun:
    """Close a run that broke off."""
    return _close(run, CrawlRun.State.FAILED, reason=reason)


def _close(run: CrawlRun, state: CrawlRun.State, *, reason: str = "", gone_count: int = 0) -> CrawlRun:
    """Close a run that is still running; one that was taken over keeps what was said of it."""
    CrawlRun.objects.filter(pk=run.pk, state=CrawlRun.State.RUNNING).update(
        state=state, reason=reason[:300], gone_count=gone_count, finished_at=clock.Now()
    )
    run.refresh_from_db()
    return run


def stop_at_wall(*, run: CrawlRun, wall: str) -> None:
    """Pause the source of a crawl that met a wall, and tell operators: whether we may go on is not for us to try.

    :param wall: its name ("a captcha")
    """
    lead_services.pause_source(slug=run.source_id, reason=f"{SHOWED}{wall}.")
    _tell(findings.walls())


def start_crawl_process(slug: str, *, stdout: int | None = None) -> "subprocess.Popen[bytes]":
    """Start ``manage.py crawl`` in a process of its own, which Scrapy needs, and return it.

    It ends in order when the thread that started it does, even by kill -9: nobody would read what it found out.
    """
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "crawl", slug, "--json"]
    return subprocess.Popen(
        command,
        stdout=stdout,
        preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509  (one system call, no lock)
    )
