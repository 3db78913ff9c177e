"""One home, one lead: putting a lead together from its sightings, two leads into one, and apart again.

Everything here joins the caller's transaction. A lead is always made again from all its sightings, so the order
in which they arrived leaves no trace in its facts.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.db.models import Q

from aiqleads.core import clock, events, transactions
from leads import lead_rows, sightings
from leads.errors import NotTheSameHome
from leads.events import LeadChanged, LeadsMerged
from leads.evidence import Evidence
from leads.identity import Sighting, contradicts
from leads.models import Contact, DoubtfulPair, Lead, Merge, Observation, Source

WRITTEN_FIELDS = (*sightings.MERGED_FIELDS, "summary", "provenance", "address_hash", "last_seen_at", "changed_at")
UNTOUCHED_FIELDS = ("id", "merged_into_id", "follows_id")
"""What a merge leaves as it was, or undoes by itself."""


def put_together(
    lead: Lead,
    everything: list[Observation],
    *,
    listable: Collection[str],
    now: datetime,
) -> bool:
    """Make ``lead`` again from ``everything``, all its sightings with their sources; return whether it changed.

    What an operator corrected counts first. The rest comes from adverts that are still there and may be listed.
    Where none may, the others show an operator what the lead is; the right keeps it off the marketplace. Nothing is
    saved.

    :param listable: the sources that may be listed from now
    :param now: the database's time
    """
    said = [item for item in everything if sightings.is_sighting(item)]
    there = [item for item in said if item.gone_at is None] or said
    telling = [item for item in there if item.source_id in listable] or there
    words = _newest_first(item for item in everything if sightings.is_correction(item))
    corrections = [sightings.as_it_stands(item, said) for item in words]
    read = _read_from(telling, everything)
    changed = sightings.apply_to_lead(lead, [*corrections, *sightings.newest_per_advert(telling), *read])
    before = (lead.address_hash, lead.last_seen_at)
    lead.address_hash = next((item.address_hash for item in (*corrections, *there) if item.address_hash), "")
    lead.last_seen_at = max((item.last_seen_at for item in said), default=lead.last_seen_at)
    if changed:
        lead.changed_at = now
    return bool(changed) or before != (lead.address_hash, lead.last_seen_at)


def _read_from(telling: Iterable[Observation], everything: Iterable[Observation]) -> list[Observation]:
    """What was read from the words of adverts that count: it fills what none of them tells."""
    adverts = {str(item.pk) for item in telling}
    return _newest_first(
        item for item in everything if item.source_id == sightings.READER and item.facts.get("read_from") in adverts
    )


def _newest_first(corrections: Iterable[Observation]) -> list[Observation]:
    standing = [item for item in corrections if item.gone_at is None]
    return sorted(standing, key=lambda item: (item.first_seen_at, item.pk), reverse=True)


def save_put_together(leads: Collection[Lead]) -> None:
    """Make leads, all locked by the caller, again from their sightings and save those that this changed."""
    transactions.require_transaction()
    listable, now = listable_sources(), clock.now()
    everything: dict[UUID, list[Observation]] = {lead.pk: [] for lead in leads}
    for item in Observation.objects.filter(lead__in=everything).prefetch_related("source").defer("raw"):
        everything[cast("UUID", item.lead_id)].append(item)
    changed = [lead for lead in leads if put_together(lead, everything[lead.pk], listable=listable, now=now)]
    lead_rows.write(changed, WRITTEN_FIELDS)


def refresh(lead_ids: Iterable[UUID]) -> None:
    """Put leads together again whose sightings changed, and have them judged."""
    leads = list(Lead.objects.filter(pk__in=set(lead_ids)).order_by("pk").select_for_update())
    save_put_together(leads)
    events.publish(*(LeadChanged(lead_id=lead.pk) for lead in leads))


def listable_sources() -> frozenset[str]:
    """The sources whose right allows listing at this moment."""
    allowed = Source.objects.filter(rights__may_list=True, rights__during__contains=clock.Now())
    return frozenset(allowed.values_list("pk", flat=True))


def merge(
    winner: Lead, losers: Iterable[Lead], *, actor_id: int | None = None, evidence: Sequence[Evidence] = ()
) -> None:
    """Move the sightings of ``losers``, all locked by the caller, to ``winner``. Who bought a loser keeps it.

    What moved and what both were before is kept, so that ``undo`` can put it back.
    """
    transactions.require_transaction()
    for loser in losers:
        kept = Merge(winner=winner, loser=loser, actor_id=actor_id, evidence=[item.as_json() for item in evidence])
        kept.before = {"winner": _row(winner), "loser": _row(loser)}
        kept.observation_ids = list(loser.observations.order_by("pk").values_list("pk", flat=True))
        kept.lead_ids = list(loser.merged_leads.order_by("pk").values_list("pk", flat=True))
        kept.pair_ids = _take_over_doubts(winner, loser)
        move(kept.observation_ids, to=winner)
        Lead.objects.filter(merged_into=loser).update(merged_into=winner)
        loser.state, loser.merged_into, loser.state_reason = Lead.State.MERGED, winner, "the same home"
        loser.save(update_fields=["state", "merged_into", "state_reason"])
        winner.first_seen_at = min(winner.first_seen_at, loser.first_seen_at)
        winner.save(update_fields=["first_seen_at"])
        kept.save()
        events.publish(LeadsMerged(winner_id=winner.pk, loser_id=loser.pk))


def require_pair(one: Lead, other: Lead) -> None:
    """Make sure that two leads may be merged.

    :raises NotTheSameHome: they are one row, or their addresses name different homes
    """
    if one == other or contradict(one, other):
        raise NotTheSameHome("These leads do not show one home.")


def move(observation_ids: Collection[UUID], *, to: Lead) -> None:
    """Let sightings, and the contacts that they tell, belong to another lead."""
    Observation.objects.filter(pk__in=observation_ids).update(lead=to)
    Contact.objects.filter(observation__in=observation_ids).update(lead=to)


def is_operators(lead: Lead) -> bool:
    """Whether an operator made this lead one of several, which no crawl may undo."""
    return lead.merges.filter(undone_at=None, actor__isnull=False).exists()


def _row(lead: Lead) -> dict[str, Any]:
    """Every column of a lead as text that ``_restore`` reads back to the last digit."""
    columns = (column for column in lead._meta.concrete_fields if column.attname not in UNTOUCHED_FIELDS)
    return {
        column.attname: column.value_to_string(lead)
        for column in columns
        if column.value_from_object(lead) is not None
    }


def _take_over_doubts(winner: Lead, loser: Lead) -> list[UUID]:
    """What was decided or doubted about the loser holds for the winner too."""
    known = dict(_doubts_of(winner))
    copies = [
        DoubtfulPair(
            first_id=min(winner.pk, other),
            second_id=max(winner.pk, other),
            points=pair.points,
            evidence=pair.evidence,
            is_tied=pair.is_tied,
            state=pair.state,
            found_at=pair.found_at,
            decided_by_id=pair.decided_by_id,
            decided_at=pair.decided_at,
        )
        for other, pair in _doubts_of(loser)
        if other not in {winner.pk, *known}
    ]
    return [pair.pk for pair in DoubtfulPair.objects.bulk_create(copies)]


def _doubts_of(lead: Lead) -> list[tuple[UUID, DoubtfulPair]]:
    pairs = DoubtfulPair.objects.filter(Q(first=lead) | Q(second=lead)).order_by("pk")
    return [(pair.second_id if pair.first_id == lead.pk else pair.first_id, pair) for pair in pairs]


def contradict(one: Lead, other: Lead) -> bool:
    """Whether what two leads' adverts say now names different homes."""
    return any(contradicts(mine, theirs) for mine in _seen(one) for theirs in _seen(other))


def _seen(lead: Lead) -> list[Sighting]:
    return [sighting for _, sighting in sightings.current_sightings(lead)]
