"""Subscriptions and their bills, as the port promises them of every provider."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from billing.providers.port import (
    BillStatus,
    Money,
    PaymentStatus,
    ProviderRefused,
    Started,
    SubscriptionChange,
    SubscriptionStatus,
)
from tests.billing.contract.conftest import Orders
from tests.billing.contract.desk import Desk, NotHere


def begun(desk: Desk, orders: Orders, *, minor: int = 4_900, **how: int):
    price_id = desk.provider.ensure_price(orders.price(minor))
    order = orders.subscription(price_id, **how)
    started = desk.provider.start_subscription(order)
    assert desk.provider.fetch_started_subscription(started.checkout_id) is None
    desk.pay(started)
    state = desk.provider.fetch_started_subscription(started.checkout_id)
    assert state is not None
    assert state.reference == order.reference
    return state


def change(desk: Desk, state, price_id: str, *, at_once: bool):
    order = SubscriptionChange(
        key=str(uuid4()), subscription_id=state.subscription_id, price_id=price_id, at_once=at_once
    )
    try:
        changed = desk.provider.change_subscription(order)
    except ProviderRefused as refused:
        if refused.code == "unsupported":
            raise NotHere(refused.says) from refused
        raise
    if changed.consent_url:
        desk.pay(Started(checkout_id=state.subscription_id, url=changed.consent_url, expires_at=None))
    return changed


def test_a_price_is_made_once(desk, orders):
    price = orders.price(4_900)

    assert desk.provider.ensure_price(price) == desk.provider.ensure_price(price)


def test_one_code_at_two_amounts_is_two_prices(desk, orders):
    ours = orders.price(4_900)
    theirs = replace(ours, monthly=Money(minor=9_900))

    assert desk.provider.ensure_price(theirs) != desk.provider.ensure_price(ours)


def test_a_subscription_runs_for_a_month_that_was_paid_for(desk, orders):
    state = begun(desk, orders, tax_millipercent=6_250)

    (bill,) = desk.provider.bills(state.subscription_id)

    assert state.status == SubscriptionStatus.ACTIVE
    assert timedelta(days=28) <= state.period_end - state.period_start <= timedelta(days=31)
    assert (state.trial_end, state.cancels_at_period_end) == (None, False)
    assert (bill.status, bill.is_upgrade, bill.price_id) == (BillStatus.PAID, False, state.price_id)
    assert (bill.total, bill.tax) == (Money(minor=5_206), Money(minor=306))
    assert (bill.period_start, bill.period_end) == (state.period_start, state.period_end)
    assert desk.provider.fetch_payment(bill.capture_id).paid == Money(minor=5_206)
    assert desk.provider.fetch_bill(bill.bill_id) == bill
    assert desk.provider.fetch_subscription(state.subscription_id) == state


def test_a_trial_costs_nothing_until_it_ends(desk, orders):
    state = begun(desk, orders, trial_days=14)
    before = [bill for bill in desk.provider.bills(state.subscription_id) if bill.total.minor]

    desk.renew(state.subscription_id, pays=True)

    assert state.status == SubscriptionStatus.TRIALING
    assert state.trial_end == state.period_end == state.period_start + timedelta(days=14)
    assert before == []
    renewed = desk.provider.fetch_subscription(state.subscription_id)
    assert (renewed.status, renewed.period_start) == (SubscriptionStatus.ACTIVE, state.period_end)
    assert desk.provider.bills(state.subscription_id)[-1].total == Money(minor=4_900)


def test_a_renewal_is_a_bill_of_the_period_that_begins(desk, orders):
    state = begun(desk, orders)

    desk.renew(state.subscription_id, pays=True)

    first, second = desk.provider.bills(state.subscription_id)
    assert (first.period_end, second.period_start) == (state.period_end, state.period_end)
    assert (second.status, second.is_upgrade, second.total) == (BillStatus.PAID, False, Money(minor=4_900))
    assert first.capture_id != second.capture_id


def test_a_renewal_that_fails_is_past_due_with_a_page_to_pay_on(desk, orders):
    state = begun(desk, orders)

    desk.renew(state.subscription_id, pays=False)

    late = desk.provider.fetch_subscription(state.subscription_id)
    bill = desk.provider.bills(state.subscription_id)[-1]
    assert late.status == SubscriptionStatus.PAST_DUE
    assert (bill.status, bill.capture_id, bill.attempts) == (BillStatus.OPEN, "", 1)
    assert bill.next_attempt_at > desk.now()
    assert bill.pay_url.startswith("http")


def test_an_upgrade_charges_the_difference_and_counts_at_once(desk, orders):
    state = begun(desk, orders)
    dearer = desk.provider.ensure_price(orders.price(9_900))

    changed = change(desk, state, dearer, at_once=True)

    bill = desk.provider.bills(state.subscription_id)[-1]
    assert (changed.price_id, changed.period_end) == (dearer, state.period_end)
    assert (bill.is_upgrade, bill.status, bill.price_id) == (True, BillStatus.PAID, dearer)
    assert 4_990 <= bill.total.minor <= 5_000
    assert desk.provider.fetch_payment(bill.capture_id).status == PaymentStatus.PAID


def test_an_upgrade_that_is_not_paid_changes_nothing_but_leaves_a_bill(desk, orders):
    state = begun(desk, orders)
    dearer = desk.provider.ensure_price(orders.price(9_900))
    desk.charges_do(state.subscription_id, decline=True)

    changed = change(desk, state, dearer, at_once=True)

    bill = desk.provider.bills(state.subscription_id)[-1]
    assert (changed.price_id, changed.status) == (state.price_id, SubscriptionStatus.ACTIVE)
    assert (bill.is_upgrade, bill.status, bill.capture_id) == (True, BillStatus.OPEN, "")


def test_a_downgrade_counts_from_the_next_period_on(desk, orders):
    state = begun(desk, orders, minor=9_900)
    cheaper = desk.provider.ensure_price(orders.price(4_900))

    changed = change(desk, state, cheaper, at_once=False)
    desk.renew(state.subscription_id, pays=True)

    assert changed.price_id == state.price_id
    assert desk.provider.fetch_subscription(state.subscription_id).price_id == cheaper
    assert [bill.total.minor for bill in desk.provider.bills(state.subscription_id)] == [9_900, 4_900]


def test_a_downgrade_that_is_taken_back_leaves_the_price(desk, orders):
    state = begun(desk, orders, minor=9_900)
    cheaper = desk.provider.ensure_price(orders.price(4_900))
    change(desk, state, cheaper, at_once=False)

    change(desk, state, state.price_id, at_once=False)
    desk.renew(state.subscription_id, pays=True)

    assert desk.provider.bills(state.subscription_id)[-1].total == Money(minor=9_900)


def test_an_upgrade_after_a_downgrade_is_reckoned_from_what_was_paid(desk, orders):
    state = begun(desk, orders, minor=9_900)
    change(desk, state, desk.provider.ensure_price(orders.price(4_900)), at_once=False)
    dearest = desk.provider.ensure_price(orders.price(19_900))

    change(desk, state, dearest, at_once=True)

    assert 9_980 <= desk.provider.bills(state.subscription_id)[-1].total.minor <= 10_000


def test_an_upgrade_that_is_not_paid_takes_a_downgrade_back_all_the_same(desk, orders):
    state = begun(desk, orders, minor=9_900)
    change(desk, state, desk.provider.ensure_price(orders.price(4_900)), at_once=False)
    desk.charges_do(state.subscription_id, decline=True)

    changed = change(desk, state, desk.provider.ensure_price(orders.price(19_900)), at_once=True)
    desk.renew(state.subscription_id, pays=True)

    assert changed.price_id == state.price_id
    assert desk.provider.fetch_subscription(state.subscription_id).price_id == state.price_id
    assert desk.provider.bills(state.subscription_id)[-1].total == Money(minor=9_900)


def test_a_cancelled_subscription_ends_with_its_period_unless_it_is_resumed(desk, orders):
    state = begun(desk, orders)

    cancelled = desk.provider.cancel_subscription(state.subscription_id, key=str(uuid4()), at_once=False)
    resumed = desk.provider.resume_subscription(state.subscription_id, key=str(uuid4()))
    desk.provider.cancel_subscription(state.subscription_id, key=str(uuid4()), at_once=False)
    desk.renew(state.subscription_id, pays=True)

    assert (cancelled.status, cancelled.cancels_at_period_end) == (SubscriptionStatus.ACTIVE, True)
    assert (resumed.status, resumed.cancels_at_period_end) == (SubscriptionStatus.ACTIVE, False)
    assert desk.provider.fetch_subscription(state.subscription_id).status == SubscriptionStatus.ENDED
    assert len(desk.provider.bills(state.subscription_id)) == 1


def test_a_subscription_that_is_ended_at_once_may_be_ended_twice(desk, orders):
    state = begun(desk, orders)

    ended = desk.provider.cancel_subscription(state.subscription_id, key=str(uuid4()), at_once=True)
    again = desk.provider.cancel_subscription(state.subscription_id, key=str(uuid4()), at_once=True)

    assert ended.status == again.status == SubscriptionStatus.ENDED


def test_a_paused_subscription_collects_nothing_until_it_is_resumed(desk, orders):
    state = begun(desk, orders)

    paused = desk.provider.pause_subscription(state.subscription_id, key=str(uuid4()))
    desk.renew(state.subscription_id, pays=True)
    resumed = desk.provider.resume_subscription(state.subscription_id, key=str(uuid4()))

    assert (paused.status, resumed.status) == (SubscriptionStatus.PAUSED, SubscriptionStatus.ACTIVE)
    paid = [bill for bill in desk.provider.bills(state.subscription_id) if bill.status == BillStatus.PAID]
    assert len(paid) == 1


def test_customers_have_a_page_where_they_change_how_they_pay(desk, orders):
    state = begun(desk, orders)

    url = desk.provider.portal_url(state.customer_id, return_url="https://leads.example.com/credits/")

    assert url == "" or url.startswith("http")


@pytest.mark.parametrize("pays", [True, False])
def test_messages_of_a_renewal_name_the_subscription_and_its_bill(desk, orders, pays):
    state = begun(desk, orders)
    desk.messages()

    desk.renew(state.subscription_id, pays=pays)

    about = {desk.provider.verify(raw, headers, now=desk.now()).object_id for raw, headers in desk.messages()}
    assert {state.subscription_id, desk.provider.bills(state.subscription_id)[-1].bill_id} & about
