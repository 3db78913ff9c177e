"""Reads of when offers open to whom, of those that do not open to everybody at once."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection

from marketplace.access import Opening
from marketplace.models import Listing

OPENINGS: Final = """
SELECT listing.lead_id, opening.opens_at, opening.is_holder
FROM marketplace_listing listing
CROSS JOIN LATERAL marketplace_opens_to(listing, %s, core_now()) opening
WHERE listing.lead_id = ANY(%s)
"""


def openings(listings: Iterable[Listing], *, organisation_id: UUID | None, now: datetime) -> dict[UUID, Opening]:
    """When those of ``listings`` open to an organisation, None for the public, that are not open to everybody yet.

    The offers that are, nearly all, ask the database for nothing.
    """
    early = {one.pk: one for one in listings if one.everyone_from and one.everyone_from > now}
    if not early:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(OPENINGS, [organisation_id, list(early)])
        rows = cursor.fetchall()
    return {
        lead_id: _opening(early[lead_id], opens_at, is_holder=is_holder) for lead_id, opens_at, is_holder in rows
    }


def _opening(listing: Listing, opens_at: datetime, *, is_holder: bool) -> Opening:
    if listing.plans_from is None or listing.everyone_from is None:
        raise ValueError("this offer opens to everybody at once")
    return Opening(
        opens_at=opens_at,
        is_holder=is_holder,
        listed_from=listing.opens_at,
        plans_from=listing.plans_from,
        everyone_from=listing.everyone_from,
    )
