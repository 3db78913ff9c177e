"""Reads of which purchases a member sees, and with whom one is shared."""

from typing import Final

from django.db.models import Q, QuerySet
from guardian.shortcuts import get_objects_for_user

from accounts import permissions
from accounts.models import Membership
from marketplace.models import Purchase, PurchaseShare

SHARED: Final = "marketplace.view_purchase"
"""What guardian is asked about one purchase. The same permission of a role opens the back office's screen."""


def seen_by(member: Membership) -> Q:
    """The condition that a member sees a purchase: all of their organisation, or those shared with them."""
    theirs = Q(organisation=member.organisation_id)
    if permissions.allows(member, permissions.Action.SEE_PURCHASES):
        return theirs
    shared = get_objects_for_user(
        member.user, SHARED, Purchase, use_groups=False, with_superuser=False, accept_global_perms=False
    )
    return theirs & Q(pk__in=shared.values("pk"))


def shares_of(purchase: Purchase) -> QuerySet[PurchaseShare]:
    """With whom a purchase is shared, in the order it happened."""
    return purchase.shares.select_related("user", "shared_by__user").order_by("shared_at", "pk")


def may_be_shared_with(purchase: Purchase, by: Membership) -> list[Membership]:
    """Colleagues who would see the purchase by a share alone, and do not yet."""
    colleagues = Membership.objects.filter(organisation=purchase.organisation_id, user__is_active=True)
    strangers = colleagues.exclude(pk=by.pk).exclude(user__in=purchase.shares.values("user"))
    found = strangers.select_related("user").order_by("created_at", "pk")
    return [one for one in found if not permissions.allows(one, permissions.Action.SEE_PURCHASES)]
