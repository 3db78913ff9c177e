"""Each guard of payments, customers and recharges: broken into, and through once the guard is gone."""

from typing import Final

import pytest
from django.db import IntegrityError, connection, transaction

from aiqleads.core import clock
from billing import services
from billing.invariants import BY_THEMSELVES, broken
from billing.models import AutoRecharge, Customer, MethodSetup, Pack, Payment, Plan, Subscription
from tests.marketplace.guards import again, refused_by, take_away, undone

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]

NUMBER: Final = "987654321"
CHARLIES: Final = (
    "(SELECT organisation_id FROM accounts_membership WHERE organisation_id <> r.organisation_id LIMIT 1)"
)
OPEN: Final = {"checkout_id": "''", "capture_id": "''"}
UNPAID: Final = {**OPEN, "status": "'created'", "journal_id": "NULL", "paid_at": "NULL"}
BREAK_INS: Final[dict[str, str]] = {
    "customer_is_one_organisation": again("billing_customer", id=NUMBER, organisation_id=CHARLIES),
    "customer_once_at_a_provider": again("billing_customer", id=NUMBER, customer_id="'another'"),
    "payment_captured_once": "UPDATE billing_payment SET capture_id = 'pi_paid' WHERE status = 'created'",
    "payment_has_its_own_checkout": again("billing_payment", "status = 'created' AND purpose = 'pack'"),
    "bill_is_paid_once": again("billing_payment", "purpose = 'bill'"),
    "payment_is_posted_when_paid": "UPDATE billing_payment SET status = 'paid' WHERE status = 'failed'",
    "payment_buys_one_thing": again("billing_payment", "purpose = 'bill'", bill_id="'2'", amount_credits="5"),
    "payment_is_of_something": again("billing_payment", "status = 'failed'", net_cents="0"),
    "payment_is_as_asked": "UPDATE billing_payment SET net_cents = net_cents - 1 WHERE status = 'created'",
    "payment_is_found_again": "UPDATE billing_payment SET checkout_id = 'other' WHERE checkout_id = 'cs_1'",
    "payment_moves_forwards": "UPDATE billing_payment SET status = 'created' WHERE status = 'failed'",
    "payment_is_posted_as_paid": "UPDATE billing_payment SET status = 'paid', paid_at = now(), capture_id = "
    "'other', journal_id = (SELECT id FROM billing_journal WHERE key = 'sandbox:pi:free') "
    "WHERE checkout_id = 'cs_1'",
    "payment_stands_for_one_unpaid": again(
        "billing_payment",
        "status = 'failed'",
        instead_of_id="(SELECT id FROM billing_payment WHERE capture_id = 'pi_paid')",
    ),
    "payment_counts_once": "UPDATE billing_payment SET status = 'paid', paid_at = now(), capture_id = 'free', "
    "journal_id = (SELECT id FROM billing_journal WHERE key = 'sandbox:pi:free') "
    "WHERE status = 'expired' AND instead_of_id IS NULL",
    "recharge_one_at_a_time": again("billing_payment", "purpose = 'recharge'", **OPEN),
    "recharge_was_agreed_to": "UPDATE billing_autorecharge SET is_on = false; "
    "UPDATE billing_autorecharge SET is_on = true, consent_version = '', consented_at = now()",
    "recharge_within_a_day": "UPDATE billing_autorecharge SET most_a_day = 11, consented_at = now()",
    "recharge_ends_with_two_declines": "UPDATE billing_autorecharge SET declines = 2",
    "recharge_as_agreed": "UPDATE billing_autorecharge SET agreed_cents = 9",
    "method_setup_has_its_own_page": again("billing_methodsetup"),
}
BEHIND: Final[dict[str, tuple[str, ...]]] = {
    "payment_is_of_something": ("payment_is_as_asked",),
}
"""Guards that would refuse the rest of it."""


def post(organisation_id, capture_id):
    with transaction.atomic():
        return services.post_payment(
            organisation_id=organisation_id, key=f"sandbox:pi:{capture_id}", memo="A pack", amount_credits=50,
            net_cents=4_900, tax_cents=100, provider="sandbox",
        )  # fmt: skip


@pytest.fixture
def scene(alice, charlie):
    """Payments of every kind and state."""
    pack = Pack.objects.create(code="guarded", name="50 credits", price_cents=4_900, amount_credits=50)
    told = {"organisation": alice.organisation, "member": alice, "provider": "sandbox", "tax_cents": 100}
    for_pack = {**told, "purpose": "pack", "pack": pack, "amount_credits": 50, "net_cents": 4_900}
    Payment.objects.create(**for_pack, checkout_id="cs_1")
    Payment.objects.create(**for_pack, status="failed")
    unpaid = Payment.objects.create(**for_pack, status="expired")
    Payment.objects.create(**for_pack, status="expired", instead_of=unpaid)
    Payment.objects.create(**{**for_pack, "purpose": "recharge"})
    Payment.objects.create(
        **for_pack, status="paid", capture_id="pi_paid", paid_at=clock.now(), checkout_id="cs_2",
        journal=post(alice.organisation_id, "pi_paid"),
    )  # fmt: skip
    post(alice.organisation_id, "free")
    numbers = {
        field.name: 1 for field in Plan._meta.fields if field.name not in {"id", "code", "name", "version"}
        and field.get_internal_type().startswith("Positive")
    }  # fmt: skip
    plan = Plan.objects.create(code="guarded", name="Guarded", may_extend=True, **numbers)
    subscription = Subscription.objects.create(
        organisation=alice.organisation, member=alice, plan=plan, provider="sandbox"
    )
    Payment.objects.create(
        **told, purpose="bill", subscription=subscription, bill_id="1", amount_credits=0, net_cents=900
    )
    Customer.objects.create(organisation=alice.organisation, provider="sandbox", customer_id="one")
    MethodSetup.objects.create(organisation=alice.organisation, member=alice, provider="sandbox", checkout_id="1")
    AutoRecharge.objects.create(
        organisation=alice.organisation, provider="sandbox", pack_code="guarded", below_credits=5, is_on=True,
        consented_by=alice, consented_at=clock.now(), consent_version="1",
    )  # fmt: skip


def test_each_guard_of_payments_refuses_and_nothing_else_would(scene, subtests):
    for guard, statement in BREAK_INS.items():
        with subtests.test(guard), undone():
            assert refused_by(statement) == guard
            take_away(guard)
            for other in BEHIND.get(guard, ()):
                take_away(other)
            assert refused_by(statement) == ""


def test_the_journal_of_a_payment_is_looked_at_and_payments_stay(scene):
    with undone():
        take_away("payment_has_its_journal")
        assert refused_by(BREAK_INS["payment_is_posted_as_paid"]) == ""
    assert "written once" in refused_by("DELETE FROM billing_payment")
    with undone():
        take_away("payment_is_kept")
        assert refused_by("DELETE FROM billing_payment WHERE status = 'failed'") == ""


@pytest.mark.parametrize("trigger", ["payment_moves_on", "recharge_keeps_its_terms"])
def test_without_its_trigger_nothing_keeps_a_row_as_it_was(trigger, scene):
    take_away(trigger)

    guards = (
        ("payment_is_as_asked", "payment_moves_forwards")
        if trigger == "payment_moves_on"
        else ("recharge_as_agreed",)
    )
    assert [refused_by(BREAK_INS[guard]) for guard in guards] == [""] * len(guards)


def test_what_failed_can_still_be_paid_and_what_is_paid_stays_so(scene, alice):
    late = Payment.objects.get(status="failed")
    journal = post(alice.organisation_id, "late")

    paid = {"status": "paid", "capture_id": "late", "paid_at": clock.now(), "journal": journal}
    Payment.objects.filter(pk=late.pk).update(**paid)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(IntegrityError, match="stays"), transaction.atomic():
        Payment.objects.filter(pk=late.pk).update(status="failed", journal=None, paid_at=None)


def test_a_payment_whose_journal_says_something_else_is_named_by_the_invariants(scene):
    assert broken(BY_THEMSELVES) == []
    take_away("payment_has_its_journal")
    with connection.cursor() as cursor:
        cursor.execute(BREAK_INS["payment_is_posted_as_paid"])

    [found] = broken(BY_THEMSELVES)

    assert (found.name, found.count) == ("payments_are_posted_as_paid", 1)
