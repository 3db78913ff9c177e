"""Standing orders for tests: written down, agreed to, on."""

from typing import Any

from accounts.models import Membership
from marketplace import services, standing_terms
from marketplace.models import StandingOrder
from marketplace.standing_terms import Caps

WIDE = Caps(most_credits_per_lead=50, daily_leads=20, daily_credits=500, monthly_leads=50, monthly_credits=900)


def order_off(
    member: Membership, query: str = "state=TX", *, territory_id: Any = None, **caps: int
) -> StandingOrder:
    """An order that nobody agreed to yet, with wide caps but for those told."""
    numbers = {name: caps.get(name, getattr(WIDE, name)) for name in Caps.__slots__}
    return services.make_order(
        buyer=member, name="Mine", query=query, caps=Caps(**numbers), territory_id=territory_id
    )


def order_on(member: Membership, query: str = "state=TX", **said: Any) -> StandingOrder:
    """An order that its member agreed to."""
    return agree(order_off(member, query, **said))


def agree(order: StandingOrder) -> StandingOrder:
    return services.agree_to_order(
        buyer=order.membership, order_id=order.pk, terms=standing_terms.terms_digest(order)
    )
