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
from billing.selectors.statements import Line, Month, NoMonth, Statement, monthly_statement, months_with_entries

__all__ = [
    "Holding",
    "Line",
    "Month",
    "NoMonth",
    "Statement",
    "balance_after",
    "balance_credits",
    "credits_in_wallets",
    "earned_cents",
    "holdings",
    "monthly_statement",
    "months_with_entries",
    "organisations_with_ended_lots",
    "owed_credits",
    "statement",
    "statement_page",
]
