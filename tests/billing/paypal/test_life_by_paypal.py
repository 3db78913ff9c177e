"""Credits and plans by PayPal, from our services down to the wire: money once, whatever is brought how often."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.test import Client

from billing import selectors, services
from billing.errors import OrderChanged, ProviderAway
from billing.invariants import broken
from billing.models import Dispute, InboxMessage, Journal, Payment, Refund
from billing.providers import choosing
from tests.billing.paypal.served import StandIn, paypal_stand_in
from tests.conftest import log_in

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def served() -> Iterator[StandIn]:
    with paypal_stand_in() as desk:
        yield desk


@pytest.fixture
def desk(served, settings) -> Iterator[StandIn]:
    """The stand-in, where our settings say that PayPal is."""
    settings.PAYPAL_CLIENT_ID = settings.PAYPAL_CLIENT_SECRET = "stand-in"
    settings.PAYPAL_WEBHOOK_ID, settings.PAYPAL_API_BASE = "1STANDIN", served.url
    choosing._adapter.cache_clear()
    served.control.forget_messages()
    yield served
    choosing.provider("paypal").wire.close()
    choosing._adapter.cache_clear()


@pytest.fixture
def payment(desk, alice, pack) -> Payment:
    return services.start_checkout(member=alice, pack_code="fifty", provider="paypal")


@pytest.fixture
def without_trial(olga) -> None:
    """Pro begins with its first bill, as Premium does."""
    services.revise_plan(code="pro", actor_id=olga.pk, reason="Nobody tries it", trial_days=0, trial_credits=0)


def bring(messages, *, times: int = 1) -> list[int]:
    client = Client()
    answers = []
    for raw, headers in messages * times:
        signed = {name: value for name, value in headers.items() if name != "content-type"}
        sent = client.post("/webhooks/paypal/", raw, content_type="application/json", headers=signed)
        answers.append(sent.status_code)
    return answers


def balance(member) -> int:
    return selectors.balance_credits(member.organisation_id)


def test_an_order_that_changed_while_its_answer_was_lost_is_a_conflict(desk, alice, pack, settings):
    asked = {"member": alice, "pack_code": "fifty", "provider": "paypal"}
    payment_id = uuid4()
    desk.lose_answers()
    with pytest.raises(ProviderAway):
        services.start_checkout(**asked, payment_id=payment_id)
    settings.SITE_URL = "https://leads.example.com"

    with pytest.raises(OrderChanged):
        services.start_checkout(**asked, payment_id=payment_id)

    assert Payment.objects.values_list("status", "code").get() == ("failed", "order_changed")
    assert services.start_checkout(**asked).checkout_url


@pytest.mark.parametrize("times", [1, 5])
@pytest.mark.parametrize("is_reversed", [False, True])
def test_nobody_comes_back_and_the_messages_alone_credit_once(payment, desk, alice, times, is_reversed):
    desk.control.pay(payment.checkout_id)
    approved = desk.messages()
    assert bring(approved, times=times) == [200] * times
    services.work_inbox()
    captured = desk.messages()
    told = [*approved, *captured] if not is_reversed else [*captured, *approved]

    assert set(bring(told, times=times)) == {200}
    services.work_inbox()

    paid = Payment.objects.get()
    assert (paid.status, balance(alice)) == ("paid", 50)
    assert Journal.objects.get(payment=paid).key == f"paypal:capture:{paid.capture_id}"
    assert InboxMessage.objects.count() == len(approved) + len(captured)
    assert len(desk.fake.account.captures) == len({one["custom_id"] for one in desk.fake.account.captures.values()})
    assert broken() == []


def test_a_message_is_brought_again_where_paypal_could_not_say_whose_it_is(payment, desk, alice):
    desk.control.pay(payment.checkout_id)
    messages = desk.messages()
    desk.control.does("breaks")

    assert bring(messages) == [503]
    assert InboxMessage.objects.count() == 0
    assert bring(messages) == [200]
    services.work_inbox()
    assert balance(alice) == 50


def test_what_is_forged_or_stale_is_not_stored(payment, desk):
    desk.control.pay(payment.checkout_id)
    forged = [(raw.replace(b"APPROVED", b"REJECTED"), headers) for raw, headers in desk.messages()]
    desk.control.pay(
        services.start_checkout(member=payment.member, pack_code="fifty", provider="paypal").checkout_id
    )
    stale = desk.control.messages(age_seconds=301)

    assert (set(bring(forged)), set(bring(stale))) == ({400}, {400})
    assert (InboxMessage.objects.count(), Payment.objects.exclude(status="created").count()) == (0, 0)


def test_a_bank_that_declines_leaves_the_page_open_and_another_pays(payment, desk, alice):
    desk.control.decline(payment.checkout_id)
    declined = services.look_again(payment.pk)
    before = balance(alice)
    desk.control.pay(payment.checkout_id)

    assert services.look_again(payment.pk).status == "paid"
    assert (declined.status, before, balance(alice)) == ("created", 0, 50)
    assert declined.code == "INSTRUMENT_DECLINED"
    assert declined.says != ""


def test_refunds_at_paypals_desk_and_disputes_are_met(payment, desk, alice):
    desk.control.pay(payment.checkout_id)
    capture_id = services.look_again(payment.pk).capture_id
    desk.messages()
    desk.control.refund(capture_id, 980)
    assert bring(desk.messages()) == [200]
    services.work_inbox()
    after_refund = balance(alice)
    desk.control.dispute(capture_id)
    assert bring(desk.messages()) == [200]
    services.work_inbox()

    assert (Refund.objects.get().status, after_refund) == ("succeeded", 40)
    assert (Dispute.objects.get().status, balance(alice) <= 0) == ("open", True)
    assert broken() == []


def test_a_plan_begins_by_paypal_and_ends_with_its_period(desk, alice):
    subscription = services.start_subscription(member=alice, plan_code="pro", provider="paypal")
    desk.control.pay(subscription.checkout_id)
    assert set(bring(desk.messages())) == {200}
    services.work_inbox()
    begun = services.look_at_subscription(subscription.pk)

    assert (begun.status, begun.plan.code, begun.provider) == ("trialing", "pro", "paypal")
    assert broken() == []


def test_another_plan_by_paypal_is_agreed_to_there_and_begins_when_it_is_paid(desk, alice, without_trial):
    subscription = services.start_subscription(member=alice, plan_code="pro", provider="paypal")
    desk.control.pay(subscription.checkout_id)
    services.look_at_subscription(subscription.pk)
    begun = selectors.find_subscription(alice.organisation_id)
    preview = selectors.preview_change(begun, selectors.get_plan("premium"))

    asked = services.change_plan(member=alice, plan_code="premium")
    desk.control.pay(subscription.checkout_id)
    agreed = services.look_at_subscription(subscription.pk)

    assert (preview.is_at_once, preview.due_now_cents) == (False, 0)
    assert asked.consent_url.startswith(f"{desk.url}/webapps/billing/subscriptions/update")
    assert (asked.plan.code, asked.next_plan.code) == ("pro", "premium")
    assert (agreed.plan.code, agreed.next_plan.code, agreed.period_end) == ("pro", "premium", asked.period_end)
    assert desk.fake.account.pages[subscription.checkout_id]["return_url"].endswith("/credits/settings/")
    assert broken() == []


def test_a_change_that_is_taken_back_is_agreed_to_at_paypal_too(desk, alice, without_trial):
    subscription = services.start_subscription(member=alice, plan_code="premium", provider="paypal")
    desk.control.pay(subscription.checkout_id)
    services.look_at_subscription(subscription.pk)
    services.change_plan(member=alice, plan_code="pro")
    desk.control.pay(subscription.checkout_id)

    back = services.change_plan(member=alice, plan_code="premium")

    assert (back.plan.code, back.next_plan.code, back.consent_url != "") == ("premium", "premium", True)
    desk.control.pay(subscription.checkout_id)
    kept = desk.fake.account.subscriptions[subscription.checkout_id]["plan_id"]
    assert kept == back.plan.at_providers.get(provider="paypal").price_id


def test_the_pages_lead_an_owner_to_paypal_to_agree(desk, alice):
    subscription = services.start_subscription(member=alice, plan_code="premium", provider="paypal")
    desk.control.pay(subscription.checkout_id)
    services.look_at_subscription(subscription.pk)
    client = log_in(Client(), alice.user)

    went = client.post("/credits/plans/pro/")
    shown = client.get("/credits/settings/").content.decode()

    assert went.status_code == 302
    assert went.url.startswith(f"{desk.url}/webapps/billing/subscriptions/update")
    assert "Agree at PayPal" in shown
    assert went.url in shown
