"""The provider of make-believe money: it keeps the port's promises, and its pages do what a card form does."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured

from aiqleads.core import clock as core_clock
from billing.models import SandboxEvent, SandboxObject
from billing.providers import port
from billing.providers.port import (
    BillStatus,
    DisputeStatus,
    Forged,
    MovementKind,
    NotFound,
    ObjectKind,
    PaymentStatus,
    ProviderMisunderstood,
    ProviderRefused,
    RefundStatus,
    Stale,
    SubscriptionStatus,
)
from billing.providers.sandbox import Sandbox, desk, pages, telling

pytestmark = pytest.mark.django_db
BUYER = port.Buyer(organisation_id="o1", name="Alder Lane", email="alice@example.com")
BACK = port.Returning(done_url="/credits/back/", cancelled_url="/credits/")


@pytest.fixture
def sandbox():
    return Sandbox()


def an_order(key="p1:1", cents=4_900, *, saves_method=False):
    return port.Order(
        key=key,
        reference="p1",
        buyer=BUYER,
        description="50 credits",
        total=port.Money(minor=cents),
        tax=port.Money(minor=0),
        returning=BACK,
        saves_method=saves_method,
    )


def paid_for(sandbox, key="p1:1", card="good", *, saves_method=False):
    page = sandbox.start_checkout(an_order(key, saves_method=saves_method)).checkout_id
    pages.hand_in(page, card)
    return sandbox.fetch_checkout(page)


def price(sandbox, code, cents):
    return sandbox.ensure_price(port.Price(code=code, name=code.title(), monthly=port.Money(minor=cents)))


def subscribed(sandbox, *, trial_days=0, tax=0, card="good", key="s1:1"):
    order = port.SubscriptionOrder(
        key=key,
        reference="s1",
        buyer=BUYER,
        price_id=price(sandbox, "pro-1", 4_900),
        trial_days=trial_days,
        tax_millipercent=tax,
        returning=BACK,
    )
    page = sandbox.start_subscription(order).checkout_id
    assert sandbox.fetch_started_subscription(page) is None
    pages.hand_in(page, card)
    return sandbox.fetch_started_subscription(page)


def test_a_key_opens_one_page_and_no_other_order_may_use_it(sandbox):
    first = sandbox.start_checkout(an_order())

    assert sandbox.start_checkout(an_order()) == first
    with pytest.raises(ProviderMisunderstood):
        sandbox.start_checkout(an_order(cents=5_000))
    assert SandboxObject.objects.filter(kind="checkout").count() == 1
    assert "alice" not in json.dumps([row.data for row in SandboxObject.objects.all()])


def test_a_declined_card_leaves_the_page_open_for_another(sandbox):
    page = sandbox.start_checkout(an_order()).checkout_id

    for card, code in (("declined", "card_declined"), ("empty", "insufficient_funds"), ("expired", "expired_card")):
        with pytest.raises(ProviderRefused) as refused:
            pages.hand_in(page, card)
        assert refused.value.code == code
        state = sandbox.fetch_checkout(page)
        assert (state.status, state.code, state.paid.minor) == (PaymentStatus.OPEN, code, 0)
    pages.hand_in(page, "good")

    state = sandbox.fetch_checkout(page)
    assert (state.status, state.reference, state.paid.minor, state.code) == (PaymentStatus.PAID, "p1", 4_900, "")
    assert state.method is None
    with pytest.raises(ProviderRefused):
        pages.hand_in(page, "good")
    assert SandboxObject.objects.filter(kind="payment").count() == 1


def test_the_bank_asks_who_pays_before_anything_is_taken(sandbox):
    page = sandbox.start_checkout(an_order()).checkout_id
    pages.hand_in(page, "asks")
    assert sandbox.fetch_checkout(page).status == PaymentStatus.OPEN
    with pytest.raises(ProviderRefused):
        pages.answer(page, is_them=False)
    with pytest.raises(ProviderRefused):
        pages.answer(page, is_them=True)
    assert sandbox.fetch_checkout(page).code == "authentication_failed"

    pages.hand_in(page, "asks")
    pages.answer(page, is_them=True)

    assert sandbox.fetch_checkout(page).status == PaymentStatus.PAID


def test_a_debit_is_on_its_way_until_the_bank_has_settled_or_returned_it(sandbox):
    slow, returned = paid_for(sandbox, "a:1", "bank"), paid_for(sandbox, "b:1", "bank")
    assert (slow.status, slow.paid.minor) == (PaymentStatus.PENDING, 0)

    desk.settle(slow.capture_id)
    desk.settle(returned.capture_id, comes=False)

    assert sandbox.fetch_payment(slow.capture_id).paid.minor == 4_900
    state = sandbox.fetch_payment(returned.capture_id)
    assert (state.status, state.code, state.paid.minor) == (PaymentStatus.FAILED, "debit_returned", 0)
    with pytest.raises(ProviderRefused):
        desk.settle(slow.capture_id)


def test_a_page_that_nobody_finished_expires(sandbox, clock):
    first, second = (sandbox.start_checkout(an_order(key)).checkout_id for key in ("a:1", "b:1"))
    sandbox.expire_checkout(first)
    clock.advance(minutes=30)

    for page in (first, second):
        assert sandbox.fetch_checkout(page).status == PaymentStatus.EXPIRED
        with pytest.raises(ProviderRefused):
            pages.hand_in(page, "good")


def test_a_kept_card_is_charged_once_under_a_key_and_declines_alike_again(sandbox):
    method = paid_for(sandbox, saves_method=True).method
    charge = port.Charge(
        key="r1:1",
        reference="r1",
        customer_id=method.customer_id,
        method_id=method.method_id,
        description="50 credits",
        total=port.Money(minor=5_000),
        tax=port.Money(minor=0),
    )
    assert method.label == "Test card ending in 4242"

    first = sandbox.charge(charge)

    assert sandbox.charge(charge) == first
    assert (first.status, first.paid.minor, first.reference) == (PaymentStatus.PAID, 5_000, "r1")
    once = paid_for(sandbox, "p2:1", "once", saves_method=True).method
    for _ in range(2):
        with pytest.raises(ProviderRefused, match="card_declined"):
            sandbox.charge(
                port.Charge(
                    key="r2:1",
                    reference="r2",
                    customer_id=once.customer_id,
                    method_id=once.method_id,
                    description="50 credits",
                    total=port.Money(minor=5_000),
                    tax=port.Money(minor=0),
                )
            )
    assert SandboxObject.objects.filter(kind="payment").count() == 3


def test_no_more_goes_back_than_came_in(sandbox):
    paid = paid_for(sandbox)
    order = port.RefundOrder(key="f1:1", reference="f1", capture_id=paid.capture_id, amount=port.Money(minor=4_000))

    made = sandbox.refund(order)
    assert sandbox.refund(order) == made
    desk.refund_here(paid.capture_id, 900)
    with pytest.raises(ProviderRefused):
        desk.refund_here(paid.capture_id, 1)

    assert made.status == RefundStatus.SUCCEEDED
    assert [(one.reference, one.amount.minor) for one in sandbox.refunds(paid.capture_id)] == [
        ("f1", 4_000),
        ("", 900),
    ]
    assert sandbox.fetch_payment(paid.capture_id).refunded.minor == 4_900


def test_a_refund_to_a_bank_account_takes_days_and_may_come_back(sandbox):
    paid = paid_for(sandbox, card="bank")
    desk.settle(paid.capture_id)
    refund_id = desk.refund_here(paid.capture_id, 4_900)
    assert sandbox.fetch_refund(refund_id).status == RefundStatus.PENDING

    desk.settle_refund(refund_id, arrives=False)

    assert sandbox.fetch_refund(refund_id).status == RefundStatus.FAILED
    assert sandbox.fetch_payment(paid.capture_id).refunded.minor == 0


def test_each_movement_of_the_balance_has_its_line(sandbox):
    since = core_clock.now()
    won, lost = paid_for(sandbox, "a:1"), paid_for(sandbox, "b:1")
    disputes = [desk.dispute(one.capture_id) for one in (won, lost)]
    desk.close_dispute(disputes[0], is_won=True)
    desk.close_dispute(disputes[1], is_won=False)

    assert [sandbox.fetch_dispute(one).status for one in disputes] == [DisputeStatus.WON, DisputeStatus.LOST]
    with pytest.raises(ProviderRefused):
        desk.refund_here(lost.capture_id, 100)
    lines = list(sandbox.movements(since=since))
    assert [(line.kind, line.gross.minor, line.fee.minor) for line in lines] == [
        (MovementKind.PAYMENT, 4_900, 172),
        (MovementKind.PAYMENT, 4_900, 172),
        (MovementKind.DISPUTE, -4_900, 1_500),
        (MovementKind.DISPUTE, -4_900, 1_500),
        (MovementKind.DISPUTE, 4_900, 0),
    ]


def test_a_plan_is_billed_each_month_as_the_months_pass(sandbox, clock):
    plan = subscribed(sandbox, tax=8_875)
    assert plan.status == SubscriptionStatus.ACTIVE
    clock.advance(days=65)

    renewed = sandbox.fetch_subscription(plan.subscription_id)

    bills = sandbox.bills(plan.subscription_id)
    assert [(bill.status, bill.total.minor, bill.tax.minor) for bill in bills] == [
        (BillStatus.PAID, 5_335, 435)
    ] * 3
    assert [bill.period_end for bill in bills[:2]] == [bill.period_start for bill in bills[1:]]
    assert renewed.period_start == bills[-1].period_start
    assert sandbox.fetch_payment(bills[-1].capture_id).paid.minor == 5_335


def test_a_trial_costs_nothing_until_it_ends(sandbox, clock):
    plan = subscribed(sandbox, trial_days=14)
    assert (plan.status, plan.period_end) == (SubscriptionStatus.TRIALING, plan.trial_end)
    assert sandbox.bills(plan.subscription_id) == []
    clock.advance(days=14)

    assert sandbox.fetch_subscription(plan.subscription_id).status == SubscriptionStatus.ACTIVE
    assert [bill.total.minor for bill in sandbox.bills(plan.subscription_id)] == [4_900]


def test_a_plan_of_a_declined_card_does_not_begin(sandbox):
    with pytest.raises(ProviderRefused):
        subscribed(sandbox, card="declined")

    assert not SandboxObject.objects.filter(kind__in=["subscription", "bill", "payment", "method"]).exists()
    assert SandboxObject.objects.get(kind="checkout").data["code"] == "card_declined"


def test_a_larger_plan_costs_what_is_left_of_the_month_and_begins_when_it_is_paid(sandbox, clock):
    plan = subscribed(sandbox)
    premium = price(sandbox, "premium-1", 14_900)
    change = port.SubscriptionChange(
        key="s1:c1", subscription_id=plan.subscription_id, price_id=premium, at_once=True
    )
    half = (plan.period_end - plan.period_start) / 2
    clock.advance(seconds=half.total_seconds())

    changed = sandbox.change_subscription(change)

    assert sandbox.change_subscription(change) == changed
    assert changed.price_id == premium
    first, upgrade = sandbox.bills(plan.subscription_id)
    assert (upgrade.is_upgrade, upgrade.status, upgrade.total.minor) == (True, BillStatus.PAID, 5_000)
    assert upgrade.period_end == first.period_end


def declined_upgrade(sandbox: Sandbox) -> tuple[port.SubscriptionState, port.BillState]:
    """A plan whose card declines the difference to a larger one, and the bill of that."""
    plan = subscribed(sandbox, card="once")
    premium = price(sandbox, "premium-1", 14_900)
    for _ in range(2):
        sandbox.change_subscription(
            port.SubscriptionChange(
                key="s1:c1", subscription_id=plan.subscription_id, price_id=premium, at_once=True
            )
        )
    [_, bill] = sandbox.bills(plan.subscription_id)
    assert (bill.status, bill.price_id) == (BillStatus.OPEN, premium)
    assert sandbox.fetch_subscription(plan.subscription_id) == plan
    return plan, bill


def test_a_larger_plan_begins_when_its_difference_is_paid_on_its_page(sandbox):
    plan, bill = declined_upgrade(sandbox)

    pages.hand_in(bill.bill_id, "good")

    assert sandbox.fetch_bill(bill.bill_id).status == BillStatus.PAID
    assert sandbox.fetch_subscription(plan.subscription_id) == replace(plan, price_id=bill.price_id)


def test_a_larger_plan_that_nobody_pays_for_lapses_within_a_day(sandbox, clock):
    plan, bill = declined_upgrade(sandbox)

    clock.advance(hours=24)

    assert sandbox.fetch_subscription(plan.subscription_id) == plan
    assert sandbox.fetch_bill(bill.bill_id).status == BillStatus.VOID
    with pytest.raises(ProviderRefused, match="bill_closed"):
        pages.hand_in(bill.bill_id, "good")


def test_a_period_that_begins_ends_the_wait_for_a_larger_plan(sandbox):
    plan, bill = declined_upgrade(sandbox)

    desk.renew(plan.subscription_id)

    assert sandbox.fetch_bill(bill.bill_id).status == BillStatus.VOID
    assert sandbox.fetch_subscription(plan.subscription_id).price_id == plan.price_id


def test_a_smaller_plan_waits_for_the_next_period(sandbox):
    plan = subscribed(sandbox)
    lite = price(sandbox, "lite-1", 1_900)

    changed = sandbox.change_subscription(
        port.SubscriptionChange(key="c", subscription_id=plan.subscription_id, price_id=lite, at_once=False)
    )
    assert changed.price_id == plan.price_id
    desk.renew(plan.subscription_id)

    assert sandbox.fetch_subscription(plan.subscription_id).price_id == lite
    assert sandbox.bills(plan.subscription_id)[-1].total.minor == 1_900


def test_a_renewal_that_fails_is_tried_for_a_week_and_then_the_plan_ends(sandbox, clock):
    plan = subscribed(sandbox)
    desk.fail_renewal(plan.subscription_id)
    behind = sandbox.fetch_subscription(plan.subscription_id)
    bill = sandbox.bills(plan.subscription_id)[-1]
    assert (behind.status, bill.status, bill.attempts) == (SubscriptionStatus.PAST_DUE, BillStatus.OPEN, 1)
    assert bill.next_attempt_at == behind.period_start + timedelta(days=3)
    assert bill.pay_url.endswith(f"/sandbox-checkout/{bill.bill_id}/")
    clock.advance(days=5)
    sandbox.fetch_subscription(plan.subscription_id)
    assert sandbox.fetch_bill(bill.bill_id).attempts == 3

    clock.advance(days=2)

    assert sandbox.fetch_subscription(plan.subscription_id).status == SubscriptionStatus.ENDED
    assert sandbox.fetch_bill(bill.bill_id).status == BillStatus.VOID


def test_another_card_pays_what_is_owed_on_the_bills_page_or_in_the_portal(sandbox):
    plan = subscribed(sandbox)
    for pay in ("bill", "portal"):
        desk.fail_renewal(plan.subscription_id)
        bill = sandbox.bills(plan.subscription_id)[-1]
        address = (
            bill.pay_url if pay == "bill" else sandbox.portal_url(plan.customer_id, return_url="/credits/settings/")
        )
        pages.hand_in(address.rstrip("/").rpartition("/")[2], "good")

        assert sandbox.fetch_bill(bill.bill_id).status == BillStatus.PAID
        assert sandbox.fetch_subscription(plan.subscription_id).status == SubscriptionStatus.ACTIVE


def test_a_plan_ends_with_its_period_unless_it_is_resumed_and_a_pause_bills_nothing(sandbox, clock):
    plan = subscribed(sandbox)
    sandbox.cancel_subscription(plan.subscription_id, key="1", at_once=False)
    assert not sandbox.resume_subscription(plan.subscription_id, key="2").cancels_at_period_end
    assert sandbox.pause_subscription(plan.subscription_id, key="3").status == SubscriptionStatus.PAUSED
    clock.advance(days=40)
    assert len(sandbox.bills(plan.subscription_id)) == 1
    assert sandbox.resume_subscription(plan.subscription_id, key="4").status == SubscriptionStatus.ACTIVE
    assert len(sandbox.bills(plan.subscription_id)) == 1
    clock.advance(days=31)
    assert len(sandbox.bills(plan.subscription_id)) == 2

    assert sandbox.cancel_subscription(plan.subscription_id, key="5", at_once=False).cancels_at_period_end
    clock.advance(days=40)

    assert sandbox.fetch_subscription(plan.subscription_id).status == SubscriptionStatus.ENDED
    assert len(sandbox.bills(plan.subscription_id)) == 2
    with pytest.raises(ProviderRefused):
        sandbox.resume_subscription(plan.subscription_id, key="6")


def test_a_message_is_believed_when_it_is_signed_and_fresh(sandbox):
    since = core_clock.now()
    paid_for(sandbox)
    event = SandboxEvent.objects.get(name="payment.paid")
    raw, headers = telling.message(event)
    now = core_clock.now()

    read = sandbox.verify(raw, headers, now=now)

    assert (read.event_id, read.kind) == (event.pk, ObjectKind.PAYMENT)
    assert read in list(sandbox.events(since=since))
    for body, signed in ((raw + b" ", headers), (raw, {}), (raw, {telling.HEADER: "t=1,v1=0"})):
        with pytest.raises(Forged):
            sandbox.verify(body, signed, now=now)
    for wrong in (-301, 301):
        with pytest.raises(Stale):
            sandbox.verify(raw, headers, now=now + timedelta(seconds=wrong))


def test_it_takes_no_money_outside_of_development(sandbox, client, settings):
    page = sandbox.start_checkout(an_order()).url
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"debug": False})

    with pytest.raises(ImproperlyConfigured):
        Sandbox()
    with pytest.raises(ImproperlyConfigured):
        sandbox.start_checkout(an_order("other"))
    for address in (page, "/sandbox-checkout/desk/"):
        assert client.get(address).status_code == 404
    assert SandboxObject.objects.filter(kind="checkout").count() == 1


def test_what_there_is_not_is_not_found(sandbox):
    for ask in (
        sandbox.fetch_checkout,
        sandbox.fetch_payment,
        sandbox.fetch_refund,
        sandbox.refunds,
        sandbox.fetch_dispute,
        sandbox.fetch_bill,
        sandbox.fetch_subscription,
        sandbox.fetch_setup,
    ):
        with pytest.raises(NotFound):
            ask("none")


def test_a_buyer_pays_on_its_page_and_comes_back(sandbox, client):
    page = sandbox.start_checkout(an_order())
    assert b"$49.00" in client.get(page.url).content

    refused = client.post(page.url, {"card": "declined"})
    asked = client.post(page.url, {"card": "asks"})
    paid = client.post(f"{page.url}bank/", {"yes": "1"})

    assert (refused.status_code, asked.url, paid.url) == (402, page.url.partition("8000")[2], "/credits/back/")
    assert b"was declined" in refused.content
    assert sandbox.fetch_checkout(page.checkout_id).status == PaymentStatus.PAID


def test_the_desk_does_what_a_bank_would(sandbox, client):
    paid = paid_for(sandbox)
    assert paid.capture_id.encode() in client.get("/sandbox-checkout/desk/").content

    for act in ("dispute", "dispute", "nonsense"):
        client.post("/sandbox-checkout/desk/", {"act": act, "object": paid.capture_id})

    assert SandboxObject.objects.filter(kind="dispute").count() == 1


def test_a_set_up_keeps_a_card_and_takes_nothing(sandbox):
    page = sandbox.start_setup(port.Setup(key="u1", reference="u1", buyer=BUYER, returning=BACK)).checkout_id
    with pytest.raises(ProviderRefused):
        pages.hand_in(page, "declined")
    assert sandbox.fetch_setup(page) is None

    pages.hand_in(page, "good")

    assert sandbox.fetch_setup(page).label == "Test card ending in 4242"
    assert not SandboxObject.objects.filter(kind="payment").exists()
