"""Credits that come by themselves (design §4.8): nobody has to claim what our own records show.

Every function is called by events, so it is safe to run again: what was credited is not sold any more.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q

from aiqleads.core import clock, transactions
from leads.elsewhere import told_elsewhere
from leads.models import Lead
from marketplace.models import Claim, Notification, Purchase
from marketplace.return_rules import Reason
from marketplace.services.notifying import notify
from marketplace.services.returning import credit_purchase

SHOWN: Final = "Within the time for returns its listing service showed the home with an agent."
ERASED: Final = "Its owner had the lead deleted within the time for returns. Delete what you kept of it."
SOLD_BEFORE: Final = "It proved to be the same home as a lead that was sold earlier."
ALSO_SOLD: Final = (
    "The home you bought had been sold a second time as another lead. That later buyer is credited, and its "
    "contact is closed to them."
)


def credit_shown_active(*, lead_id: UUID) -> int:
    """Credit the standing sales of a home that a listing service shows now; return how many.

    One that was first shown after the time for returns is not credited.
    """
    bought = _standing(lead_id)
    since = told_elsewhere(Lead.objects.get(pk=lead_id)).with_agent_since if bought else None
    if since is None:
        return 0
    return _credit(bought, ground=Reason.SHOWN_ACTIVE, arose_at=since, says=SHOWN)


def credit_erased(*, lead_id: UUID) -> int:
    """Credit the standing sales of a lead that was deleted at its owner's request; return how many."""
    return _credit(_standing(lead_id), ground=Reason.ERASED, arose_at=clock.now(), says=ERASED)


def credit_sold_twice(*, lead_id: UUID) -> int:
    """Credit later buyers of a home that was sold as several leads, and tell both; return how many were credited.

    The lead that was sold first keeps its sales, every standing sale of the others is credited.
    """
    by_lead: dict[UUID, list[Purchase]] = defaultdict(list)
    for purchase in _standing(lead_id):
        by_lead[purchase.lead_id].append(purchase)
    if len(by_lead) < 2:
        return 0
    [first, *later] = by_lead.values()
    _tell_first(first)
    doubled = [purchase for sales in later for purchase in sales]
    return _credit(doubled, ground=Reason.SAME_HOME, arose_at=clock.now(), says=SOLD_BEFORE)


def _credit(bought: Iterable[Purchase], *, ground: Reason, arose_at: datetime, says: str) -> int:
    credited = [
        credit_purchase(purchase_id=purchase.pk, ground=ground, arose_at=arose_at, says=says) for purchase in bought
    ]
    return len([asked for asked in credited if asked])


@transactions.write
def _tell_first(sales: Iterable[Purchase]) -> None:
    """Before the others are credited: afterwards nothing shows that there were two."""
    for purchase in sales:
        notify(
            membership_id=purchase.membership_id,
            kind=Notification.Kind.CREDITED,
            key=f"sold_twice:{purchase.pk}",
            says=ALSO_SOLD,
            path=purchase.get_absolute_url(),
        )


def _standing(lead_id: UUID) -> list[Purchase]:
    """Every standing sale of a home, as whatever lead it was sold, the oldest first."""
    home = Lead.objects.filter(Q(pk=lead_id) | Q(merged_into=lead_id)).values_list("pk", flat=True)
    return list(
        Purchase.objects.filter(lead__in=list(home), claim__state=Claim.State.SOLD).order_by("bought_at", "pk")
    )
