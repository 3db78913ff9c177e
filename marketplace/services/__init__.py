"""Public writes of the marketplace: hold, extend, release, buy and return.

Locks are taken in one order (docs/subsystems/locking.md): the buyer's cart, the offers by lead id, the claims,
the wallet. What must never happen is refused by the database; here a refusal becomes a sentence.
"""

from marketplace.services.buying import check_out
from marketplace.services.holding import Copies, extend_claim, hold_lead, release, release_claim
from marketplace.services.return_policies import set_return_policy
from marketplace.services.returning import appeal_return, credit_purchase, decide_return, request_return
from marketplace.services.waiting import join_waitlist, leave_waitlist

__all__ = [
    "Copies",
    "appeal_return",
    "check_out",
    "credit_purchase",
    "decide_return",
    "extend_claim",
    "hold_lead",
    "join_waitlist",
    "leave_waitlist",
    "release",
    "release_claim",
    "request_return",
    "set_return_policy",
]
