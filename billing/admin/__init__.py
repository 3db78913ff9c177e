"""Billing's screens."""

import billing.admin.adjustments
import billing.admin.invoices
import billing.admin.ledger
import billing.admin.payments  # noqa: F401  (screens register themselves)
