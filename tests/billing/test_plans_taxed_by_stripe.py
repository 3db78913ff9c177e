"""Plans and tax: Stripe reckons each bill by itself; elsewhere the office's rate is fixed when a plan begins."""

from collections.abc import Iterator
from typing import Any

import pytest

from billing import selectors, services
from billing.documents import invoice_pdf
from billing.errors import BillingAddressNeeded, PaymentRefused
from billing.invariants import broken
from billing.models import Bill, BillingProfile, Invoice, Subscription
from billing.papers import Paper, TaxLine
from billing.providers import choosing
from tests.billing.stripe_stand_in import KEY, SECRETS, StripeServed, stripe_served

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def served() -> Iterator[StripeServed]:
    with stripe_served() as served:
        yield served


@pytest.fixture(autouse=True)
def account(served: StripeServed, settings: Any) -> Iterator[StripeServed]:
    settings.STRIPE_TAX, settings.STRIPE_API_BASE = True, served.url
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRETS = KEY, list(SECRETS)
    settings.PAYMENT_SANDBOX = True
    choosing._adapter.cache_clear()
    yield served
    choosing._adapter.cache_clear()


@pytest.fixture
def profile(alice) -> BillingProfile:
    return BillingProfile.objects.create(
        organisation=alice.organisation,
        name="Alice",
        street="1 Elm St",
        city="Austin",
        region="TX",
        postal_code="78701",
    )


@pytest.fixture
def pro(olga) -> None:
    services.revise_plan(code="pro", actor_id=olga.pk, reason="Nobody tries it", trial_days=0, trial_credits=0)


def begun(account: StripeServed, member) -> Subscription:
    subscription = services.start_subscription(member=member, plan_code="pro", provider="stripe")
    account.fake.control.pay(subscription.checkout_id)
    return services.look_at_subscription(subscription.pk)


def by_stripe(account: StripeServed, subscription: Subscription) -> list[tuple[int, int]]:
    """Of each bill as Stripe charged it: the tax, and all of it."""
    told = account.provider.bills(subscription.subscription_id)
    return [(bill.tax.minor, bill.total.minor) for bill in told]


@pytest.mark.usefixtures("profile", "pro")
def test_each_bill_says_the_tax_that_stripe_took_to_the_cent(account, alice):
    subscription = begun(account, alice)
    first = selectors.next_bill_cents(subscription)
    services.change_plan(member=alice, plan_code="premium")
    account.fake.control.levy("US-TX", [("Texas", "6.25"), ("Austin", "1.5")])
    account.fake.control.renew(subscription.subscription_id)
    services.look_at_subscription(subscription.pk)
    account.fake.control.levy("US-TX", [("Texas", "6.25"), ("Austin", "2")])

    issued = Invoice.objects.order_by("year", "place")
    charged = by_stripe(account, subscription)
    assert [(one.tax_cents, one.total_cents) for one in issued] == charged
    assert [Paper.read(one.snapshot).tax for one in issued] == [
        TaxLine(cents=tax_cents, label="Tax") for tax_cents, _ in charged
    ]
    assert first == charged[0][1]
    assert len(charged) == 3
    assert all(tax_cents for tax_cents, _ in charged)
    assert invoice_pdf(issued[0]).startswith(b"%PDF")
    assert broken() == []


@pytest.mark.usefixtures("profile", "pro")
def test_what_a_change_costs_is_shown_with_the_tax_of_the_last_bill(account, alice):
    subscription = begun(account, alice)
    premium = selectors.get_plan("premium")

    shown = selectors.preview_change(subscription, premium)
    services.change_plan(member=alice, plan_code="premium")

    upgrade = Bill.objects.get(is_upgrade=True)
    assert (upgrade.net_cents - shown.due_now_cents, upgrade.tax_cents - shown.tax_now_cents) == (0, 0)


@pytest.mark.usefixtures("pro")
def test_a_plan_by_stripe_is_begun_by_who_says_where_they_are(alice):
    with pytest.raises(BillingAddressNeeded):
        services.start_subscription(member=alice, plan_code="pro", provider="stripe")

    assert not Subscription.objects.exists()


@pytest.mark.usefixtures("profile", "pro")
def test_a_plan_elsewhere_keeps_the_rate_that_the_office_said(alice):
    subscription = services.start_subscription(member=alice, plan_code="pro", provider="sandbox")

    assert subscription.tax_millipercent == 8_250


@pytest.mark.usefixtures("profile", "pro")
def test_a_plan_elsewhere_is_refused_where_no_rate_says_the_tax(account, alice):
    account.fake.control.levy("US-TX", [("Texas", "6.1234")])

    with pytest.raises(PaymentRefused):
        services.start_subscription(member=alice, plan_code="pro", provider="sandbox")

    account.fake.control.levy("US-TX", [("Texas", "6.25"), ("Austin", "2")])
    assert not Subscription.objects.exists()


def test_a_page_for_a_customer_whom_stripe_knows_asks_for_their_address_anew(account, alice, profile, pro, pack):
    payment = services.start_checkout(member=alice, pack_code="fifty", provider="stripe")
    account.fake.control.pay(payment.checkout_id)
    services.look_again(payment.pk)

    assert begun(account, alice).status == "active"
