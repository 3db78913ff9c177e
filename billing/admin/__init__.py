"""Billing's screens."""

import billing.admin.ledger  # noqa: F401  (its screens register themselves)
