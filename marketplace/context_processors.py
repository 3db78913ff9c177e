"""What every page shows about the buyer."""

from typing import TypedDict

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from billing import selectors as billing
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
    membership = getattr(request, "membership", None)
    if membership is None:
        return {}
    return {
        "balance_credits": SimpleLazyObject(lambda: billing.balance_credits(membership.organisation_id)),
        "cart_count": SimpleLazyObject(lambda: len(selectors.live_holds(membership))),
        "waiting": SimpleLazyObject(lambda: cards.cards(selectors.waited_for(membership), membership=membership)),
        "unread_count": SimpleLazyObject(lambda: selectors.unread_notifications(membership)),
    }
