"""Subscriptions at PayPal as periods and bills, where the contract's suite does not look."""

from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

import pytest

from billing.providers.port import (
    BillStatus,
    Money,
    NotFound,
    Price,
    ProviderRefused,
    RefundOrder,
    RefundStatus,
    Started,
    SubscriptionChange,
    SubscriptionStatus,
)
from tests.billing.paypal.conftest import priced, subscribed


def changed(desk, state, price_id, *, at_once=False):
    order = SubscriptionChange(
        key=str(uuid4()), subscription_id=state.subscription_id, price_id=price_id, at_once=at_once
    )
    return desk.provider.change_subscription(order)


def agree(desk, state):
    desk.pay(Started(checkout_id=state.subscription_id, url="", expires_at=None))


def test_a_difference_within_a_month_is_refused_with_what_to_do_and_nothing_changes(desk):
    state = subscribed(desk)

    with pytest.raises(ProviderRefused) as refused:
        changed(desk, state, priced(desk, 9_900), at_once=True)

    assert refused.value.code == "unsupported"
    assert "next month" in refused.value.says
    assert desk.provider.fetch_subscription(state.subscription_id) == state


def test_a_change_waits_for_the_buyer_and_then_for_the_month_and_keeps_the_tax(desk):
    state = subscribed(desk, tax=8_875)
    dearer = priced(desk, 9_900)

    asked = changed(desk, state, dearer)
    unasked = desk.fake.account.subscriptions[state.subscription_id]["plan_id"]
    agree(desk, state)
    agreed = desk.provider.fetch_subscription(state.subscription_id)
    desk.renew(state.subscription_id, pays=True)

    assert asked.consent_url.startswith(f"{desk.url}/webapps/billing/subscriptions/update")
    assert (asked.reference, agreed.reference) == (state.reference, state.reference)
    assert (asked.price_id, unasked, agreed.price_id) == (state.price_id, state.price_id, state.price_id)
    assert desk.provider.fetch_subscription(state.subscription_id).price_id == dearer
    first, second = desk.provider.bills(state.subscription_id)
    assert (first.price_id, first.total, first.tax) == (state.price_id, Money(minor=5_335), Money(minor=435))
    assert (second.price_id, second.total, second.tax) == (dearer, Money(minor=10_779), Money(minor=879))


def test_a_month_that_fails_is_one_bill_from_the_first_attempt_to_the_payment(desk):
    state = subscribed(desk)
    desk.renew(state.subscription_id, pays=False)
    failed = desk.provider.bills(state.subscription_id)[-1]
    desk.renew(state.subscription_id, pays=False)
    again = desk.provider.bills(state.subscription_id)[-1]

    desk.renew(state.subscription_id, pays=True)

    late = desk.provider.bills(state.subscription_id)[-1]
    assert (failed.status, again.status, late.status) == (BillStatus.OPEN, BillStatus.OPEN, BillStatus.PAID)
    assert (failed.attempts, again.attempts, late.attempts) == (1, 2, 3)
    assert failed.bill_id == again.bill_id == late.bill_id
    assert (late.period_start, late.capture_id != "") == (state.period_end, True)
    recovered = desk.provider.fetch_subscription(state.subscription_id)
    assert (recovered.status, recovered.period_start) == (SubscriptionStatus.ACTIVE, state.period_end)


def test_a_month_that_nobody_paid_is_void_once_the_next_is_paid_or_all_is_over(desk):
    state = subscribed(desk)
    for _ in range(3):
        desk.renew(state.subscription_id, pays=False)
    owed = desk.provider.fetch_subscription(state.subscription_id)
    desk.renew(state.subscription_id, pays=True)
    paid = desk.provider.bills(state.subscription_id)
    desk.renew(state.subscription_id, pays=False)
    desk.provider.cancel_subscription(state.subscription_id, key="k", at_once=True)

    assert owed.status == SubscriptionStatus.PAST_DUE
    assert owed.period_end == state.period_end
    assert [bill.status for bill in paid] == [BillStatus.PAID, BillStatus.VOID, BillStatus.PAID]
    assert [bill.status for bill in desk.provider.bills(state.subscription_id)][-1] == BillStatus.VOID


def test_what_the_buyer_ended_at_paypal_runs_to_the_end_of_its_month_and_cannot_be_taken_back(desk):
    state = subscribed(desk)
    desk.control.cancel(state.subscription_id)

    ending = desk.provider.fetch_subscription(state.subscription_id)
    with pytest.raises(ProviderRefused) as refused:
        desk.provider.resume_subscription(state.subscription_id, key="k")
    desk.advance(days=32)

    assert (ending.status, ending.cancels_at_period_end) == (SubscriptionStatus.ACTIVE, True)
    assert refused.value.code == "SUBSCRIPTION_STATUS_INVALID"
    assert desk.provider.fetch_subscription(state.subscription_id).status == SubscriptionStatus.ENDED


def test_what_ends_with_its_month_is_cancelled_at_paypal_when_the_month_is_over(desk):
    state = subscribed(desk)
    desk.provider.cancel_subscription(state.subscription_id, key="k", at_once=False)
    before = desk.fake.account.subscriptions[state.subscription_id]["status"]
    desk.advance(days=32)

    ended = desk.provider.fetch_subscription(state.subscription_id)

    assert (before, ended.status) == ("SUSPENDED", SubscriptionStatus.ENDED)
    assert desk.fake.account.subscriptions[state.subscription_id]["status"] == "CANCELLED"


def test_a_pause_may_become_an_end_and_what_runs_is_not_started_twice(desk):
    state = subscribed(desk)
    paused = desk.provider.pause_subscription(state.subscription_id, key="1")
    again = desk.provider.pause_subscription(state.subscription_id, key="2")

    ending = desk.provider.cancel_subscription(state.subscription_id, key="3", at_once=False)
    resumed = [desk.provider.resume_subscription(state.subscription_id, key=key) for key in ("4", "5")]

    assert paused == again
    assert (paused.status, ending.status) == (SubscriptionStatus.PAUSED, SubscriptionStatus.ACTIVE)
    assert (ending.cancels_at_period_end, [one.status for one in resumed]) == (True, ["active", "active"])
    assert len(desk.provider.bills(state.subscription_id)) == 1


def test_nothing_has_begun_before_paypal_took_the_first_month(desk):
    state = subscribed(desk, trial_days=7)
    desk.renew(state.subscription_id, pays=False)

    late = desk.provider.fetch_subscription(state.subscription_id)

    assert (late.status, late.period_end) == (SubscriptionStatus.PAST_DUE, state.trial_end)
    assert [bill.status for bill in desk.provider.bills(state.subscription_id)] == [BillStatus.OPEN]


def test_a_year_of_months_is_a_year_of_bills(desk):
    state = subscribed(desk)
    for _ in range(13):
        desk.renew(state.subscription_id, pays=True)

    bills = desk.provider.bills(state.subscription_id)

    assert len({bill.bill_id for bill in bills}) == len({bill.capture_id for bill in bills}) == 14
    assert all(one.period_end == other.period_start for one, other in pairwise(bills))
    assert desk.provider.fetch_bill(bills[5].bill_id) == bills[5]
    with pytest.raises(NotFound):
        desk.provider.fetch_bill(f"{state.subscription_id}:20200101")


def test_a_months_payment_goes_back_and_is_found_once_paypal_lists_it(desk):
    state = subscribed(desk)
    (bill,) = desk.provider.bills(state.subscription_id)
    order = RefundOrder(key=f"{bill.bill_id}:r", reference="r-1", capture_id=bill.capture_id, amount=bill.total)
    desk.control.lag(3 * 3_600)

    made = desk.provider.refund(order)
    hidden = desk.provider.refunds(bill.capture_id)
    again = desk.provider.refund(order)
    desk.advance(hours=4)

    assert (made.status, made.reference, hidden) == (RefundStatus.SUCCEEDED, "r-1", [])
    assert again.refund_id == made.refund_id
    assert desk.provider.refunds(bill.capture_id) == [made]
    assert desk.provider.fetch_payment(bill.capture_id).refunded == bill.total
    assert desk.provider.bills(state.subscription_id)[0].status == BillStatus.PAID


def test_a_plan_is_found_again_after_paypal_forgot_its_key(desk):
    price = Price(code=f"pro-{uuid4().hex[:8]}", name="Pro", monthly=Money(minor=4_900))
    first = desk.provider.ensure_price(price)
    desk.advance(seconds=timedelta(days=4).total_seconds())

    assert desk.provider.ensure_price(price) == first
