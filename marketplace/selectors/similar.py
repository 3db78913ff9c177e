"""Offers like one that somebody looks at, by what the public may know of both."""

from collections.abc import Collection
from typing import Any, Final

from django.db.models import QuerySet

from leads import nearest
from leads.nearest import Near
from marketplace.models import Claim, Listing
from marketplace.querysets import ListingQuerySet

MOST: Final = 4
LOOKED_AT: Final = 40
"""Of so many neighbours enough are mostly free; where they are not, all that are free are asked for."""
ALIKE_FROM: Final = 0.5


def similar_offers(offer: Listing, *, limit: int = MOST, looked_at: int = LOOKED_AT) -> list[Listing]:
    """Free offers of the same state whose public texts are most like an offer's, the likest first.

    None while it has no vector.

    :param looked_at: so many neighbours are looked at before all that are free are asked for
    """
    near = _near(offer, limit=looked_at)
    offers = _in_order(near, _free().filter(pk__in=[item.lead_id for item in near]))
    if len(offers) < limit and len(near) == looked_at:
        near = _near(offer, limit=limit, among=_free().values("pk"))
        offers = _in_order(near, _free().filter(pk__in=[item.lead_id for item in near]))
    return offers[:limit]


def _near(offer: Listing, *, limit: int, among: "QuerySet[Any] | None" = None) -> list[Near]:
    found = nearest.nearest_to_lead(offer.pk, limit=limit, among=among, state_code=offer.state_code)
    return [item for item in found if item.similarity >= ALIKE_FROM]


def _free() -> ListingQuerySet:
    return Listing.objects.offered().exclude(pk__in=Claim.objects.live().values("lead"))


def _in_order(near: Collection[Near], offers: ListingQuerySet) -> list[Listing]:
    found = {offer.pk: offer for offer in offers.with_holds()}
    return [found[item.lead_id] for item in near if item.lead_id in found]
