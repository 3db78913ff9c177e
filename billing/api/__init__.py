"""The API's doors to money."""

from billing.api.invoices import BillingProfileView, InvoicePagesView, InvoicesView
from billing.api.ledger import CreditsView, EntriesView, StatementPagesView, StatementTableView

__all__ = [
    "BillingProfileView",
    "CreditsView",
    "EntriesView",
    "InvoicePagesView",
    "InvoicesView",
    "StatementPagesView",
    "StatementTableView",
]
