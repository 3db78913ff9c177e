"""Public reads of billing."""

from billing.selectors.invoices import find_billing_profile, find_invoice, invoices
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
from billing.selectors.payments import (
    access_payment,
    find_pack,
    find_recharge,
    kept_method,
    organisations_to_recharge,
    packs_on_offer,
    payments_of,
    unfinished_payments,
)
from billing.selectors.statements import Line, Month, NoMonth, Statement, monthly_statement, months_with_entries

__all__ = [
    "Holding",
    "Line",
    "Month",
    "NoMonth",
    "Statement",
    "access_payment",
    "balance_after",
    "balance_credits",
    "credits_in_wallets",
    "earned_cents",
    "find_billing_profile",
    "find_invoice",
    "find_pack",
    "find_recharge",
    "holdings",
    "invoices",
    "kept_method",
    "monthly_statement",
    "months_with_entries",
    "organisations_to_recharge",
    "organisations_with_ended_lots",
    "owed_credits",
    "packs_on_offer",
    "payments_of",
    "statement",
    "statement_page",
    "unfinished_payments",
]
