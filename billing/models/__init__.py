"""The books, what is sold for money, and the money that comes in and goes back."""

from billing.models.adjustments import MOST_CREDITS, Adjustment
from billing.models.catalogue import Offered, Pack, Plan, PlanAtProvider
from billing.models.inbox import MOST_BYTES, InboxMessage, InboxRefusals
from billing.models.invoices import BillingProfile, Invoice, InvoiceCounter, TaxRate
from billing.models.ledger import GRANT_DAYS, Account, Entry, Journal, Lot
from billing.models.payments import Customer, Dispute, MethodSetup, Payment, Refund
from billing.models.reconciling import Difference, Reconciliation
from billing.models.sandbox import SandboxEvent, SandboxObject
from billing.models.subscriptions import AutoRecharge, Bill, PlanChange, Subscription, SubscriptionPeriod
from billing.models.taxes import TaxReckoning, TaxReversal

__all__ = [
    "GRANT_DAYS",
    "MOST_BYTES",
    "MOST_CREDITS",
    "Account",
    "Adjustment",
    "AutoRecharge",
    "Bill",
    "BillingProfile",
    "Customer",
    "Difference",
    "Dispute",
    "Entry",
    "InboxMessage",
    "InboxRefusals",
    "Invoice",
    "InvoiceCounter",
    "Journal",
    "Lot",
    "MethodSetup",
    "Offered",
    "Pack",
    "Payment",
    "Plan",
    "PlanAtProvider",
    "PlanChange",
    "Reconciliation",
    "Refund",
    "SandboxEvent",
    "SandboxObject",
    "Subscription",
    "SubscriptionPeriod",
    "TaxRate",
    "TaxReckoning",
    "TaxReversal",
]
