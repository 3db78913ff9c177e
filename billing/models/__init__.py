"""The books: accounts of credits and US cents, lots of credits, journals and their entries."""

from billing.models.ledger import GRANT_DAYS, Account, Entry, Journal, Lot

__all__ = ["GRANT_DAYS", "Account", "Entry", "Journal", "Lot"]
