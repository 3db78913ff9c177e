"""What operators see of a source's runs: how far each is, and each field's share over time. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Count, QuerySet

from aiqleads.core import clock
from leads.models import Source
from scraping import drift, selectors
from scraping.admin.pages import label_of
from scraping.afterwards import Line, lines_of
from scraping.models import CrawlRequest, CrawlRun, FieldHealth
from scraping.progress import Progress, in_words

RUNS_SHOWN: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """One run: how far it is, and how long it took or takes so far."""

    run: CrawlRun
    progress: Progress
    lasted: str

    @property
    def is_running(self) -> bool:
        return self.run.state == CrawlRun.State.RUNNING


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many of a run's records had a field in order; ``percent`` is None where the run read none."""

    percent: int | None
    says: str
    is_drifting: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A source's newest runs, for each field its share in those runs, and what became of its leads later."""

    lines: Sequence[RunLine]
    fields: Sequence[tuple[str, Sequence[Share]]]
    afterwards: Sequence[Line]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """One run in full; ``troubles`` counts failed requests by how: their addresses may name a home.

    ``pictures`` counts those that were not looked at, by why.
    """

    line: RunLine
    counts: Sequence[tuple[str, int]]
    rejected: Sequence[tuple[str, int]]
    skipped: Sequence[tuple[str, int]]
    fields: Sequence[tuple[str, Share]]
    troubles: Sequence[tuple[str, int]]
    pictures: Sequence[tuple[str, int]]


def history(source: Source) -> History:
    """Gather a source's page."""
    runs = list(CrawlRun.objects.filter(source=source).order_by("-started_at")[:RUNS_SHOWN])
    shares = _shares(FieldHealth.objects.filter(run__in=runs))
    fields = sorted({field for _, field in shares})
    nothing = Share(percent=None, says="", is_drifting=False)
    return History(
        lines=[_line(run) for run in runs],
        fields=[(label_of(field), [shares.get((run.pk, field), nothing) for run in runs]) for field in fields],
        afterwards=lines_of(source),
    )


def report(run: CrawlRun) -> RunReport:
    """Gather a run's page."""
    shares = _shares(run.field_health.all())
    return RunReport(
        line=_line(run),
        counts=list(run.counts.items()),
        rejected=_most_frequent(run.rejected_reasons),
        skipped=_most_frequent(run.skipped_reasons),
        fields=[
            (label_of(field), share) for (_, field), share in sorted(shares.items(), key=lambda item: item[0][1])
        ],
        troubles=_troubles(run),
        pictures=_most_frequent(run.refused_pictures),
    )


def _troubles(run: CrawlRun) -> list[tuple[str, int]]:
    failed = run.requests.filter(outcome=CrawlRequest.Outcome.FAILED)
    return list(failed.values_list("reason").annotate(times=Count("pk")).order_by("-times", "reason"))


def _line(run: CrawlRun) -> RunLine:
    seconds = ((run.finished_at or clock.now()) - run.started_at).total_seconds()
    return RunLine(run=run, progress=selectors.progress(run), lasted=in_words(max(seconds, 0)))


def _shares(rows: QuerySet[FieldHealth]) -> dict[tuple[object, str], Share]:
    return {(row.run_id, row.field): share_shown(row.share, is_drifting=row.is_drifting) for row in rows}


def share_shown(share: drift.Share, *, is_drifting: bool) -> Share:
    """A field's share as operators see it."""
    lost = f", {share.lost:,} lost" if share.lost else ""
    return Share(
        percent=round(share.valid * 100 / share.records) if share.records else None,
        says=f"{share.valid:,} of {share.records:,} in order, {share.filled:,} filled{lost}",
        is_drifting=is_drifting,
    )


def _most_frequent(reasons: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
