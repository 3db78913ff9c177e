"""Public writes of billing."""

from billing.services.adjusting import MOST_A_DAY_CREDITS, ask_for_adjustment, confirm_adjustment, refuse_adjustment
from billing.services.buying import look_again, look_at_unfinished, record_payment, start_checkout
from billing.services.catalogue import add_pack, revise_pack, revise_plan, withdraw_pack
from billing.services.disputing import record_dispute
from billing.services.emptying import empty_messages
from billing.services.following import freeze_plan, look_at_due, look_at_subscription, look_at_subscription_of
from billing.services.hints import look_at_dispute
from billing.services.invoicing import (
    credit_note,
    credit_note_of_dispute,
    invoice,
    send_invoice,
    send_missed_invoices,
    write_billing_profile,
    write_page,
)
from billing.services.leaving import let_go_of
from billing.services.ledger import (
    RESTORED_DAYS,
    Fact,
    Move,
    Sale,
    claw_back,
    expire_lots,
    grant_credits,
    post,
    post_payment,
    post_sales,
    recognise_revenue,
    reinstate,
    reverse_journal,
    set_aside,
    settle_refund,
)
from billing.services.other_amounts import CameIn, look_at_other_amount, settle_other_amount
from billing.services.portal import open_portal
from billing.services.receiving import receive, receive_missed, replay_message, work_inbox
from billing.services.recharging import (
    agree_to_recharge,
    look_at_setup,
    recharge_everywhere,
    recharge_where_low,
    start_setup,
    turn_recharge_off,
)
from billing.services.reckoning import report_taxes
from billing.services.reconciling import close_difference, reconcile
from billing.services.refunding import (
    RefundsOverlap,
    look_at_asked_refunds,
    look_at_refund,
    look_at_refunds,
    record_refund,
    refund_payment,
)
from billing.services.subscribing import cancel_plan, change_plan, pause_plan, resume_plan, start_subscription
from billing.services.taxing import end_tax_rate, import_tax_rates

__all__ = [
    "MOST_A_DAY_CREDITS",
    "RESTORED_DAYS",
    "CameIn",
    "Fact",
    "Move",
    "RefundsOverlap",
    "Sale",
    "add_pack",
    "agree_to_recharge",
    "ask_for_adjustment",
    "cancel_plan",
    "change_plan",
    "claw_back",
    "close_difference",
    "confirm_adjustment",
    "credit_note",
    "credit_note_of_dispute",
    "empty_messages",
    "end_tax_rate",
    "expire_lots",
    "freeze_plan",
    "grant_credits",
    "import_tax_rates",
    "invoice",
    "let_go_of",
    "look_again",
    "look_at_asked_refunds",
    "look_at_dispute",
    "look_at_due",
    "look_at_other_amount",
    "look_at_refund",
    "look_at_refunds",
    "look_at_setup",
    "look_at_subscription",
    "look_at_subscription_of",
    "look_at_unfinished",
    "open_portal",
    "pause_plan",
    "post",
    "post_payment",
    "post_sales",
    "receive",
    "receive_missed",
    "recharge_everywhere",
    "recharge_where_low",
    "recognise_revenue",
    "reconcile",
    "record_dispute",
    "record_payment",
    "record_refund",
    "refund_payment",
    "refuse_adjustment",
    "reinstate",
    "replay_message",
    "report_taxes",
    "resume_plan",
    "reverse_journal",
    "revise_pack",
    "revise_plan",
    "send_invoice",
    "send_missed_invoices",
    "set_aside",
    "settle_other_amount",
    "settle_refund",
    "start_checkout",
    "start_setup",
    "start_subscription",
    "turn_recharge_off",
    "withdraw_pack",
    "work_inbox",
    "write_billing_profile",
    "write_page",
]
