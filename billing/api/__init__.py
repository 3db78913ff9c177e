"""The API's doors to money."""

from billing.api.buying import BuyPackView, KeepMethodView, PacksView, PaymentView, RechargeView
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
    "BuyPackView",
    "CancelSubscriptionView",
    "CreditsView",
    "EntriesView",
    "InvoicePagesView",
    "InvoicesView",
    "KeepMethodView",
    "PacksView",
    "PauseSubscriptionView",
    "PaymentView",
    "PlansView",
    "RechargeView",
    "ResumeSubscriptionView",
    "StatementPagesView",
    "StatementTableView",
    "SubscriptionPreviewView",
    "SubscriptionView",
]
