"""Public writes of the marketplace: hold, buy, return, and what keeps members informed.

Locks are taken in one order (docs/subsystems/locking.md): the buyer's cart, the offers by lead id, the claims,
the wallet. What must never happen is refused by the database; here a refusal becomes a sentence.
"""

from marketplace.services.areas import state_work_area
from marketplace.services.assigning import (
    assign_in_turn,
    assign_purchases,
    set_assignment_rule,
    take_back_assignments,
    tell_of_turn,
)
from marketplace.services.buying import check_out
from marketplace.services.corrections import tell_of_correction, tell_of_objection
from marketplace.services.crediting import credit_erased, credit_shown_active, credit_sold_twice
from marketplace.services.crm_matching import compare_crm
from marketplace.services.deletions import ask_to_delete, confirm_deletion, remind_of_deletions
from marketplace.services.delivering import (
    cancel_deliveries,
    forget_deliveries,
    queue_ended_holds,
    queue_price_drop,
    queue_purchases,
    queue_return_decided,
    recall_contact,
    recall_lead,
    replay_delivery,
    replay_for_operator,
    replay_given_up,
)
from marketplace.services.engaging import kit_of, write_engagement
from marketplace.services.exporting import ExportPage, export_page
from marketplace.services.holding import Copies, extend_claim, hold_lead, release_claim, release_holds_of
from marketplace.services.intending import buy_with_money, give_up_intents, try_intents
from marketplace.services.licences import tell_of_licence
from marketplace.services.notifying import (
    choose_notifications,
    mail_notification,
    mark_read,
    notify,
    read_unsubscribe_token,
)
from marketplace.services.ordering import buy_for_due_orders, buy_for_orders
from marketplace.services.outcomes import ask_for_outcomes, mark_outcome, outcome_token, read_outcome_token
from marketplace.services.pushing import forget_device, push_due, register_device
from marketplace.services.receivers import (
    add_webhook,
    change_webhook,
    choose_letters,
    connect_follow_up_boss,
    disconnect_follow_up_boss,
    remove_receiver,
    require_owner,
    rotate_secret,
    test_webhook,
)
from marketplace.services.recharges import tell_of_recharge, tell_of_recharges_end
from marketplace.services.reminding import Action, change_step, remind
from marketplace.services.return_policies import set_return_policy
from marketplace.services.returning import appeal_return, credit_purchase, decide_return, request_return
from marketplace.services.searching import (
    change_search,
    delete_search,
    save_search,
    tell_of_due_searches,
    tell_of_new_leads,
)
from marketplace.services.sending import send_due
from marketplace.services.sharing import share_purchase, unshare_purchase
from marketplace.services.standing_orders import (
    agree_to_order,
    change_order,
    close_order,
    make_order,
    pause_order,
    stop_orders_of,
)
from marketplace.services.territories import change_territory, give_up_territory, own_territory
from marketplace.services.waiting import join_waitlist, leave_waitlist, tell_of_turns
from marketplace.services.watching import note_view, tell_watchers_of_price, unwatch_lead, watch_lead
from marketplace.services.wording import count_words

__all__ = [
    "Action",
    "Copies",
    "ExportPage",
    "add_webhook",
    "agree_to_order",
    "appeal_return",
    "ask_for_outcomes",
    "ask_to_delete",
    "assign_in_turn",
    "assign_purchases",
    "buy_for_due_orders",
    "buy_for_orders",
    "buy_with_money",
    "cancel_deliveries",
    "change_order",
    "change_search",
    "change_step",
    "change_territory",
    "change_webhook",
    "check_out",
    "choose_letters",
    "choose_notifications",
    "close_order",
    "compare_crm",
    "confirm_deletion",
    "connect_follow_up_boss",
    "count_words",
    "credit_erased",
    "credit_purchase",
    "credit_shown_active",
    "credit_sold_twice",
    "decide_return",
    "delete_search",
    "disconnect_follow_up_boss",
    "export_page",
    "extend_claim",
    "forget_deliveries",
    "forget_device",
    "give_up_intents",
    "give_up_territory",
    "hold_lead",
    "join_waitlist",
    "kit_of",
    "leave_waitlist",
    "mail_notification",
    "make_order",
    "mark_outcome",
    "mark_read",
    "note_view",
    "notify",
    "outcome_token",
    "own_territory",
    "pause_order",
    "push_due",
    "queue_ended_holds",
    "queue_price_drop",
    "queue_purchases",
    "queue_return_decided",
    "read_outcome_token",
    "read_unsubscribe_token",
    "recall_contact",
    "recall_lead",
    "register_device",
    "release_claim",
    "release_holds_of",
    "remind",
    "remind_of_deletions",
    "remove_receiver",
    "replay_delivery",
    "replay_for_operator",
    "replay_given_up",
    "request_return",
    "require_owner",
    "rotate_secret",
    "save_search",
    "send_due",
    "set_assignment_rule",
    "set_return_policy",
    "share_purchase",
    "state_work_area",
    "stop_orders_of",
    "take_back_assignments",
    "tell_of_correction",
    "tell_of_due_searches",
    "tell_of_licence",
    "tell_of_new_leads",
    "tell_of_objection",
    "tell_of_recharge",
    "tell_of_recharges_end",
    "tell_of_turn",
    "tell_of_turns",
    "tell_watchers_of_price",
    "test_webhook",
    "try_intents",
    "unshare_purchase",
    "unwatch_lead",
    "watch_lead",
    "write_engagement",
]
