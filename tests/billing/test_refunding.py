"""A refund that an operator asks for: set aside, asked of the provider under one key, booked as it answers."""

from datetime import timedelta

import pytest
from django.db import transaction

from aiqleads.core.models import AuditEntry
from billing import selectors, services
from billing.errors import NotRefundable
from billing.invariants import broken
from billing.models import Dispute, Invoice, Journal, Pack, Payment, Refund
from billing.providers.sandbox import desk, memory
from tests.billing.dying import bought
from tests.billing.money import lot_of, paid_pack
from tests.billing.test_ledger import house, sell

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment(alice, pack, line) -> Payment:
    """Fifty credits for 49 dollars."""
    return bought(alice)


def refund(payment: Payment, amount_credits: int, olga) -> Refund:
    return services.refund_payment(
        payment_id=payment.pk, amount_credits=amount_credits, actor_id=olga.pk, reason="Bought twice"
    )


def balance(member) -> int:
    return selectors.balance_credits(member.organisation_id)


def given_back(payment: Payment) -> int:
    """US cents, as the provider has it."""
    return memory.find(memory.Kind.PAYMENT, payment.capture_id).data["refunded"]


def test_unspent_credits_go_back_at_what_they_cost(payment, alice, olga):
    sell(alice, 20)

    made = refund(payment, 30, olga)

    assert (made.status, made.net_cents, made.asked_by) == ("succeeded", 2_940, olga)
    assert balance(alice) == 0
    assert given_back(payment) == 2_940
    assert house("usd_cents") == {"clearing": 1_960, "unearned": -1_960}
    assert house("credits") == {"issued": -20, "revenue": 20}
    assert Invoice.objects.get(refund=made).kind == "credit_note"
    assert AuditEntry.objects.get(action="refund.asked").details["cents"] == 2_940
    assert broken() == []


def test_the_last_refund_takes_the_last_cent(alice, olga, line):
    three = paid_pack(alice, 3, tax_cents=20)
    memory.add(
        memory.Kind.PAYMENT,
        {"total": 320, "refunded": 0, "status": "paid", "currency": "USD", "method_id": _card(alice)},
        called=three.capture_id,
    )

    made = [refund(three, 1, olga) for _ in range(3)]

    assert [(one.net_cents, one.tax_cents) for one in made] == [(100, 6), (100, 6), (100, 8)]
    assert given_back(three) == 320
    assert house("usd_cents") == {}


def _card(member) -> str:
    return memory.add(memory.Kind.METHOD, {"card": "good"}, owner=str(member.organisation_id)).pk


@pytest.mark.parametrize("asked", [0, 31, 50])
def test_what_is_spent_does_not_go_back(payment, alice, olga, asked):
    sell(alice, 20)

    with pytest.raises(NotRefundable, match="30 of these credits are unspent"):
        refund(payment, asked, olga)

    assert balance(alice) == 30
    assert not Refund.objects.exists()


def test_what_its_bank_takes_back_is_not_refunded_as_well(payment, alice, olga, line):
    desk.dispute(payment.capture_id)
    services.receive_missed(provider="sandbox", events=line.events(since=payment.created_at))
    services.work_inbox()
    assert Dispute.objects.get().status == "open"

    with pytest.raises(NotRefundable, match="bank"):
        refund(payment, 10, olga)

    assert not Refund.objects.exists()


def test_a_payment_that_has_not_come_in_is_not_refunded(alice, pack, olga, line):
    started = services.start_checkout(member=alice, pack_code="fifty", provider="sandbox")

    with pytest.raises(NotRefundable, match="not come in"):
        refund(started, 1, olga)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_provider_that_times_out_is_asked_again_and_gives_back_once(payment, alice, olga, line, when):
    line.dies = {f"refund {when}"}

    asked = refund(payment, 10, olga)

    assert (asked.status, balance(alice)) == ("asked", 40)
    assert services.look_at_asked_refunds() == 1
    line.dies = set()
    services.look_at_asked_refunds()
    assert Refund.objects.get().status == "succeeded"
    assert given_back(payment) == 980
    assert services.look_at_asked_refunds() == 0


def test_a_refund_whose_answer_was_lost_is_found_long_after_its_key_was_forgotten(payment, alice, olga, line):
    line.dies = {"refund after"}
    refund(payment, 10, olga)
    memory.SandboxObject.objects.filter(kind=memory.Kind.REQUEST).delete()
    line.dies = set()

    services.look_at_asked_refunds()

    assert Refund.objects.get().status == "succeeded"
    assert given_back(payment) == 980


def test_two_who_hear_at_once_that_a_refund_is_refused_give_the_credits_back_once(payment, alice, olga, line):
    line.dies = {"refund before"}
    asked = refund(payment, 10, olga)
    line.dies = set()
    desk.dispute(payment.capture_id)  # and we have not heard of it
    line.meanwhile = {"refund": lambda: services.look_at_refund(refund_id=asked.pk)}

    services.look_at_refund(refund_id=asked.pk)

    assert (Refund.objects.get().status, balance(alice)) == ("failed", 50)
    assert Journal.objects.filter(key=f"refund-failed:{asked.pk}").count() == 1
    assert broken() == []


def test_a_refund_that_the_provider_refuses_gives_the_credits_back(payment, alice, olga):
    desk.dispute(payment.capture_id)  # and we have not heard of it

    made = refund(payment, 10, olga)

    assert (made.status, made.code) == ("failed", "charge_disputed")
    assert balance(alice) == 50
    assert house("usd_cents") == {"clearing": 4_900, "unearned": -4_900}
    assert services.look_at_refund(refund_id=made.pk).status == "failed"


def test_a_refund_to_a_bank_account_is_on_its_way_until_it_arrives(alice, pack, line, olga):
    payment = bought(alice, "bank")

    made = refund(payment, 10, olga)
    assert (made.status, balance(alice)) == ("pending", 40)
    desk.settle_refund(made.refund_id)

    assert services.look_at_refund(refund_id=made.pk).status == "succeeded"
    assert broken() == []


def test_a_refund_that_a_bank_sends_back_gives_the_credits_back(alice, pack, line, olga):
    payment = bought(alice, "bank")
    made = refund(payment, 10, olga)
    desk.settle_refund(made.refund_id, arrives=False)

    found = services.look_at_refund(refund_id=made.pk)

    assert (found.status, found.code) == ("failed", "account_closed")
    assert balance(alice) == 50
    assert house("usd_cents") == {"clearing": 4_900, "unearned": -4_900}


def test_credits_that_ended_do_not_go_back(alice, line, olga, clock):
    Pack.objects.create(code="short", name="50 credits", price_cents=4_900, amount_credits=50, valid_days=30)
    payment = bought(alice, pack_code="short")
    clock.advance(days=31)

    with pytest.raises(NotRefundable, match="0 of these credits"):
        refund(payment, 1, olga)

    assert lot_of(payment).remaining == 50
    assert lot_of(payment).expires_at - payment.created_at >= timedelta(days=30)


def test_no_provider_is_asked_inside_a_transaction(payment, alice, olga):
    with pytest.raises(transaction.TransactionManagementError), transaction.atomic():
        refund(payment, 1, olga)

    assert balance(alice) == 50
