"""What a member may still spend this month. The database refuses more; here it is said beforehand, in words."""

from accounts import services as accounts
from accounts.models import Membership
from marketplace import errors, selectors


def lock_cap(buyer: Membership) -> None:
    """Let what this member spends be counted by one checkout at a time; nobody waits where there is no cap."""
    if buyer.cap_credits is not None:
        accounts.lock_organisation(buyer.organisation_id)


def require_within_cap(buyer: Membership, price_credits: int) -> None:
    """Joins the caller's transaction, which has called ``lock_cap``.

    :raises MemberCapReached: this costs more than what is left of the member's month
    """
    if buyer.cap_credits is None:
        return
    left = selectors.cap_left_credits(buyer)
    if left is not None and price_credits > left:
        raise errors.MemberCapReached(
            f"This costs {price_credits} credits and {left} are left of what you may spend this month. "
            "An owner of your organisation can raise that.",
            needed_credits=price_credits,
            left_credits=left,
        )
