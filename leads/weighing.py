"""Weighing leads against each other that something else than their address or contact brought together.

Pictures and texts find adverts without an address, or with another phone; ``leads.identity`` says what they prove.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from leads import sightings
from leads.grouping import Doubt
from leads.identity import NOTHING_TO_COMPARE, VETO_POINTS, Comparison, Outcome, Sighting, compare
from leads.models import Observation


def weigh(pairs: Collection[frozenset[UUID]]) -> list[Doubt]:
    """Which of these pairs of leads may be one home, by the strongest likeness of what their adverts say now."""
    said = _said({lead_id for pair in pairs for lead_id in pair}) if pairs else {}
    weighed = {pair: _likest(*(said.get(lead_id, []) for lead_id in pair)) for pair in pairs}
    return [
        Doubt(lead_ids=pair, comparison=comparison)
        for pair, comparison in weighed.items()
        if comparison.outcome is not Outcome.DIFFERENT
    ]


def _said(lead_ids: Collection[UUID]) -> dict[UUID, list[Sighting]]:
    """What each lead's adverts say now."""
    told: dict[UUID, list[Observation]] = defaultdict(list)
    seen = Observation.objects.filter(lead__in=lead_ids).defer("raw").order_by("first_seen_at", "pk")
    for observation in sightings.with_what_identifies(seen.select_related("source")):
        if observation.lead_id:
            told[observation.lead_id].append(observation)
    return {lead_id: [said for _, said in sightings.what_is_said(items)] for lead_id, items in told.items()}


def _likest(mine: Sequence[Sighting], theirs: Sequence[Sighting]) -> Comparison:
    """The strongest likeness of two homes; none where anything that they say contradicts."""
    weighed = [compare(one, other) for one in mine for other in theirs]
    if any(item.outcome is Outcome.DIFFERENT and item.points <= VETO_POINTS for item in weighed):
        return NOTHING_TO_COMPARE
    return max(weighed, key=lambda item: item.points, default=NOTHING_TO_COMPARE)
