"""Reads of how an organisation pays, and what it pays next."""

from uuid import UUID

from billing.models import Customer, Subscription
from billing.tax import WHOLE, part_of


def customers_of(organisation_id: UUID) -> list[Customer]:
    """The organisation as each provider knows it."""
    return list(Customer.objects.filter(organisation=organisation_id).order_by("provider"))


def find_kept_method(organisation_id: UUID) -> Customer | None:
    """The way of paying that is charged without asking, wherever it is kept; the newest of several."""
    kept = Customer.objects.filter(organisation=organisation_id).exclude(method_id="")
    return kept.order_by("-created_at", "-pk").first()


def method_label(subscription: Subscription) -> str:
    """What the next bill is charged to, for people: "Visa ending in 4242"; "" where we were not told."""
    rows = Customer.objects.filter(organisation=subscription.organisation_id, provider=subscription.provider)
    return rows.values_list("method_label", flat=True).first() or ""


def next_bill_cents(subscription: Subscription) -> int:
    """US cents that the next period costs, tax included."""
    plan = subscription.next_plan or subscription.plan
    return plan.price_cents + part_of(plan.price_cents, tax_rate_of(subscription))


def tax_rate_of(subscription: Subscription) -> int:
    """What is added to a plan's price, in thousandths of a percent: as it was fixed; where its provider reckons
    each bill by itself, as the last one was.
    """
    if subscription.tax_millipercent:
        return subscription.tax_millipercent
    last = subscription.bills.filter(tax_cents__gt=0, net_cents__gt=0).order_by("-starts_at", "-pk").first()
    return round(last.tax_cents * WHOLE / last.net_cents) if last else 0
