"""The books, what is sold for money, and the money that comes in and goes back."""

from billing.models.catalogue import Offered, Pack, Plan, PlanAtProvider
from billing.models.ledger import GRANT_DAYS, Account, Entry, Journal, Lot
from billing.models.payments import Customer, Dispute, Payment, Refund
from billing.models.subscriptions import AutoRecharge, Subscription, SubscriptionPeriod

__all__ = [
    "GRANT_DAYS",
    "Account",
    "AutoRecharge",
    "Customer",
    "Dispute",
    "Entry",
    "Journal",
    "Lot",
    "Offered",
    "Pack",
    "Payment",
    "Plan",
    "PlanAtProvider",
    "Refund",
    "Subscription",
    "SubscriptionPeriod",
]
