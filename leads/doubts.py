"""Pairs of leads that may be one home: keeping them, finding them, and what waits for a decision about them."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from aiqleads.core import clock
from leads.evidence import Evidence
from leads.grouping import Doubt
from leads.models import DoubtfulPair, Lead

SETTLED: Final = (Lead.State.MERGED, Lead.State.ERASED)


def note(doubts: Iterable[Doubt]) -> None:
    """Keep pairs for an operator; one that is known keeps its state. Joins the caller's transaction."""
    strongest: dict[frozenset[object], Doubt] = {}
    for doubt in sorted(doubts, key=lambda item: (item.is_tied, item.comparison.points)):
        strongest[frozenset(doubt.lead_ids)] = doubt
    pairs = [_pair(doubt) for doubt in strongest.values()]
    pairs.sort(key=lambda pair: (pair.first_id, pair.second_id))
    DoubtfulPair.objects.bulk_create(
        pairs,
        update_conflicts=True,
        unique_fields=["first", "second"],
        update_fields=["points", "evidence", "is_tied"],
    )


def _pair(doubt: Doubt) -> DoubtfulPair:
    first, second = sorted(doubt.lead_ids)
    return DoubtfulPair(
        first_id=first,
        second_id=second,
        points=doubt.comparison.points,
        evidence=[item.as_json() for item in doubt.comparison.evidence],
        is_tied=doubt.is_tied,
        found_at=clock.Now(),
    )


def decide(one_id: UUID, other_id: UUID, *, state: DoubtfulPair.State, actor_id: int) -> DoubtfulPair:
    """Note what an operator says about two leads, doubted or not. Joins the caller's transaction."""
    said = {"state": state, "is_tied": False, "decided_by_id": actor_id, "decided_at": clock.now()}
    first, second = sorted((one_id, other_id))
    pair, _ = DoubtfulPair.objects.update_or_create(
        first_id=first, second_id=second, defaults=said, create_defaults={**said, "points": 0}
    )
    return pair


def newer_of_open_pairs(leads: Iterable[Lead]) -> frozenset[UUID]:
    """Which of ``leads`` came after a lead that they may be the same home as, and wait for an operator's word."""
    ids = [lead.pk for lead in leads]
    pairs = open_pairs().filter(Q(first__in=ids) | Q(second__in=ids)).order_by()
    newer = (max(pair.first, pair.second, key=lambda lead: (lead.first_seen_at, lead.pk)) for pair in pairs)
    return frozenset(lead.pk for lead in newer)


def evidence_of(pair: DoubtfulPair) -> list[Evidence]:
    """Why the pair was doubted."""
    return [Evidence(**item) for item in pair.evidence]


def open_pairs() -> QuerySet[DoubtfulPair]:
    """Pairs that wait for an operator, the likeliest first."""
    pairs = DoubtfulPair.objects.filter(state=DoubtfulPair.State.OPEN)
    alive = pairs.exclude(Q(first__state__in=SETTLED) | Q(second__state__in=SETTLED))
    return alive.select_related("first", "second").order_by("-points", "found_at")
