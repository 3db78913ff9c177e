"""Public writes of billing."""

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
    reverse_journal,
    set_aside,
    settle_refund,
)

__all__ = [
    "RESTORED_DAYS",
    "Fact",
    "Move",
    "Sale",
    "claw_back",
    "expire_lots",
    "grant_credits",
    "post",
    "post_payment",
    "post_sales",
    "recognise_revenue",
    "reverse_journal",
    "set_aside",
    "settle_refund",
]
