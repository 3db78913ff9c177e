"""The signals of a member's taste: offers that their organisation bought or held, that they watch or looked at."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import F, QuerySet

from accounts.models import Membership
from aiqleads.core import clock
from aiqleads.core.ranges import RangeStart
from marketplace import taste
from marketplace.models import Claim, Listing, Purchase, ViewedLead, WatchedLead
from marketplace.taste import Signal

REMEMBERS: Final = timedelta(days=90)
ROWS_REMEMBERED: Final = 100
"""Of each kind of signal, the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered(Signal):
    """A signal, and what the member did: "bought"."""

    did: str


def remembered_signals(member: Membership) -> list[Remembered]:
    """What the last ninety days tell; of an offer only what weighs most."""
    since = clock.now() - REMEMBERS
    organisation = member.organisation_id
    found: dict[UUID, tuple[str, float, datetime]] = {}
    for did, weight, rows in (
        ("bought", taste.BOUGHT, _bought(organisation, since)),
        ("held", taste.HELD, _held(organisation, since)),
        ("watched", taste.WATCHED, _watched(member, since)),
        ("looked at", taste.VIEWED, _viewed(member, since)),
    ):
        for lead_id, at in rows.order_by("-at")[:ROWS_REMEMBERED]:
            found.setdefault(lead_id, (did, weight, at))
    homes = Listing.objects.only(*HOME).in_bulk(list(found))
    return [
        Remembered(home=homes[lead_id], did=did, weight=weight, at=at)
        for lead_id, (did, weight, at) in found.items()
        if lead_id in homes
    ]


Rows = QuerySet[Any, tuple[UUID, datetime]]


def _bought(organisation_id: UUID, since: datetime) -> Rows:
    rows = Purchase.objects.filter(organisation=organisation_id, bought_at__gt=since)
    return rows.annotate(at=F("bought_at")).values_list("lead_id", "at")


def _held(organisation_id: UUID, since: datetime) -> Rows:
    rows = Claim.objects.filter(organisation=organisation_id, state__in=["held", "released"])
    return rows.annotate(at=RangeStart("during")).filter(at__gt=since).values_list("lead_id", "at")


def _watched(member: Membership, since: datetime) -> Rows:
    rows = WatchedLead.objects.filter(membership=member, watched_at__gt=since)
    return rows.annotate(at=F("watched_at")).values_list("listing_id", "at")


def _viewed(member: Membership, since: datetime) -> Rows:
    rows = ViewedLead.objects.filter(membership=member, viewed_at__gt=since)
    return rows.annotate(at=F("viewed_at")).values_list("listing_id", "at")


HOME: Final = (
    "city", "state_code", "kind", "asking_price_cents", "price_period", "quality_score", "features",
)  # fmt: skip
"""What a taste looks at: neither street nor ZIP code."""
