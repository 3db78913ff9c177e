"""What every page shows about the buyer."""

from typing import TypedDict

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from billing import selectors as billing
from marketplace import selectors


class BuyerContext(TypedDict, total=False):
    """The two numbers of the navigation, asked for only when a page shows them."""

    balance_credits: "SimpleLazyObject[int]"
    cart_count: "SimpleLazyObject[int]"


def buyer(request: HttpRequest) -> BuyerContext:
    """The member's balance and running holds; nothing for everybody else."""
    membership = getattr(request, "membership", None)
    if membership is None:
        return {}
    return {
        "balance_credits": SimpleLazyObject(lambda: billing.balance_credits(membership.organisation_id)),
        "cart_count": SimpleLazyObject(lambda: len(selectors.live_holds(membership))),
    }
