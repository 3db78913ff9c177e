"""What the marketplace keeps of a member: for their own export, and what goes when they leave.

Purchases are told by what was bought and paid. The owners' contacts are other people's: the table of purchases
(``purchases/export.csv``) hands those out, to whom they may go.
"""

from typing import Final

from django.db.models import QuerySet

from accounts.account_data import Rows
from accounts.models import Membership, User
from billing import selectors as billing
from leads.models import Outcome
from marketplace.models import (
    Device,
    Notification,
    NotificationChoice,
    Purchase,
    PurchaseShare,
    SavedSearch,
    StandingOrder,
    ViewedLead,
    WatchedLead,
)

THEIRS_ALONE: Final = (SavedSearch, WatchedLead, ViewedLead, Device, Notification, NotificationChoice)
"""Nobody needs these once their member has left."""


class MarketplaceHolder:
    """What is kept of a member of an organisation; nothing of operators."""

    name = "marketplace"

    def export(self, user: User) -> Rows:
        member = Membership.objects.filter(user=user).first()
        if member is None:
            return {}
        bought = Purchase.objects.filter(membership=member).order_by("bought_at", "pk")
        searches = SavedSearch.objects.filter(membership=member).order_by("created_at", "pk")
        orders = StandingOrder.objects.filter(membership=member).order_by("created_at", "pk")
        watched = WatchedLead.objects.filter(membership=member).order_by("pk")
        told = Notification.objects.filter(membership=member).order_by("made_at", "pk")
        outcomes = Outcome.objects.filter(marked_by=user).order_by("pk")
        return {
            "purchases": list(bought.values("id", "lead_id", "price_credits", "bought_at")),
            "outcomes": list(outcomes.values("lead_id", "status")),
            "saved_searches": list(searches.values("name", "query", "rhythm", "created_at")),
            "standing_orders": list(orders.values("name", "query", "state", "created_at")),
            "watchlist": list(watched.values("listing_id")),
            "alerts": list(told.values("kind", "says", "made_at", "read_at")),
            "purchases_shared_with_me": _shares(PurchaseShare.objects.filter(user=user)),
            "purchases_shared_by_me": _shares(PurchaseShare.objects.filter(shared_by=member)),
            "credits": _entries(member),
        }

    def forget(self, user: User) -> None:
        for model in THEIRS_ALONE:
            model._default_manager.filter(membership__user=user).delete()


def _shares(shares: QuerySet[PurchaseShare]) -> list[dict[str, object]]:
    """Which purchases, since when. With whom or by whom is about a colleague."""
    told = shares.order_by("shared_at", "pk").values("content_object_id", "content_object__lead_id", "shared_at")
    return [
        {
            "purchase_id": one["content_object_id"],
            "lead_id": one["content_object__lead_id"],
            "since": one["shared_at"],
        }
        for one in told
    ]


def _entries(member: Membership) -> list[dict[str, object]]:
    """The organisation's credits, for its owners."""
    if member.role != Membership.Role.OWNER:
        return []
    lines = billing.statement(member.organisation_id)
    return [dict(row) for row in lines.values("amount_credits", "journal__memo", "journal__posted_at")]
