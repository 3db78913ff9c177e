"""Taking a merge back: two homes that a crawl or an operator took for one become two leads again.

Both get back what they were, to the last digit, and then what their own adverts have said since. What was closed on
the marketplace stays closed, who bought keeps what they bought, and no crawl merges the two again.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q

from aiqleads.core import audit, clock, events, transactions
from leads import doubts, identity, merging, sightings
from leads.errors import NotUndoable
from leads.events import LeadChanged
from leads.models import DoubtfulPair, Lead, Merge
from leads.neighbourhood import Advert, advert_of

DECISION: tuple[str, ...] = ("state", "state_reason", "is_operator_decided")


@transactions.write
def undo_merge(*, merge_id: UUID, actor_id: int) -> Merge:
    """Make the two leads of a merge two again.

    An advert that came since goes to the lead that it resembles more, an advert of either with that one.

    :raises NotUndoable: it was undone before, or the lead has become part of yet another
    """
    seen = Merge.objects.get(pk=merge_id)
    leads = Lead.objects.filter(pk__in=[seen.winner_id, seen.loser_id]).order_by("pk").select_for_update()
    pair = {lead.pk: lead for lead in leads}
    kept = Merge.objects.select_for_update().get(pk=merge_id)
    winner, loser = pair[kept.winner_id], pair[kept.loser_id]
    _require_undoable(kept, winner, loser)
    merging.move(_leaving(kept, winner), to=loser)
    Lead.objects.filter(pk__in=kept.lead_ids, merged_into=winner).update(merged_into=loser)
    _restore(loser, kept.before["loser"])
    if _is_newest(kept):
        _restore(winner, kept.before["winner"])
    for lead in (winner, loser):
        _catch_up(lead, kept)
        events.publish(LeadChanged(lead_id=lead.pk))
    kept.undone_at, kept.undone_by_id = clock.now(), actor_id
    kept.save(update_fields=["undone_at", "undone_by"])
    _remember(kept, actor_id)
    audit.record(actor_id=actor_id, action="lead.merge_undone", subject=winner, loser=str(loser.pk))
    return kept


def _require_undoable(kept: Merge, winner: Lead, loser: Lead) -> None:
    if kept.undone_at is not None:
        raise NotUndoable("This merge was undone before.")
    if winner.state in {Lead.State.MERGED, Lead.State.ERASED}:
        raise NotUndoable("The lead has become part of another since. Undo that merge first.")
    if loser.merged_into_id != winner.pk:
        raise NotUndoable("The merged lead is no longer part of this one.")
    if kept.before is None:
        raise NotUndoable("It was too long ago: what both leads were is kept no longer.")


def _leaving(kept: Merge, winner: Lead) -> list[UUID]:
    """The sightings that moved, what their adverts said since, and newer adverts that resemble them more."""
    moved, own = set(kept.observation_ids), _of_other_merges(kept)
    everything = list(winner.observations.order_by("first_seen_at", "pk"))
    theirs = {advert_of(item) for item in everything if item.pk in moved}
    ours = {
        advert_of(item) for item in everything if item.pk in own or item.first_seen_at <= kept.merged_at
    } - theirs
    newer = {advert_of(item) for item in everything} - theirs - ours
    theirs |= _resembling(newer, winner, theirs=theirs, ours=ours)
    return [item.pk for item in everything if item.pk in moved or advert_of(item) in theirs]


def _of_other_merges(kept: Merge) -> set[UUID]:
    others = Merge.objects.filter(winner=kept.winner_id, undone_at=None).exclude(pk=kept.pk)
    return {pk for ids in others.values_list("observation_ids", flat=True) for pk in ids}


def _resembling(newer: set[Advert], winner: Lead, *, theirs: set[Advert], ours: set[Advert]) -> set[Advert]:
    """Those of ``newer`` that are more like one of ``theirs`` than like any of ``ours``."""
    if not newer:
        return set()
    said = {advert_of(item): sighting for item, sighting in sightings.current_sightings(winner)}

    def nearness(advert: Advert, others: Iterable[Advert]) -> int:
        known = [said[other] for other in others if other in said]
        return max((identity.compare(said[advert], other).points for other in known), default=-1000)

    return {advert for advert in newer & said.keys() if nearness(advert, theirs) > nearness(advert, ours)}


def _is_newest(kept: Merge) -> bool:
    """Whether what the winner was before this merge is what it would be without: no other came or went since."""
    came = Q(merged_at__gt=kept.merged_at, undone_at=None)
    later = came | Q(merged_at__lt=kept.merged_at, undone_at__gt=kept.merged_at)
    return not Merge.objects.filter(later, winner=kept.winner_id).exclude(pk=kept.pk).exists()


def _restore(lead: Lead, row: dict[str, Any]) -> None:
    """Give a lead the columns it had; an operator's decision since stands."""
    decided = {name: getattr(lead, name) for name in DECISION} if lead.is_operator_decided else {}
    if lead.state == Lead.State.MERGED:
        lead.merged_into, decided = None, {}
    for column in lead._meta.concrete_fields:
        if column.attname not in merging.UNTOUCHED_FIELDS:
            setattr(lead, column.attname, column.to_python(row.get(column.attname)))
    for name, value in decided.items():
        setattr(lead, name, value)
    lead.save()


def _catch_up(lead: Lead, kept: Merge) -> None:
    """Put a lead together again where its own adverts, or what was taken out of it, say something new."""
    everything = list(lead.observations.defer("raw"))
    since = kept.merged_at
    news = (item for item in everything if max(item.last_seen_at, item.gone_at or item.last_seen_at) > since)
    if any(news) or (lead.pk == kept.winner_id and not _is_newest(kept)):
        lead.first_seen_at = min((item.first_seen_at for item in everything), default=lead.first_seen_at)
        lead.save(update_fields=["first_seen_at"])
        merging.save_put_together([lead])


def _remember(kept: Merge, actor_id: int) -> None:
    """No crawl may merge the two again; what the winner took over of the other's doubts goes back with it."""
    DoubtfulPair.objects.filter(pk__in=kept.pair_ids, state=DoubtfulPair.State.OPEN).delete()
    doubts.decide(kept.winner_id, kept.loser_id, state=DoubtfulPair.State.DIFFERENT, actor_id=actor_id)
