"""Public writes of the marketplace: hold, buy, return, and what keeps members informed.

Locks are taken in one order (docs/subsystems/locking.md): the buyer's cart, the offers by lead id, the claims,
the wallet. What must never happen is refused by the database; here a refusal becomes a sentence.
"""

from marketplace.services.areas import state_work_area
from marketplace.services.buying import check_out
from marketplace.services.crediting import credit_erased, credit_shown_active, credit_sold_twice
from marketplace.services.crm_matching import compare_crm
from marketplace.services.holding import Copies, extend_claim, hold_lead, release, release_claim
from marketplace.services.notifying import (
    choose_notifications,
    mail_notification,
    mark_read,
    notify,
    read_unsubscribe_token,
)
from marketplace.services.outcomes import ask_for_outcomes, mark_outcome, outcome_token, read_outcome_token
from marketplace.services.return_policies import set_return_policy
from marketplace.services.returning import appeal_return, credit_purchase, decide_return, request_return
from marketplace.services.searching import (
    change_search,
    delete_search,
    save_search,
    tell_of_due_searches,
    tell_of_new_leads,
)
from marketplace.services.waiting import join_waitlist, leave_waitlist
from marketplace.services.watching import note_view, tell_watchers_of_price, unwatch_lead, watch_lead
from marketplace.services.wording import count_words

__all__ = [
    "Copies",
    "appeal_return",
    "ask_for_outcomes",
    "change_search",
    "check_out",
    "choose_notifications",
    "compare_crm",
    "count_words",
    "credit_erased",
    "credit_purchase",
    "credit_shown_active",
    "credit_sold_twice",
    "decide_return",
    "delete_search",
    "extend_claim",
    "hold_lead",
    "join_waitlist",
    "leave_waitlist",
    "mail_notification",
    "mark_outcome",
    "mark_read",
    "note_view",
    "notify",
    "outcome_token",
    "read_outcome_token",
    "read_unsubscribe_token",
    "release",
    "release_claim",
    "request_return",
    "save_search",
    "set_return_policy",
    "state_work_area",
    "tell_of_due_searches",
    "tell_of_new_leads",
    "tell_watchers_of_price",
    "unwatch_lead",
    "watch_lead",
]
