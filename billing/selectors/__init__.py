"""Public reads of billing."""

from billing.selectors.ledger import (
    Holding,
    balance_after,
    balance_credits,
    credits_in_wallets,
    earned_cents,
    holdings,
    organisations_with_ended_lots,
    owed_credits,
    statement,
    statement_page,
)

__all__ = [
    "Holding",
    "balance_after",
    "balance_credits",
    "credits_in_wallets",
    "earned_cents",
    "holdings",
    "organisations_with_ended_lots",
    "owed_credits",
    "statement",
    "statement_page",
]
