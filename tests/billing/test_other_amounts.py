"""Another amount than was asked for: an operator has it counted at the same price, or gives it back whole."""

import pytest
from django.db import transaction

from aiqleads.core import alerts
from aiqleads.core.models import AuditEntry
from billing import selectors, services
from billing.errors import NothingToSettle, NotRefundable
from billing.invariants import broken
from billing.models import BillingProfile, Invoice, Payment, Refund, SandboxObject, TaxRate
from billing.providers.sandbox import desk, memory, pages

pytestmark = pytest.mark.django_db


def come_in(member, cents, *, pack="credits-50", **facts) -> Payment:
    """A page on which another amount was paid than we asked for."""
    payment = services.start_checkout(member=member, pack_code=pack, provider="sandbox")
    with memory.acting():
        memory.change(SandboxObject.objects.get(pk=payment.checkout_id), total=cents, **facts)
    pages.hand_in(payment.checkout_id, "good")
    return services.look_again(payment.pk)


def settle(payment, olga, *, gives_back):
    return services.settle_other_amount(
        payment_id=payment.pk, gives_back=gives_back, actor_id=olga.pk, reason="A mistake of the provider's"
    )


def owe(member, amount_credits):
    """A payment was taken back after its credits were spent."""
    with transaction.atomic():
        services.claw_back(
            organisation_id=member.organisation_id, amount_credits=amount_credits, first_lot_id=None,
            key="dispute:1", memo="Dispute", cents=lambda worth_cents: [],
        )  # fmt: skip


def stands(member):
    return (
        selectors.balance_credits(member.organisation_id),
        Payment.objects.count(),
        Invoice.objects.count(),
        alerts.open_alerts().count(),
    )


def test_what_came_in_is_credited_at_the_price_that_was_asked_for_once(alice, olga):
    payment = come_in(alice, 3_000)
    assert (payment.status, payment.code, stands(alice)) == ("pending", "other_amount", (0, 1, 0, 1))

    counted = settle(payment, olga, gives_back=False)
    assert settle(payment, olga, gives_back=True) == counted
    services.look_again(payment.pk)

    assert stands(alice) == (30, 2, 1, 0)
    assert (counted.status, counted.net_cents, counted.amount_credits) == ("paid", 3_000, 30)
    payment.refresh_from_db()
    assert (payment.status, payment.says) == (
        "failed",
        "30.00 USD came in for 50.00 USD. 30 credits are yours for it.",
    )
    assert Invoice.objects.get().payment == counted
    assert not Refund.objects.exists()
    assert AuditEntry.objects.get(action="payment.counted").details["reason"] == "A mistake of the provider's"
    assert broken() == []


def test_all_that_came_in_goes_back_with_its_papers(alice, olga):
    payment = come_in(alice, 7_050)

    counted = settle(payment, olga, gives_back=True)

    refund = counted.refunds.get()
    assert (refund.status, refund.net_cents, refund.amount_credits) == ("succeeded", 7_050, 70)
    assert desk.left_of(counted.capture_id) == 0
    assert stands(alice) == (0, 2, 2, 0)
    assert broken() == []


def test_tax_is_the_same_part_of_what_came_in(alice, olga):
    BillingProfile.objects.create(
        organisation=alice.organisation, name="Alder", street="1 Example Avenue", city="Austin", region="TX"
    )
    TaxRate.objects.create(
        country="US", region="TX", millipercent=5_000, label="Sales tax", valid_from="2026-01-01"
    )

    counted = settle(come_in(alice, 10_500), olga, gives_back=False)

    assert (counted.net_cents, counted.tax_cents, counted.amount_credits) == (10_000, 500, 100)
    assert broken() == []


@pytest.mark.parametrize(("cents", "facts"), [(60, {}), (3_000, {"currency": "EUR"})])
def test_what_buys_nothing_here_goes_back_at_the_providers_desk(alice, olga, cents, facts):
    payment = come_in(alice, cents, **facts)
    before = stands(alice)

    with pytest.raises(NothingToSettle):
        settle(payment, olga, gives_back=True)

    assert stands(alice) == before == (0, 1, 0, 1)
    desk.refund_here(payment.capture_id, cents)
    gone = services.look_again(payment.pk)
    assert (gone.status, gone.says[-19:], stands(alice)) == ("failed", "It went back whole.", (0, 1, 0, 0))


def test_nothing_is_settled_where_nothing_waits(alice, olga):
    payment = services.start_checkout(member=alice, pack_code="credits-50", provider="sandbox")

    with pytest.raises(NothingToSettle):
        settle(payment, olga, gives_back=False)

    assert stands(alice) == (0, 1, 0, 0)


def test_what_an_organisation_owes_is_not_given_back(alice, olga):
    payment = come_in(alice, 3_000)
    owe(alice, 20)
    before = stands(alice)

    with pytest.raises(NotRefundable):
        settle(payment, olga, gives_back=True)

    assert stands(alice) == before
    settle(payment, olga, gives_back=False)
    assert selectors.balance_credits(alice.organisation_id) == 10
