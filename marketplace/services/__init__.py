"""Public writes of the marketplace: hold, extend, release and buy.

Locks are taken in one order (docs/subsystems/locking.md): the buyer's cart, the offers by lead id, the claims,
the wallet. What must never happen is refused by the database; here a refusal becomes a sentence.
"""

from marketplace.services.buying import check_out
from marketplace.services.holding import Copies, extend_claim, hold_lead, release, release_claim
from marketplace.services.waiting import join_waitlist, leave_waitlist

__all__ = [
    "Copies",
    "check_out",
    "extend_claim",
    "hold_lead",
    "join_waitlist",
    "leave_waitlist",
    "release",
    "release_claim",
]
