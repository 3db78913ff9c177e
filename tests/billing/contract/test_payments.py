"""Payments, refunds, disputes and messages, as the port promises them of every provider."""

from dataclasses import replace
from datetime import timedelta

import pytest

from billing.providers.port import (
    DisputeStatus,
    Forged,
    KeyConflict,
    Money,
    MovementKind,
    NotFound,
    ObjectKind,
    PaymentStatus,
    ProviderRefused,
    ProviderUnreachable,
    RefundOrder,
    RefundStatus,
    Stale,
)
from tests.billing.contract.conftest import Orders
from tests.billing.contract.desk import Desk


def paid(desk: Desk, orders: Orders, **how: object):
    order = orders.order(**how)
    started = desk.provider.start_checkout(order)
    desk.pay(started)
    return order, desk.provider.fetch_checkout(started.checkout_id)


def test_a_page_that_nobody_has_paid_on_is_open(desk, orders):
    order = orders.order()
    started = desk.provider.start_checkout(order)

    state = desk.provider.fetch_checkout(started.checkout_id)

    assert started.url.startswith("http")
    assert (state.status, state.reference, state.capture_id) == (PaymentStatus.OPEN, order.reference, "")
    assert (state.paid.minor, state.refunded.minor, state.paid_at) == (0, 0, None)


def test_what_was_ordered_is_what_is_paid_and_it_is_found_under_both_ids(desk, orders):
    order, state = paid(desk, orders)

    again = desk.provider.fetch_payment(state.capture_id)

    assert (state.status, state.reference) == (PaymentStatus.PAID, order.reference)
    assert (state.paid, state.refunded) == (Money(minor=5_300), Money(minor=0))
    assert abs(state.paid_at - desk.now()) < timedelta(minutes=2)
    assert (again.status, again.reference, again.paid) == (state.status, state.reference, state.paid)
    assert again.capture_id == state.capture_id


def test_a_declined_card_leaves_the_page_open_and_another_one_pays(desk, orders):
    started = desk.provider.start_checkout(orders.order())
    desk.decline(started)

    declined = desk.provider.fetch_checkout(started.checkout_id)
    desk.pay(started)

    assert declined.status == PaymentStatus.OPEN
    assert desk.provider.fetch_checkout(started.checkout_id).status == PaymentStatus.PAID


def test_the_same_key_opens_the_same_page_once(desk, orders):
    order = orders.order()

    first, second = desk.provider.start_checkout(order), desk.provider.start_checkout(order)

    assert first.checkout_id == second.checkout_id


def test_another_order_under_a_key_that_was_used_is_refused_and_the_first_stands(desk, orders):
    order, setup = orders.order(), orders.setup()
    price_id = desk.provider.ensure_price(orders.price(4_900))
    plan = orders.subscription(price_id)
    asked = [
        (desk.provider.start_checkout, order, replace(order, total=Money(minor=9_900))),
        (
            desk.provider.start_setup,
            setup,
            replace(setup, returning=replace(setup.returning, done_url="https://example.com/x/")),
        ),
        (desk.provider.start_subscription, plan, replace(plan, trial_days=7)),
    ]
    for start, first, other in asked:
        started = start(first)

        with pytest.raises(KeyConflict):
            start(other)

        assert start(first) == started


def test_an_answer_that_was_lost_is_given_to_the_same_key_later(desk, orders):
    order = orders.order()
    desk.lose_answers()

    with pytest.raises(ProviderUnreachable) as lost:
        desk.provider.start_checkout(order)
    started = desk.provider.start_checkout(order)

    assert lost.value.may_have_acted
    assert desk.provider.fetch_checkout(started.checkout_id).reference == order.reference


def test_a_closed_page_takes_no_money_and_may_be_closed_twice(desk, orders):
    started = desk.provider.start_checkout(orders.order())
    desk.provider.expire_checkout(started.checkout_id)
    desk.provider.expire_checkout(started.checkout_id)

    desk.pay(started)

    assert desk.provider.fetch_checkout(started.checkout_id).status == PaymentStatus.EXPIRED


def test_closing_a_page_that_was_paid_changes_nothing(desk, orders):
    started = desk.provider.start_checkout(orders.order())
    desk.pay(started)

    desk.provider.expire_checkout(started.checkout_id)

    assert desk.provider.fetch_checkout(started.checkout_id).status == PaymentStatus.PAID


@pytest.mark.parametrize(("comes", "becomes"), [(True, PaymentStatus.PAID), (False, PaymentStatus.FAILED)])
def test_slow_money_is_on_its_way_until_it_comes_or_does_not(desk, orders, comes, becomes):
    started = desk.provider.start_checkout(orders.order())
    desk.pay_slowly(started)

    pending = desk.provider.fetch_checkout(started.checkout_id)
    desk.settle(pending.capture_id, comes=comes)

    assert pending.status == PaymentStatus.PENDING
    assert pending.paid.minor == 0
    state = desk.provider.fetch_checkout(started.checkout_id)
    assert (state.status, state.paid.minor) == (becomes, 5_300 if comes else 0)


def kept(desk: Desk, orders: Orders):
    started = desk.provider.start_setup(orders.setup())
    assert desk.provider.fetch_setup(started.checkout_id) is None
    desk.pay(started)
    method = desk.provider.fetch_setup(started.checkout_id)
    assert method is not None
    return method


def test_a_kept_way_of_paying_is_charged_once_under_one_key(desk, orders):
    method = kept(desk, orders)
    charge = orders.charge(method.customer_id, method.method_id)
    desk.lose_answers()

    with pytest.raises(ProviderUnreachable):
        desk.provider.charge(charge)
    first, second = desk.provider.charge(charge), desk.provider.charge(charge)

    assert (first.status, first.paid, first.reference) == (PaymentStatus.PAID, Money(minor=2_500), charge.reference)
    assert second.capture_id == first.capture_id
    since = desk.now() - timedelta(hours=1)
    assert [line.gross.minor for line in desk.provider.movements(since=since)].count(2_500) == 1


def test_a_kept_way_of_paying_that_is_declined_is_refused_with_a_sentence(desk, orders):
    method = kept(desk, orders)
    desk.charges_do(method.method_id, decline=True)

    with pytest.raises(ProviderRefused) as refused:
        desk.provider.charge(orders.charge(method.customer_id, method.method_id))

    assert refused.value.code
    assert refused.value.says.endswith(".")


def test_a_page_that_keeps_the_way_of_paying_tells_it_once_it_is_paid(desk, orders):
    _, state = paid(desk, orders, saves_method=True)

    again = desk.provider.charge(orders.charge(state.method.customer_id, state.method.method_id))

    assert state.method.label
    assert again.status == PaymentStatus.PAID


def test_parts_go_back_until_nothing_is_left(desk, orders):
    _, state = paid(desk, orders)
    first = RefundOrder(key="a", reference="r-1", capture_id=state.capture_id, amount=Money(minor=5_000))
    first = replace(first, key=f"{state.capture_id}:1")

    made = desk.provider.refund(first)
    again = desk.provider.refund(first)
    with pytest.raises(ProviderRefused):
        desk.provider.refund(replace(first, key=f"{state.capture_id}:2", amount=Money(minor=301)))
    at_the_desk = desk.refund(state.capture_id, 300)

    assert made.refund_id == again.refund_id
    assert (made.reference, made.capture_id, made.amount) == ("r-1", state.capture_id, Money(minor=5_000))
    assert desk.provider.fetch_refund(made.refund_id).status == RefundStatus.SUCCEEDED
    found = desk.provider.refunds(state.capture_id)
    assert [(one.refund_id, one.reference, one.amount.minor) for one in found] == [
        (made.refund_id, "r-1", 5_000),
        (at_the_desk, "", 300),
    ]
    assert desk.provider.fetch_payment(state.capture_id).refunded == Money(minor=5_300)


@pytest.mark.parametrize(("won", "becomes"), [(True, DisputeStatus.WON), (False, DisputeStatus.LOST)])
def test_a_dispute_is_open_until_the_bank_decides(desk, orders, won, becomes):
    _, state = paid(desk, orders)

    dispute_id = desk.dispute(state.capture_id)
    opened = desk.provider.fetch_dispute(dispute_id)
    desk.close_dispute(dispute_id, won=won)

    assert (opened.status, opened.capture_id) == (DisputeStatus.OPEN, state.capture_id)
    assert (opened.amount, opened.amount.currency) == (Money(minor=5_300), "USD")
    assert abs(opened.opened_at - desk.now()) < timedelta(minutes=2)
    assert desk.provider.fetch_dispute(dispute_id).status == becomes


def test_what_there_is_not_is_not_found(desk):
    ask = desk.provider
    calls = (ask.fetch_checkout, ask.fetch_payment, ask.fetch_refund, ask.fetch_dispute, ask.fetch_subscription)
    for fetch in (*calls, ask.fetch_bill):
        with pytest.raises(NotFound):
            fetch("nothing_of_the_kind")


def test_messages_name_the_objects_that_they_are_about(desk, orders):
    desk.messages()
    _, state = paid(desk, orders)
    refund_id = desk.refund(state.capture_id, 100)
    dispute_id = desk.dispute(state.capture_id)

    read = [desk.provider.verify(raw, headers, now=desk.now()) for raw, headers in desk.messages()]

    about = {(event.kind, event.object_id) for event in read}
    assert {(ObjectKind.REFUND, refund_id), (ObjectKind.DISPUTE, dispute_id)} <= about
    assert {ObjectKind.CHECKOUT, ObjectKind.PAYMENT} & {kind for kind, _ in about}
    assert len({event.event_id for event in read}) == len(read)


def test_messages_that_are_forged_or_too_old_or_too_new_are_refused(desk, orders):
    desk.messages()
    paid(desk, orders)
    raw, headers = desk.messages()[-1]

    for by in (timedelta(seconds=301), -timedelta(seconds=301)):
        with pytest.raises(Stale):
            desk.provider.verify(raw, headers, now=desk.now() + by)
    with pytest.raises(Forged):
        desk.provider.verify(raw.replace(b"USD", b"EUR").replace(b"usd", b"eur") + b" ", headers, now=desk.now())
    with pytest.raises(Forged):
        desk.provider.verify(raw, {}, now=desk.now())
    assert desk.provider.verify(raw, headers, now=desk.now() + timedelta(seconds=295)).event_id


def test_what_happened_can_be_asked_for_oldest_first(desk, orders):
    since = desk.now() - timedelta(minutes=1)
    _, state = paid(desk, orders)
    told = {desk.provider.verify(raw, headers, now=desk.now()).event_id for raw, headers in desk.messages()}

    found = list(desk.provider.events(since=since))

    assert told <= {event.event_id for event in found}
    assert [event.occurred_at for event in found] == sorted(event.occurred_at for event in found)
    assert state.capture_id


def test_each_payment_refund_and_dispute_is_a_line_of_the_balance(desk, orders):
    since = desk.now() - timedelta(minutes=1)
    _, refunded = paid(desk, orders)
    refund_id = desk.refund(refunded.capture_id, 1_000)
    _, disputed = paid(desk, orders, minor=7_100)
    dispute_id = desk.dispute(disputed.capture_id)

    lines = {(line.kind, line.source_id): line for line in desk.provider.movements(since=since)}

    assert lines[MovementKind.PAYMENT, refunded.capture_id].gross == Money(minor=5_300)
    assert lines[MovementKind.PAYMENT, disputed.capture_id].gross == Money(minor=7_100)
    assert lines[MovementKind.REFUND, refund_id].gross == Money(minor=-1_000)
    assert lines[MovementKind.DISPUTE, dispute_id].gross == Money(minor=-7_100)
    assert lines[MovementKind.PAYMENT, refunded.capture_id].fee.minor > 0
