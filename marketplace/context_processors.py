"""What every page shows about the buyer."""

from functools import partial
from typing import TypedDict

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import Membership
from marketplace import cards, selectors
from marketplace.cards import LeadCard


class BuyerContext(TypedDict, total=False):
    """The numbers of the navigation and the leads waited for, asked for only when a page shows them."""

    balance_credits: "SimpleLazyObject[int]"
    cart_count: "SimpleLazyObject[int]"
    unread_count: "SimpleLazyObject[int]"
    waiting: "SimpleLazyObject[list[LeadCard]]"


def buyer(request: HttpRequest) -> BuyerContext:
    """The member's balance, running holds, unread notifications and places in queues; nothing for the others."""
    membership: Membership | None = getattr(request, "membership", None)
    if membership is None:
        return {}
    standing = SimpleLazyObject(partial(selectors.standing, membership))
    return {
        "balance_credits": SimpleLazyObject(lambda: standing.balance_credits),
        "cart_count": SimpleLazyObject(lambda: standing.leads_held),
        "unread_count": SimpleLazyObject(lambda: standing.unread_notifications),
        "waiting": SimpleLazyObject(lambda: _waiting(membership) if standing.is_waiting else []),
    }


def _waiting(membership: Membership) -> list[LeadCard]:
    return cards.cards(selectors.waited_for(membership), membership=membership)
