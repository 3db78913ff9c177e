"""Billing's screens."""

import billing.admin.adjustments
import billing.admin.going_back
import billing.admin.inbox
import billing.admin.invoices
import billing.admin.ledger
import billing.admin.payments
import billing.admin.plans  # noqa: F401  (its screens register themselves)
