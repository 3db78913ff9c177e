"""One home, one lead: putting a lead together from its sightings, and two leads into one.

Everything here joins the caller's transaction. A lead is always made again from all its sightings, so the order
in which they arrived leaves no trace in its facts.
"""

from collections.abc import Iterable
from uuid import UUID

from aiqleads.core import clock, events, transactions
from leads import sightings
from leads.events import LeadChanged, LeadsMerged
from leads.identity import Sighting, contradicts
from leads.models import Contact, Lead, Observation, Source

WRITTEN_FIELDS = (*sightings.MERGED_FIELDS, "summary", "provenance", "address_hash", "last_seen_at", "changed_at")


def put_together(lead: Lead, everything: list[Observation]) -> bool:
    """Make ``lead`` again from ``everything``, all its sightings with their sources; return whether a fact changed.

    Facts come from adverts that are still there and may be listed. Where none may, the others show an operator
    what the lead is; the right keeps it off the marketplace.
    """
    transactions.require_transaction()
    there = [item for item in everything if item.gone_at is None] or everything
    changed = sightings.apply_to_lead(lead, sightings.newest_per_advert(_with_listing_right(there) or there))
    before = (lead.address_hash, lead.last_seen_at)
    lead.address_hash = next((item.address_hash for item in there if item.address_hash), "")
    lead.last_seen_at = max((item.last_seen_at for item in everything), default=lead.last_seen_at)
    if changed:
        lead.changed_at = clock.now()
    if changed or before != (lead.address_hash, lead.last_seen_at):
        lead.save(update_fields=WRITTEN_FIELDS)
    return bool(changed)


def refresh(lead_ids: Iterable[UUID]) -> None:
    """Put leads together again whose sightings changed, and have them judged."""
    for lead in Lead.objects.filter(pk__in=set(lead_ids)).order_by("pk").select_for_update():
        put_together(lead, list(lead.observations.select_related("source").defer("raw")))
        events.publish(LeadChanged(lead_id=lead.pk))


def merge(winner: Lead, losers: Iterable[Lead]) -> None:
    """Move the sightings of ``losers``, all locked by the caller, to ``winner``. Who bought a loser keeps it."""
    transactions.require_transaction()
    for loser in losers:
        Observation.objects.filter(lead=loser).update(lead=winner)
        Contact.objects.filter(lead=loser).update(lead=winner)
        Lead.objects.filter(merged_into=loser).update(merged_into=winner)
        loser.state, loser.merged_into, loser.state_reason = Lead.State.MERGED, winner, "the same home"
        loser.save(update_fields=["state", "merged_into", "state_reason"])
        winner.first_seen_at = min(winner.first_seen_at, loser.first_seen_at)
        winner.save(update_fields=["first_seen_at"])
        events.publish(LeadsMerged(winner_id=winner.pk, loser_id=loser.pk))


def contradict(one: Lead, other: Lead) -> bool:
    """Whether what two leads' adverts say now names different homes."""
    return any(contradicts(mine, theirs) for mine in _seen(one) for theirs in _seen(other))


def _seen(lead: Lead) -> list[Sighting]:
    return [sightings.sighting_of_observation(item) for item in sightings.current_sightings(lead)]


def _with_listing_right(observations: list[Observation]) -> list[Observation]:
    allowed = set(
        Source.objects.filter(rights__may_list=True, rights__during__contains=clock.Now()).values_list(
            "pk", flat=True
        )
    )
    return [item for item in observations if item.source_id in allowed]
