"""What the marketplace holds about the owners of leads, and who bought it.

Holds, sales and their journals stay: they name no owner. What was written or sent about one goes.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from django.core.files.storage import default_storage
from django.db.models import Q

from accounts.privacy.holders import Erased, Held, Holder, Sold
from accounts.privacy.people import Person
from aiqleads.core import transactions
from leads.models import Lead
from leads.privacy.belongings import belongings_of
from marketplace import offering
from marketplace.models import (
    Delivery,
    Engagement,
    Handover,
    Listing,
    Notification,
    Purchase,
    Return,
    ReturnEvidence,
)

EMPTY_LISTING: Final[dict[str, Any]] = {
    "street": "",
    "latitude": None,
    "longitude": None,
    "property_type": "",
    "beds": None,
    "baths": None,
    "area_sqft": None,
    "asking_price_cents": None,
    "summary": "",
    "features": [],
    "feature_words": "",
    "reasons": [],
    "posted_at": None,
}
GONE: Final = "About a lead whose owner had it deleted."


class MarketHolder(Holder):
    """Answers for offers, sales and what was written about them."""

    name = "marketplace"
    models = frozenset(
        f"marketplace.{name}"
        for name in (
            "listing", "notification", "engagement", "engagementtext", "followup", "return", "returnevidence",
            "delivery", "device", "handover",
        )
    )  # fmt: skip

    def find(self, person: Person) -> Sequence[Held]:
        theirs = belongings_of(person)
        sold: dict[UUID, list[Sold]] = defaultdict(list)
        for bought in _purchases(theirs.leads | theirs.unsure).select_related("organisation", "lead"):
            sold[bought.lead.merged_into_id or bought.lead_id].append(
                Sold(
                    organisation_id=bought.organisation_id,
                    organisation=bought.organisation.name,
                    at=bought.bought_at,
                    purchase_id=bought.pk,
                )
            )
        return [
            Held(
                holder=self.name,
                subject=f"marketplace.listing:{lead_id}",
                lead_id=lead_id,
                kinds=("that it was sold, and to whom",),
                first_seen_at=min(one.at for one in several),
                last_seen_at=max(one.at for one in several),
                sold=tuple(several),
            )
            for lead_id, several in sold.items()
        ]

    def erase(self, person: Person) -> Erased:
        leads = _family(person.leads)
        files = list(_evidence(leads).values_list("stored_as", flat=True))
        for stored_as in files:
            default_storage.delete(stored_as)  # before its row, by which it is found again if this is killed here
        for lead_id in leads:
            offering.delist_lead(lead_id=lead_id, reason="its owner had it deleted")
        return _erase(leads)


def _family(leads: Iterable[UUID]) -> list[UUID]:
    ids = list(leads)
    return list(Lead.objects.filter(Q(pk__in=ids) | Q(merged_into__in=ids)).values_list("pk", flat=True))


def _purchases(leads: Iterable[UUID]) -> Any:
    return Purchase.objects.filter(lead__in=_family(leads)).order_by("bought_at", "pk")


def _evidence(leads: Sequence[UUID]) -> Any:
    return ReturnEvidence.objects.filter(of_return__purchase__lead__in=leads)


@transactions.write
def _erase(leads: Sequence[UUID]) -> Erased:
    counts: Counter[str] = Counter()
    bought = list(Purchase.objects.filter(lead__in=leads).values_list("pk", flat=True))
    offers = Listing.objects.filter(pk__in=leads, delisted_at__isnull=False)
    counts["marketplace.listing"] = offers.exclude(summary="", street="", reasons=[]).update(**EMPTY_LISTING)
    counts["marketplace.engagement"] = Engagement.objects.filter(purchase__in=bought).delete()[0]
    counts["marketplace.returnevidence"] = _evidence(leads).delete()[0]
    for asked in Return.objects.filter(purchase__in=bought).order_by("pk"):
        if asked.explanation or asked.appeal:
            Return.objects.filter(pk=asked.pk).update(explanation="", appeal=asked.appeal and "")
            counts["marketplace.return"] += 1
    handed = Handover.objects.filter(purchase__in=bought).exclude(reason="")
    counts["marketplace.handover"] = handed.update(reason="")
    counts["marketplace.notification"] = _notifications([*leads, *bought]).update(says=GONE, body="")
    about = Delivery.objects.filter(purchase__in=bought).exclude(shape=None)
    counts["marketplace.delivery"] = about.update(shape=None)
    return Erased(counts={model: count for model, count in sorted(counts.items()) if count})


def _notifications(ids: Iterable[UUID]) -> Any:
    """What members were told about leads or purchases, by the page that it leads to."""
    about = Q(pk__in=[])
    for one in ids:
        about |= Q(path__contains=str(one))
    own = Notification.Kind.DELETION
    return Notification.objects.filter(about).exclude(kind=own).exclude(says=GONE, body="")
