"""How often a home was sold, counted over everything that ever was sold of it."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q

from aiqleads.core import clock
from leads.models import Lead
from marketplace.models import Claim, LeadSlot, Listing, Purchase


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One sale of a home: the day, and whether its buyer still has it."""

    on: date
    is_standing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleCount:
    """Every delivery of a home ever, under whatever lead, and how many more there can be."""

    listing: Listing
    deliveries: list[Delivery]
    free_copies: int

    @property
    def copies(self) -> int:
        """How many deliveries there can ever be: those that were, and one for each copy that is still free."""
        return len(self.deliveries) + self.free_copies

    @property
    def given_back(self) -> int:
        return sum(not delivery.is_standing for delivery in self.deliveries)

    @property
    def says(self) -> str:
        """The count in words: "sold 1 of 1"."""
        back = f", {self.given_back} of them given back" if self.given_back else ""
        return f"sold {len(self.deliveries)} of {self.copies}{back}"


def sale_count(lead_id: UUID) -> SaleCount:
    """Count what was ever sold of a lead's home: returned sales, replaced copies and merged leads too.

    :raises Listing.DoesNotExist: the lead was never on the marketplace
    """
    listing = Listing.objects.select_related("lead").get(pk=lead_id)
    home = listing.lead.merged_into_id or lead_id
    leads = list(Lead.objects.filter(Q(pk=home) | Q(merged_into=home)).values_list("pk", flat=True))
    sold = Purchase.objects.filter(lead__in=leads).select_related("claim").order_by("bought_at", "pk")
    delivered = [
        Delivery(on=purchase.bought_at.date(), is_standing=purchase.claim.state == Claim.State.SOLD)
        for purchase in sold
    ]
    taken = Claim.objects.filter(state__in=[Claim.State.SOLD, Claim.State.RETURNED], lead__in=leads)
    free = LeadSlot.objects.filter(lead__in=leads, closed_at=None).exclude(pk__in=taken.values("slot"))
    return SaleCount(listing=listing, deliveries=delivered, free_copies=free.count())


def sale_statement(lead_id: UUID) -> dict[str, Any]:
    """What a proof states, as JSON values: the public place, and days; nobody's name, and no buyer.

    :raises Listing.DoesNotExist: the lead was never on the marketplace
    """
    count = sale_count(lead_id)
    return {
        "about": "how often a lead was sold",
        "lead": str(lead_id),
        "kind": count.listing.get_kind_display(),
        "place": f"{count.listing.city}, {count.listing.state_code} {count.listing.zip_code}",
        "says": count.says,
        "deliveries": [
            {"on": delivery.on.isoformat(), "is_standing": delivery.is_standing} for delivery in count.deliveries
        ],
        "free_copies": count.free_copies,
        "stated_at": clock.now().replace(microsecond=0).isoformat(),
    }
