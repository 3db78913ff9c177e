"""The API's doors to money."""

from billing.api.invoices import BillingProfileView, InvoicePagesView, InvoicesView
from billing.api.ledger import CreditsView, EntriesView, StatementPagesView, StatementTableView
from billing.api.plans import (
    CancelSubscriptionView,
    PauseSubscriptionView,
    PlansView,
    ResumeSubscriptionView,
    SubscriptionPreviewView,
    SubscriptionView,
)

__all__ = [
    "BillingProfileView",
    "CancelSubscriptionView",
    "CreditsView",
    "EntriesView",
    "InvoicePagesView",
    "InvoicesView",
    "PauseSubscriptionView",
    "PlansView",
    "ResumeSubscriptionView",
    "StatementPagesView",
    "StatementTableView",
    "SubscriptionPreviewView",
    "SubscriptionView",
]
