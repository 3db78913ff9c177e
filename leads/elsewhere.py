"""What listing services and counties say of a lead's home now: that an agent has it, or that it was sold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min

from leads import batch_reads, sightings
from leads.models import Lead, Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """``with_agent_since`` is when a listing service was first seen to show it; None where none does now."""

    with_agent_since: datetime | None
    is_sold: bool


def told_elsewhere(lead: Lead) -> Elsewhere:
    """Ask what is recorded of a lead's building and unit, where the right lets it take leads off."""
    if not lead.address_hash:
        return Elsewhere(with_agent_since=None, is_sold=False)
    said = [item for item in batch_reads.observations_of([lead])[lead.pk] if sightings.is_sighting(item)]
    suppressing = batch_reads.suppressing_of({lead.address_hash})[lead.address_hash]
    told = of_the_unit(suppressing, sightings.newest_per_advert(said))
    listed = [item for item in told if is_with_agent(item)]
    return Elsewhere(
        with_agent_since=min(map(_first_shown_at, listed), default=None),
        is_sold=any(was_sold_since(item, lead) for item in told if not is_with_agent(item)),
    )


def of_the_unit(suppressing: Iterable[Observation], observations: Sequence[Observation]) -> list[Observation]:
    """Of what is recorded of a building, what concerns the home that ``observations`` tell of."""
    units = {item.facts.get("unit", "") for item in observations}
    return [item for item in suppressing if item.facts.get("unit", "") in units]


def is_with_agent(record: Observation) -> bool:
    """Whether a suppressing record shows the home on the market, not a closing."""
    return bool(record.facts["status"] != "closed")


def was_sold_since(closing: Observation, lead: Lead) -> bool:
    """Whether a sale came after the lead's own advert or record: an older one made its owner the owner."""
    told = closing.facts["posted_at"]
    began = lead.posted_at or lead.first_seen_at
    return told is not None and datetime.fromisoformat(told).date() >= began.date()


def _first_shown_at(listed: Observation) -> datetime:
    """A listing that changes its price is a new observation, and no new listing."""
    same = Observation.objects.filter(source=listed.source_id, external_id_hash=listed.external_id_hash)
    shown = same.filter(facts__status__in=["active", "pending"]).aggregate(first=Min("first_seen_at"))
    first: datetime = shown["first"]
    return first
