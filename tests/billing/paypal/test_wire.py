"""How PayPal is asked: tokens, lines that break, and which answer means what."""

import socket

import pytest

from billing.providers.paypal import PayPal, is_address
from billing.providers.port import (
    NotFound,
    PaymentStatus,
    ProviderMisunderstood,
    ProviderRefused,
    ProviderUnreachable,
    RefundOrder,
)
from tests.billing.paypal.conftest import an_order, paid, started
from tests.billing.paypal.served import CREDENTIALS


def test_a_token_is_asked_for_once_and_again_when_paypal_ended_it_early(desk):
    desk.provider.wire._begin()
    before = desk.fake.tokens_given
    opened = started(desk)
    desk.provider.fetch_checkout(opened.checkout_id)
    once = desk.fake.tokens_given - before
    desk.control.end_tokens()

    state = desk.provider.fetch_checkout(opened.checkout_id)

    assert state.status == PaymentStatus.OPEN
    assert (once, desk.fake.tokens_given - before) == (1, 2)


def test_an_order_whose_capture_was_lost_on_its_way_back_takes_the_money_once(desk):
    opened = started(desk)
    desk.pay(opened)
    desk.control.does("well")
    desk.control.does("loses_answer")

    with pytest.raises(ProviderUnreachable) as lost:
        desk.provider.fetch_checkout(opened.checkout_id)
    state = desk.provider.fetch_checkout(opened.checkout_id)

    assert lost.value.may_have_acted
    assert (state.status, state.paid.minor) == (PaymentStatus.PAID, 5_300)
    mine = [one for one in desk.fake.account.captures.values() if one["custom_id"] == state.reference]
    assert len(mine) == 1


@pytest.mark.parametrize(
    ("does", "error", "may_have_acted"),
    [
        ("breaks", ProviderUnreachable, True),
        ("breaks_after", ProviderUnreachable, True),
        ("loses_answer", ProviderUnreachable, True),
        ("conflicts", ProviderUnreachable, True),
        ("limits", ProviderUnreachable, False),
        ("mumbles", ProviderMisunderstood, None),
    ],
)
def test_an_answer_that_does_not_count_is_told_from_a_refusal_and_the_same_key_acts_once(
    desk, does, error, may_have_acted
):
    state = paid(desk)
    order = RefundOrder(key=f"{state.reference}:r", reference="r", capture_id=state.capture_id, amount=state.paid)
    desk.control.does("well", calls=2)
    desk.control.does(does)

    with pytest.raises(error) as refused:
        desk.provider.refund(order)
    made = desk.provider.refund(order)

    assert getattr(refused.value, "may_have_acted", None) == may_have_acted
    assert [one.refund_id for one in desk.provider.refunds(state.capture_id)] == [made.refund_id]


def test_a_refund_is_found_after_paypal_forgot_its_key(desk):
    state = paid(desk)
    half = RefundOrder(key=f"{state.reference}:r", reference="r", capture_id=state.capture_id, amount=state.paid)
    made = desk.provider.refund(half)
    desk.advance(days=46)

    again = desk.provider.refund(half)

    assert again.refund_id == made.refund_id
    assert desk.provider.fetch_payment(state.capture_id).refunded == state.paid


def test_nobody_there_is_a_request_that_never_left():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    asked = PayPal(CREDENTIALS, now=lambda: pytest.fail("no clock is needed"), base_url=f"http://127.0.0.1:{port}")

    with pytest.raises(ProviderUnreachable) as refused:
        asked.start_checkout(an_order())

    assert not refused.value.may_have_acted
    asked.wire.close()


@pytest.mark.parametrize(
    ("url", "is_ours"),
    [
        ("https://api-m.paypal.com", True),
        ("https://api-m.sandbox.paypal.com", True),
        ("http://127.0.0.1:8097", True),
        ("http://[::1]:8097", True),
        ("http://api-m.paypal.com", False),
        ("https://api-m.paypal.com.example.com", False),
        ("http://localhost.example.com", False),
        ("http://10.0.0.7", False),
        ("", False),
    ],
)
def test_nobody_but_paypal_and_this_machine_gets_the_secret(url, is_ours):
    assert is_address(url) == is_ours
    if not is_ours:
        with pytest.raises(ValueError, match="PAYPAL_API_BASE"):
            PayPal(CREDENTIALS, now=lambda: pytest.fail("no clock is needed"), base_url=url)


def test_an_approved_order_whose_bank_declines_may_be_approved_again_and_is_not_asked_twice_meanwhile(desk):
    opened = started(desk)
    desk.decline(opened)

    first, second = (desk.provider.fetch_checkout(opened.checkout_id) for _ in range(2))
    desk.pay(opened)
    third = desk.provider.fetch_checkout(opened.checkout_id)

    assert (first.status, first.code) == (PaymentStatus.OPEN, "INSTRUMENT_DECLINED")
    assert first.says.startswith("PayPal declined")
    assert second == first
    assert (third.status, third.code) == (PaymentStatus.PAID, "")


def test_an_order_that_nobody_approved_is_forgotten_and_may_still_be_closed(desk):
    opened = started(desk)
    desk.advance(hours=7)

    with pytest.raises(NotFound):
        desk.provider.fetch_checkout(opened.checkout_id)
    desk.provider.expire_checkout(opened.checkout_id)

    desk.advance(days=1)
    assert opened.checkout_id not in desk.fake.account.captures


def test_more_than_was_paid_does_not_go_back(desk):
    state = paid(desk)
    lines = len(desk.fake.account.lines)
    more = RefundOrder(
        key=f"{state.reference}:r", reference="r", capture_id=state.capture_id, amount=an_order(minor=5_301).total
    )

    with pytest.raises(ProviderRefused) as refused:
        desk.provider.refund(more)

    assert refused.value.code == "REFUND_AMOUNT_EXCEEDED"
    assert len(desk.fake.account.lines) == lines
