"""Sightings that wait for an operator, because their source reads otherwise than before."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from aiqleads.core import events, transactions
from leads.events import LeadChanged
from leads.models import Observation, Source


@transactions.write
def hold_sightings(*, source: Source, crawl_run_ids: Collection[UUID]) -> int:
    """Keep what these runs brought off the marketplace until an operator believes it. Safe to run twice."""
    brought = Observation.objects.filter(source=source, crawl_run_id__in=crawl_run_ids, is_held=False)
    return _set(brought, is_held=True)


@transactions.write
def release_sightings(*, source: Source, crawl_run_ids: Collection[UUID] | None = None) -> int:
    """Let held observations of ``source`` count: all of them, or those that these runs brought."""
    held = Observation.objects.filter(source=source, is_held=True)
    return _set(held if crawl_run_ids is None else held.filter(crawl_run_id__in=crawl_run_ids), is_held=False)


def _set(observations: QuerySet[Observation], *, is_held: bool) -> int:
    rows = dict(observations.values_list("pk", "lead_id"))
    Observation.objects.filter(pk__in=rows).update(is_held=is_held)
    events.publish(*(LeadChanged(lead_id=lead_id) for lead_id in sorted({key for key in rows.values() if key})))
    return len(rows)
