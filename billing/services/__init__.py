"""Public writes of billing."""

from billing.services.buying import look_again, look_at_unfinished, record_payment, start_checkout
from billing.services.disputing import record_dispute
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
from billing.services.refunding import (
    RefundsOverlap,
    look_at_refund,
    look_at_refunds,
    record_refund,
    refund_payment,
)

__all__ = [
    "RESTORED_DAYS",
    "Fact",
    "Move",
    "RefundsOverlap",
    "Sale",
    "claw_back",
    "expire_lots",
    "grant_credits",
    "look_again",
    "look_at_refund",
    "look_at_refunds",
    "look_at_unfinished",
    "post",
    "post_payment",
    "post_sales",
    "recognise_revenue",
    "record_dispute",
    "record_payment",
    "record_refund",
    "refund_payment",
    "reinstate",
    "reverse_journal",
    "set_aside",
    "settle_refund",
    "start_checkout",
]
