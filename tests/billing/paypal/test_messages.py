"""What PayPal tells by itself: believed when PayPal says so, and only about which object to fetch."""

import json
from datetime import timedelta

import pytest

from billing.providers.paypal import Credentials, PayPal
from billing.providers.paypal.messages import Messages
from billing.providers.port import Forged, ObjectKind, ProviderUnreachable
from tests.billing.paypal.conftest import paid, subscribed
from tests.billing.paypal.served import CREDENTIALS


@pytest.fixture
def message(desk):
    """The last message of a payment, freshly signed."""
    paid(desk)
    return desk.messages()[-1]


def read(desk, raw, headers):
    return desk.provider.verify(raw, headers, now=desk.now())


def test_a_payment_is_asked_about_by_its_order(desk, message):
    event = read(desk, *message)

    order_id = json.loads(message[0])["resource"]["supplementary_data"]["related_ids"]["order_id"]
    assert (event.name, event.kind, event.object_id) == ("PAYMENT.CAPTURE.COMPLETED", ObjectKind.CHECKOUT, order_id)
    assert desk.provider.fetch_checkout(event.object_id).status == "paid"


def test_a_body_that_is_spelt_anew_is_no_longer_the_one_that_was_signed(desk, message):
    raw, headers = message
    same = json.dumps(json.loads(raw), indent=1).encode()

    assert json.loads(same) == json.loads(raw)
    with pytest.raises(Forged):
        read(desk, same, headers)
    assert read(desk, raw, headers).event_id == json.loads(raw)["id"]


@pytest.mark.parametrize(
    "headers",
    [
        {"paypal-transmission-sig": "AAAA"},
        {"paypal-transmission-sig": ""},
        {"paypal-transmission-id": "another"},
        {"paypal-transmission-id": "x" * 60},
        {"paypal-auth-algo": "none; drop"},
        {"paypal-cert-url": "https://api.paypal.com.example.com/cert"},
        {"paypal-cert-url": "https://example.com/cert"},
        {"paypal-transmission-time": "yesterday"},
        {"paypal-transmission-time": "2026-11-22T18:57:28"},
        {"paypal-transmission-time": ""},
    ],
)
def test_a_header_that_paypal_did_not_send_is_a_forgery(desk, message, headers):
    raw, sent = message

    with pytest.raises(Forged):
        read(desk, raw, sent | headers)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b"\xff\xfe", b'{"id": 1}', b"[" * 50_000, b'{"id":"x"}}'])
def test_what_is_no_message_is_a_forgery_and_paypal_is_not_asked(desk, message, raw):
    _, headers = message
    desk.control.does("breaks")

    with pytest.raises(Forged):
        read(desk, raw, headers)
    assert desk.control.next() == "breaks"


def test_what_was_sent_to_another_webhook_is_a_forgery(desk, message):
    other = Credentials(client_id="stand-in", client_secret="stand-in", webhook_id="2OTHER")
    ours = PayPal(other, now=desk.now, base_url=desk.url)

    with pytest.raises(Forged):
        ours.verify(*message, now=desk.now())
    ours.wire.close()


@pytest.mark.parametrize("does", ["breaks", "limits", "loses_answer"])
def test_where_paypal_cannot_say_it_is_to_send_again(desk, message, does):
    desk.control.does(does)

    with pytest.raises(ProviderUnreachable):
        read(desk, *message)
    assert read(desk, *message).event_id


@pytest.mark.parametrize(
    ("url", "is_theirs"),
    [
        ("https://api.paypal.com/v1/notifications/certs/CERT-1", True),
        ("https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1", True),
        ("http://api.paypal.com/v1/notifications/certs/CERT-1", False),
        ("https://notpaypal.com/c", False),
        ("https://paypal.com.example.com/c", False),
        ("https://paypal.com@example.com/c", False),
    ],
)
def test_certificates_are_paypals(url, is_theirs):
    real = PayPal(CREDENTIALS, now=lambda: pytest.fail("no clock is needed"))

    assert Messages._is_certificate(real, url) == is_theirs
    real.wire.close()


def test_months_ends_and_troubles_name_the_subscription(desk):
    state = subscribed(desk)
    desk.renew(state.subscription_id, pays=False)
    desk.provider.cancel_subscription(state.subscription_id, key="k", at_once=True)

    events = [read(desk, raw, headers) for raw, headers in desk.messages()]

    assert {(event.kind, event.object_id) for event in events} == {(ObjectKind.SUBSCRIPTION, state.subscription_id)}
    assert [event.name.removeprefix("BILLING.SUBSCRIPTION.") for event in events] == [
        "CREATED",
        "ACTIVATED",
        "PAYMENT.SALE.COMPLETED",
        "PAYMENT.FAILED",
        "CANCELLED",
    ]


def test_what_we_do_not_act_upon_is_said_to_be_that(desk):
    desk.fake.account.tell("MERCHANT.ONBOARDING.COMPLETED", "merchant", {"id": "M1"})
    desk.fake.account.tell("CUSTOMER.DISPUTE.CREATED", "dispute", {"id": "without its own field"})

    kinds = [read(desk, raw, headers).kind for raw, headers in desk.messages()]

    assert kinds == [ObjectKind.OTHER, ObjectKind.OTHER]


def test_events_are_listed_over_pages_each_once_and_no_further_back_than_paypal_remembers(desk):
    since = desk.now() - timedelta(seconds=1)
    for _ in range(60):
        desk.fake.account.tell("CHECKOUT.ORDER.APPROVED", "checkout-order", {"id": "O"})
        desk.fake.account.tell("CHECKOUT.ORDER.COMPLETED", "checkout-order", {"id": "O"})
    told = [json.loads(raw)["id"] for raw, _ in desk.messages()]

    found = [event.event_id for event in desk.provider.events(since=since - timedelta(days=400))]

    assert len(told) == 120
    assert len(found) == len(set(found))
    assert set(told) <= set(found)
    desk.advance(days=31)
    assert not set(told) & {event.event_id for event in desk.provider.events(since=since)}


def test_the_balances_lines_are_listed_over_months_when_paypal_lists_them(desk):
    since = desk.now() - timedelta(seconds=1)
    desk.control.lag(3 * 3_600)
    first = paid(desk)
    hidden = list(desk.provider.movements(since=since))
    desk.advance(days=70)
    second = paid(desk, minor=7_100)
    desk.advance(hours=4)

    lines = list(desk.provider.movements(since=since))

    assert hidden == []
    assert [(line.source_id, line.gross.minor) for line in lines] == [
        (first.capture_id, 5_300),
        (second.capture_id, 7_100),
    ]
    assert (lines[0].fee.minor, len({line.movement_id for line in lines})) == (5_300 * 35 // 1_000 + 49, 2)


def test_what_a_lost_dispute_costs_is_its_fee_and_its_lines_name_it(desk):
    since = desk.now() - timedelta(seconds=1)
    state = paid(desk)
    dispute_id = desk.dispute(state.capture_id)
    desk.close_dispute(dispute_id, won=False)

    lost = desk.provider.fetch_dispute(dispute_id)
    lines = [line for line in desk.provider.movements(since=since) if line.kind == "dispute"]

    assert (lost.status, lost.fee.minor, lost.reason) == ("lost", 1_500, "UNAUTHORISED")
    assert lost.evidence_due_at == lost.opened_at + timedelta(days=10)
    assert [(line.source_id, line.gross.minor) for line in lines] == [(dispute_id, -5_300)]
