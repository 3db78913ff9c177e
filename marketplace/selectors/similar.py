"""Offers like one that somebody looks at, by what the public may know of both."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from leads import nearest
from leads.nearest import Near
from marketplace.models import Claim, Listing
from marketplace.querysets import ListingQuerySet

MOST: Final = 4
LOOKED_AT: Final = 40
"""Of so many neighbours enough are mostly free; where they are not, all that are free are asked for."""
ALIKE_FROM: Final = 0.5


def similar_offers(lead_id: UUID, *, limit: int = MOST, looked_at: int = LOOKED_AT) -> list[Listing]:
    """Free offers whose public texts are most like a lead's, the likest first; none while it has no vector.

    :param looked_at: so many neighbours are looked at before all that are free are asked for
    """
    near = [item for item in nearest.nearest_to_lead(lead_id, limit=looked_at) if item.similarity >= ALIKE_FROM]
    offers = _in_order(near, _free().filter(pk__in=[item.lead_id for item in near]))
    if len(offers) < limit and len(near) == looked_at:
        all_free = nearest.nearest_to_lead(lead_id, limit=limit, among=_free().values("pk"))
        near = [item for item in all_free if item.similarity >= ALIKE_FROM]
        offers = _in_order(near, _free().filter(pk__in=[item.lead_id for item in near]))
    return offers[:limit]


def _free() -> ListingQuerySet:
    return Listing.objects.offered().exclude(pk__in=Claim.objects.live().values("lead"))


def _in_order(near: Collection[Near], offers: ListingQuerySet) -> list[Listing]:
    found = {offer.pk: offer for offer in offers.with_holds()}
    return [found[item.lead_id] for item in near if item.lead_id in found]
