"""Billing's screens."""

import billing.admin.adjustments
import billing.admin.invoices
import billing.admin.ledger  # noqa: F401  (its screens register themselves)
