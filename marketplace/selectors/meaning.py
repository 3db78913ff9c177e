"""What offers mean, as vectors tell it: the nearest to the words of a search, and what of an offer is alike."""

from collections.abc import Sequence
from uuid import UUID

from marketplace.filters import ListingFilters
from marketplace.models import Listing


def nearest(filters: ListingFilters, text: str, *, limit: int) -> list[UUID]:
    return []


def alike(listing: Listing, *, unsaid: Sequence[str], said: Sequence[str], text: str) -> tuple[str, ...]:
    return ()
