"""Our own steps with Stripe at the other end of a real line: pages, messages, money, and books that balance."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.test import Client

from billing import selectors, services
from billing.errors import OrderChanged, ProviderAway
from billing.invariants import broken
from billing.models import Bill, Dispute, InboxMessage, Journal, Payment
from billing.providers import choosing
from tests.billing.stripe_stand_in import KEY, SECRETS, StripeServed, stripe_served

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def served() -> Iterator[StripeServed]:
    with stripe_served() as served:
        yield served


@pytest.fixture(autouse=True)
def account(served: StripeServed, settings: Any) -> Iterator[StripeServed]:
    """Stripe takes our money, at the stand-in's address."""
    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = KEY, served.url
    settings.STRIPE_WEBHOOK_SECRETS = list(SECRETS)
    served.fake.control.forget_messages()
    choosing._adapter.cache_clear()
    yield served
    choosing._adapter.cache_clear()


def bring(account: StripeServed, *, times: int = 1, backwards: bool = False) -> set[int]:
    """Bring the messages that wait to our inbox, and work them."""
    found = account.fake.control.messages() * times
    sent = reversed(found) if backwards else found
    answers = {
        Client()
        .post("/webhooks/stripe/", raw, content_type="application/json", headers=_signed(headers))
        .status_code
        for raw, headers in sent
    }
    services.work_inbox()
    return answers


def _signed(headers: dict[str, str]) -> dict[str, str]:
    return {"stripe-signature": headers["stripe-signature"]}


def buy(member: Any) -> Payment:
    return services.start_checkout(member=member, pack_code="fifty", provider="stripe")


def balance(member: Any) -> int:
    return selectors.balance_credits(member.organisation_id)


def capture_of(payment: Payment) -> str:
    payment.refresh_from_db()
    return payment.capture_id


def test_a_pack_is_declined_then_paid_and_credited_once_by_messages_that_come_five_times_backwards(
    account, alice, pack
):
    payment = buy(alice)
    httpx.post(payment.checkout_url, data={"outcome": "card_declined"})
    looked = services.look_again(payment.pk)
    assert (looked.status, looked.code, looked.says) == ("created", "generic_decline", "Your card was declined.")
    assert balance(alice) == 0
    httpx.post(payment.checkout_url, data={"outcome": ""})

    assert bring(account, times=5, backwards=True) == {200}

    assert balance(alice) == 50
    assert Journal.objects.get(payment=payment.pk).key == f"stripe:pi:{capture_of(payment)}"
    assert set(InboxMessage.objects.values_list("state", flat=True)) == {"done"}
    assert broken() == []


def test_a_page_whose_answer_was_lost_is_found_again(account, alice, pack):
    account.fake.control.does("loses_answer")
    with pytest.raises(ProviderAway):
        buy(alice)
    opened = len(account.fake.account.all("checkout.session"))

    services.look_again(Payment.objects.get().pk)

    assert len(account.fake.account.all("checkout.session")) == opened
    assert Payment.objects.get().checkout_url.startswith(account.url)


def test_an_order_that_changed_while_its_answer_was_lost_is_a_conflict_and_another_goes_on(account, alice, pack):
    asked = {"member": alice, "pack_code": "fifty", "provider": "stripe", "payment_id": uuid4()}
    account.fake.control.does("loses_answer")
    with pytest.raises(ProviderAway):
        services.start_checkout(**asked)
    opened = len(account.fake.account.all("checkout.session"))
    alice.user.email = "alice@homes.example.com"
    alice.user.save(update_fields=["email"])

    with pytest.raises(OrderChanged):
        services.start_checkout(**asked)

    assert len(account.fake.account.all("checkout.session")) == opened
    assert Payment.objects.values_list("status", "code").get() == ("failed", "order_changed")
    account.fake.control.pay(buy(alice).checkout_id)
    bring(account)
    assert balance(alice) == 50


def test_credits_go_back_once_though_the_answer_was_lost(account, alice, olga, pack):
    payment = buy(alice)
    account.fake.control.pay(payment.checkout_id)
    services.look_again(payment.pk)
    account.fake.control.does("loses_answer")

    refund = services.refund_payment(
        payment_id=payment.pk, amount_credits=20, actor_id=olga.pk, reason="bought too many"
    )
    services.look_at_refund(refund_id=refund.pk)
    bring(account, times=2)

    refund.refresh_from_db()
    assert refund.status == "succeeded"
    assert balance(alice) == 30
    assert (
        len([one for one in account.fake.account.all("refund") if one["payment_intent"] == capture_of(payment)])
        == 1
    )
    assert broken() == []


@pytest.mark.parametrize(("won", "left"), [(True, 50), (False, 0)])
def test_a_dispute_takes_the_credits_and_gives_them_back_when_it_is_won(account, alice, pack, won, left):
    payment = buy(alice)
    account.fake.control.pay(payment.checkout_id)
    bring(account)
    dispute_id = account.fake.control.dispute(capture_of(payment))
    bring(account)
    assert balance(alice) == 0

    account.fake.control.close_dispute(dispute_id, won=won)
    bring(account, times=2, backwards=True)

    dispute = Dispute.objects.get()
    assert (dispute.status, dispute.fee_cents) == ("won" if won else "lost", 1_500)
    assert balance(alice) == left
    assert broken() == []


def test_a_plan_is_begun_upgraded_and_ended(account, alice, olga):
    services.revise_plan(code="pro", actor_id=olga.pk, reason="Nobody tries it", trial_days=0, trial_credits=0)
    subscription = services.start_subscription(member=alice, plan_code="pro", provider="stripe")
    account.fake.control.pay(subscription.checkout_id)
    bring(account)
    begun = services.look_at_subscription(subscription.pk)

    upgraded = services.change_plan(member=alice, plan_code="premium")
    bring(account)
    ending = services.cancel_plan(member=alice)

    assert (begun.status, begun.plan.code) == ("active", "pro")
    assert (upgraded.status, upgraded.plan.code) == ("active", "premium")
    assert list(Bill.objects.order_by("pk").values_list("is_upgrade", "status")) == [
        (False, "paid"),
        (True, "paid"),
    ]
    assert ending.cancels_at_period_end
    assert broken() == []


def test_our_books_and_stripes_say_the_same(account, alice, pack):
    payment = buy(alice)
    account.fake.control.pay(payment.checkout_id)
    bring(account)

    services.reconcile(provider="stripe")

    assert broken() == []
