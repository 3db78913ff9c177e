"""Operators give money back, play messages again and say what differences were."""

import pytest
from django.urls import reverse

from aiqleads.core.models import AuditEntry
from billing import selectors, services
from billing.models import Difference, InboxMessage, Pack, Payment, Refund
from billing.providers.choosing import provider
from billing.providers.sandbox import desk
from tests.billing.dying import bought
from tests.billing.gone_back import something_of_each
from tests.billing.subscribed import begin, subscribe
from tests.billing.test_other_amounts import come_in
from tests.billing.test_pages_of_money import text_of
from tests.marketplace.intended import intend

pytestmark = pytest.mark.django_db


@pytest.fixture
def pack(db):
    return Pack.objects.create(code="fifty", name="50 credits", price_cents=4_900, amount_credits=50)


@pytest.fixture
def payment(alice, pack) -> Payment:
    return bought(alice)


def door(row, name: str) -> str:
    return reverse(f"admin:billing_{row._meta.model_name}_{name}", args=[row.pk])


def test_a_refund_is_shown_before_it_is_made_and_made_once_however_often_the_form_is_sent(operator, payment, alice):
    page = door(payment, "refund")
    opened = operator.get(page)
    assert "50 of 50 can go back." in opened.content.decode()
    typed = {"amount_credits": 10, "reason": "Bought twice", "key": opened.context["form"].initial["key"]}

    review = operator.post(page, typed)
    told = review.content.decode()
    assert "9.80 USD, of which tax 0.00 USD" in told
    assert not Refund.objects.exists()
    for _ in range(2):
        assert operator.post(page, {**typed, "step": "confirm"}).status_code == 302

    assert Refund.objects.values_list("status", "net_cents").get() == ("succeeded", 980)
    assert selectors.balance_credits(alice.organisation_id) == 40


def test_more_than_is_unspent_is_refused_in_words(operator, payment):
    answer = operator.post(door(payment, "refund"), {"amount_credits": 51, "reason": "Bought twice"})

    assert answer.status_code == 422
    assert "50 credits of this payment can go back." in answer.content.decode()
    assert not Refund.objects.exists()


def test_a_dispute_is_asked_about_at_once(operator, payment):
    desk.dispute(payment.capture_id)
    services.receive_missed(provider="sandbox", events=_events(payment))
    services.work_inbox()
    dispute = payment.disputes.get()
    desk.close_dispute(dispute.dispute_id, is_won=True)

    assert operator.post(door(dispute, "look")).status_code == 302

    dispute.refresh_from_db()
    assert dispute.status == "won"


def _events(payment):
    return provider("sandbox").events(since=payment.created_at)


@pytest.fixture
def rows(alice, olga):
    something_of_each(alice, olga)


def test_a_message_is_played_again(operator, rows, olga):
    InboxMessage.objects.update(state="dead", settled_at="2026-11-20T00:00:00Z", attempts=8)
    message = InboxMessage.objects.get()

    assert operator.post(door(message, "replay")).status_code == 302

    message.refresh_from_db()
    assert (message.state, message.attempts) == ("waiting", 0)
    assert AuditEntry.objects.get(action="inbox.replayed").actor_id == olga.pk


def test_what_stands_in_a_message_is_not_shown(operator, rows):
    message = InboxMessage.objects.get()

    page = operator.get(reverse("admin:billing_inboxmessage_change", args=[message.pk])).content.decode()

    assert "2 bytes" in page
    assert "evt_1" in page


def test_a_difference_is_closed_with_a_reason_by_a_person(operator, rows, olga):
    difference = Difference.objects.get()
    assert operator.post(door(difference, "close"), {"how": ""}).status_code == 422

    assert operator.post(door(difference, "close"), {"how": "A test of the bank's"}).status_code == 302

    difference.refresh_from_db()
    assert (difference.closed_by, difference.how) == (olga, "A test of the bank's")


def test_a_provider_that_knows_nothing_of_it_is_told_in_words(operator, rows):
    refund = Refund.objects.get()

    answer = operator.post(door(refund, "look"))

    assert answer.status_code == 302  # the provider knows no such refund, and nothing changes
    refund.refresh_from_db()
    assert refund.status == "pending"


def test_a_payment_is_shown_in_dollars_with_what_followed(operator, payment, olga):
    services.refund_payment(payment_id=payment.pk, amount_credits=10, actor_id=olga.pk, reason="Bought twice")
    number = payment.invoices.get(refund=None).number

    page = text_of(operator.get(screen(payment)))

    assert "Price 49.00 USD" in page
    assert "Total 49.00 USD" in page
    assert f"Invoice {number}" in page
    assert "Refund 9.80 USD back" in page
    assert "cents" not in page


def test_what_makes_no_sense_for_a_payment_has_no_button(operator, payment, alice):
    unpaid = services.start_checkout(member=alice, pack_code="fifty", provider="sandbox")
    bill = services.look_at_subscription(begin(alice, "premium").pk).payments.get()

    assert doors_of(operator, payment) == {"refund"}
    assert doors_of(operator, unpaid) == {"look_again"}
    assert doors_of(operator, bill) == set()


def test_a_plans_bills_stand_on_its_screen(operator, alice):
    subscription = subscribe(alice, "premium")
    bill = subscription.bills.get()

    page = text_of(operator.get(screen(subscription)))

    assert f"Bills {bill.starts_at:%Y-%m-%d} to {bill.ends_at:%Y-%m-%d}: {bill}" in page


def test_a_journal_says_what_moved_in_dollars_and_credits(operator, payment, alice):
    page = text_of(operator.get(screen(payment.journal)))

    assert f"+50 credits, {alice.organisation}: paid credits" in page
    assert "+49.00 USD, The house: clearing sandbox" in page


def screen(row) -> str:
    return reverse(f"admin:billing_{row._meta.model_name}_change", args=[row.pk])


def doors_of(operator, row) -> set[str]:
    page = operator.get(screen(row)).content.decode()
    return {name for name in ("refund", "look_again") if door(row, name) in page}


def test_a_cart_that_waits_for_its_credits_is_shown_with_its_payment(operator, payment, alice, lead):
    intent = intend(alice, lead.pk, payment_id=payment.pk)

    page = operator.get(reverse("admin:marketplace_purchaseintent_change", args=[intent.pk]))

    assert "Shown to the buyer 10" in text_of(page)
    assert "for at most 10 credits" in text_of(page)
    assert screen(payment) in page.content.decode()


def test_another_amount_is_shown_with_both_ends_and_settled_once(operator, alice, olga):
    odd = come_in(alice, 3_000)
    assert "We look at it and write to you." in text_of(operator.get(screen(odd)))
    typed = {"how": "credit", "reason": "The page was wrong"}

    review = text_of(operator.post(door(odd, "settle"), typed))
    assert "Was asked for 50.00 USD for 50 credits" in review
    assert "Came in 30.00 USD, of which tax 0.00 USD" in review
    assert selectors.balance_credits(alice.organisation_id) == 0
    for _ in range(2):
        assert operator.post(door(odd, "settle"), {**typed, "step": "confirm"}).status_code == 302

    assert selectors.balance_credits(alice.organisation_id) == 30
    assert AuditEntry.objects.get(action="payment.counted").actor_id == olga.pk
    assert "30 credits are yours for it." in text_of(operator.get(screen(odd)))
