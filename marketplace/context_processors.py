"""What every page shows about the buyer."""

from functools import partial
from typing import TypedDict

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts import permissions
from accounts.models import Membership
from accounts.permissions import Action
from billing import selectors as billing
from marketplace import cards, selectors
from marketplace.cards import LeadCard


class BuyerContext(TypedDict, total=False):
    """The numbers of the navigation, the leads waited for and what is overdue, asked for only when a page shows
    them.
    """

    balance_credits: "SimpleLazyObject[int]"
    cart_count: "SimpleLazyObject[int]"
    unread_count: "SimpleLazyObject[int]"
    waiting: "SimpleLazyObject[list[LeadCard]]"
    overdue: "SimpleLazyObject[billing.Overdue | None]"
    may_pay: bool


def buyer(request: HttpRequest) -> BuyerContext:
    """The member's balance, running holds, unread notifications and places in queues, and the plan's bills that
    they could pay; nothing for the others.
    """
    membership: Membership | None = getattr(request, "membership", None)
    if membership is None:
        return {}
    may_pay = permissions.allows(membership, Action.PAY)
    standing = SimpleLazyObject(partial(selectors.standing, membership))
    return {
        "balance_credits": SimpleLazyObject(lambda: standing.balance_credits),
        "cart_count": SimpleLazyObject(lambda: standing.leads_held),
        "unread_count": SimpleLazyObject(lambda: standing.unread_notifications),
        "waiting": SimpleLazyObject(lambda: _waiting(membership) if standing.is_waiting else []),
        "overdue": SimpleLazyObject(
            lambda: billing.find_overdue(membership.organisation_id) if may_pay and standing.is_overdue else None
        ),
        "may_pay": may_pay,
    }


def _waiting(membership: Membership) -> list[LeadCard]:
    return cards.cards(selectors.waited_for(membership), membership=membership)
