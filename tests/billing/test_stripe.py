"""What is Stripe's alone: its signatures, its failures, its ways with keys, pages, disputes and late bills."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
import stripe
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from billing.providers import stripe_messages
from billing.providers.fakes.stripe import __main__ as stand_in
from billing.providers.fakes.stripe import objects, shapes
from billing.providers.port import (
    BillStatus,
    DisputeStatus,
    Forged,
    NotFound,
    ObjectKind,
    PaymentStatus,
    ProviderMisunderstood,
    ProviderRefused,
    ProviderUnreachable,
    Stale,
    SubscriptionChange,
    SubscriptionStatus,
)
from billing.providers.stripe import Stripe
from scraping.demo.server import HOST, listen, running
from tests.billing.contract.conftest import Orders
from tests.billing.stripe_stand_in import KEY, SECRETS, StripeServed, stripe_served

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
RAW = (
    b'{"id":"evt_1","type":"refund.created","created":1795348800,"data":{"object":{"object":"refund","id":"re_1"}}}'
)
DAY_SECONDS = 86_400


@pytest.fixture(scope="module")
def served() -> Iterator[StripeServed]:
    with stripe_served() as served:
        yield served


@pytest.fixture
def orders() -> Orders:
    return Orders()


def paid(served: StripeServed, orders: Orders) -> str:
    started = served.provider.start_checkout(orders.order())
    return served.fake.control.pay(started.checkout_id)["payment_intent"]


def begun(served: StripeServed, orders: Orders):
    price_id = served.provider.ensure_price(orders.price(4_900))
    started = served.provider.start_subscription(orders.subscription(price_id))
    return served.provider.fetch_subscription(served.fake.control.pay(started.checkout_id)["subscription"])


def signed(raw: bytes = RAW, *, secret: str = SECRETS[0], at: datetime = NOW) -> str:
    seconds = int(at.timestamp())
    return f"t={seconds},v1={stripe_messages.signature(raw, secret=secret, at=seconds)}"


def test_the_version_that_is_pinned_is_the_sdks_and_the_stand_ins(settings):
    assert settings.STRIPE_API_VERSION == stripe.api_version == objects.API_VERSION


# Messages


def test_each_of_two_secrets_may_sign_while_one_takes_the_others_place():
    for secret in SECRETS:
        event = stripe_messages.verify(RAW, signed(secret=secret), secrets=SECRETS, now=NOW)
        assert (event.event_id, event.kind, event.object_id) == ("evt_1", ObjectKind.REFUND, "re_1")


def test_one_good_signature_among_others_will_do():
    header = signed().replace(",v1=", ",v1=00ff,v0=abc,v1=")

    assert stripe_messages.verify(RAW, header, secrets=SECRETS, now=NOW).event_id == "evt_1"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=1795348800",
        "v1=abc",
        signed().replace("v1=", "v0="),
        signed(secret="whsec_of_somebody_else"),
        signed(b"{}"),
        f"t=1,{signed()}",
        signed().replace("t=1", "t=-1"),
        "t=99999999999999,v1=aa",
        "t=1795348800,v1=\xe9",
        "t=\u0661,v1=aa",
        "=,=,=",
    ],
)
def test_what_no_secret_of_ours_signed_is_forged(header):
    with pytest.raises(Forged):
        stripe_messages.verify(RAW, header, secrets=SECRETS, now=NOW)


def test_without_a_secret_of_ours_everything_is_forged():
    with pytest.raises(Forged):
        stripe_messages.verify(RAW, signed(secret=""), secrets=["", ""], now=NOW)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"id": 1, "data": null}', b'{"data": {"object": "x"}}'])
def test_a_signed_message_that_is_no_event_is_misunderstood(raw):
    with pytest.raises(ProviderMisunderstood):
        stripe_messages.verify(raw, signed(raw), secrets=SECRETS, now=NOW)


@pytest.mark.parametrize(
    ("thing", "about"),
    [
        ({"object": "charge", "id": "ch_1", "payment_intent": "pi_1"}, (ObjectKind.PAYMENT, "pi_1")),
        ({"object": "charge", "id": "ch_1", "payment_intent": None}, (ObjectKind.OTHER, "")),
        ({"object": "checkout.session", "id": "cs_1", "mode": "payment"}, (ObjectKind.CHECKOUT, "cs_1")),
        ({"object": "checkout.session", "id": "cs_1", "mode": "setup"}, (ObjectKind.SETUP, "cs_1")),
        (
            {"object": "checkout.session", "id": "cs_1", "mode": "subscription", "subscription": "sub_1"},
            (ObjectKind.SUBSCRIPTION, "sub_1"),
        ),
        ({"object": "dispute", "id": "du_1", "status": "needs_response"}, (ObjectKind.DISPUTE, "du_1")),
        ({"object": "dispute", "id": "du_1", "status": "warning_needs_response"}, (ObjectKind.OTHER, "du_1")),
        ({"object": "invoice", "id": "in_1"}, (ObjectKind.BILL, "in_1")),
        ({"object": "payout", "id": "po_1"}, (ObjectKind.OTHER, "po_1")),
    ],
)
def test_an_event_is_about_the_object_that_is_to_be_fetched(thing, about):
    event = stripe_messages.event({"id": "evt_1", "type": "x", "created": 1, "data": {"object": thing}})

    assert (event.kind, event.object_id) == about


# Failures


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1:1", "http://stripe.example.com", "http://10.0.0.1:80", "ftp://x"]
)
def test_no_other_address_than_this_machines_takes_stripes_place(url):
    with pytest.raises(ValueError, match="this machine"):
        Stripe(KEY, webhook_secrets=SECRETS, api_base=url)


@pytest.mark.parametrize(
    ("does", "calls", "may_have_acted"), [("breaks", 2, True), ("conflicts", 2, True), ("limits", 1, False)]
)
def test_no_answer_that_counts_is_asked_for_again_with_the_same_key(served, orders, does, calls, may_have_acted):
    order = orders.order()
    served.fake.control.does(does, calls=calls)

    with pytest.raises(ProviderUnreachable) as failed:
        served.provider.start_checkout(order)

    assert failed.value.may_have_acted is may_have_acted
    assert served.provider.start_checkout(order).checkout_id == served.provider.start_checkout(order).checkout_id


def test_an_error_that_stripe_keeps_under_a_key_stays_until_another_key(served, orders):
    order = orders.order()
    served.fake.control.does("breaks_for_good")

    for _ in range(2):
        with pytest.raises(ProviderUnreachable):
            served.provider.start_checkout(order)


def test_who_is_not_there_cannot_have_acted(orders):
    with listen(0) as listening:
        port = listening.getsockname()[1]

    with pytest.raises(ProviderUnreachable) as failed:
        Stripe(KEY, webhook_secrets=SECRETS, api_base=f"http://{HOST}:{port}").start_checkout(orders.order())

    assert not failed.value.may_have_acted


def test_an_answer_of_another_kind_and_a_wrong_key_are_misunderstood(served, orders):
    served.fake.control.does("mumbles")
    with pytest.raises(ProviderMisunderstood):
        served.provider.start_checkout(orders.order())
    with pytest.raises(ProviderMisunderstood):
        Stripe("pk_live_wrong", webhook_secrets=SECRETS, api_base=served.url).fetch_checkout("cs_1")


def test_a_key_that_was_used_for_something_else_is_a_defect_of_ours(served, orders):
    order = orders.order()
    served.provider.start_checkout(order)
    other = orders.order(minor=9_900)

    with pytest.raises(ProviderMisunderstood):
        served.provider.start_checkout(type(other)(**{**_fields(other), "key": order.key}))


def _fields(order) -> dict[str, object]:
    return {name: getattr(order, name) for name in order.__slots__}


def test_a_card_whose_bank_wants_its_owner_is_refused(served, orders):
    started = served.provider.start_setup(orders.setup())
    served.fake.control.pay(started.checkout_id)
    method = served.provider.fetch_setup(started.checkout_id)
    served.fake.control.charges_do(method.method_id, "authentication_required")

    with pytest.raises(ProviderRefused) as refused:
        served.provider.charge(orders.charge(method.customer_id, method.method_id))

    assert method.label == "Visa ending in 4242"
    assert refused.value.code == "authentication_required"


# Objects


def test_a_banks_question_takes_no_money_and_no_dispute_is_made_of_it(served, orders):
    intent = paid(served, orders)
    served.fake.control.forget_messages()

    dispute_id = served.fake.control.dispute(intent, is_inquiry=True)

    ((raw, headers),) = served.fake.control.messages()
    now = datetime.fromtimestamp(served.fake.account.now(), UTC)
    assert served.provider.verify(raw, headers, now=now).kind == ObjectKind.OTHER
    assert served.provider.fetch_dispute(dispute_id).status == DisputeStatus.WON


def test_a_dispute_tells_its_fee_and_its_last_day(served, orders):
    state = served.provider.fetch_dispute(served.fake.control.dispute(paid(served, orders)))

    assert (state.fee.minor, state.reason) == (1_500, "fraudulent")
    assert state.evidence_due_at - state.opened_at == timedelta(days=9)


def test_a_cancellation_on_stripes_own_page_is_seen_and_can_be_taken_back(served, orders):
    state = begun(served, orders)

    served.fake.control.cancel_at_stripe(state.subscription_id)

    assert served.provider.fetch_subscription(state.subscription_id).cancels_at_period_end
    resumed = served.provider.resume_subscription(state.subscription_id, key=str(uuid4()))
    assert not resumed.cancels_at_period_end


def test_a_renewal_that_stays_unpaid_is_tried_after_three_days_and_seven_and_ends_the_plan(served, orders):
    state = begun(served, orders)
    served.fake.control.renew(state.subscription_id, pays=False)

    tried = [served.provider.bills(state.subscription_id)[-1]]
    for days in (3, 4):
        served.fake.control.advance(days * DAY_SECONDS)
        tried.append(served.provider.bills(state.subscription_id)[-1])

    assert [bill.attempts for bill in tried] == [1, 2, 3]
    assert tried[1].next_attempt_at - tried[0].next_attempt_at == timedelta(days=4)
    assert tried[-1].next_attempt_at is None
    assert served.provider.fetch_subscription(state.subscription_id).status == SubscriptionStatus.ENDED


def test_a_late_bill_is_paid_on_its_page_and_the_plan_goes_on(served, orders):
    state = begun(served, orders)
    served.fake.control.renew(state.subscription_id, pays=False)
    bill = served.provider.bills(state.subscription_id)[-1]

    declined = httpx.post(bill.pay_url, data={"outcome": "card_declined"})
    paid_page = httpx.post(bill.pay_url, data={"outcome": ""})

    assert "Your card was declined." in declined.text
    assert "This invoice is paid." in paid_page.text
    assert served.provider.fetch_bill(bill.bill_id).status == BillStatus.PAID
    assert served.provider.fetch_subscription(state.subscription_id).status == SubscriptionStatus.ACTIVE


@pytest.mark.parametrize(("hours", "status"), [(22, BillStatus.OPEN), (23, BillStatus.VOID)])
def test_an_upgrade_waits_a_day_for_its_payment(served, orders, hours, status):
    state = begun(served, orders)
    told = served.fake.account.get(state.subscription_id)
    served.fake.control.charges_do(told["default_payment_method"], "card_declined")
    dearer = served.provider.ensure_price(orders.price(9_900))
    change = SubscriptionChange(
        key=str(uuid4()), subscription_id=state.subscription_id, price_id=dearer, at_once=True
    )
    served.provider.change_subscription(change)

    served.fake.control.advance(hours * 3_600)

    bill = served.provider.bills(state.subscription_id)[-1]
    assert bill.status == status
    served.fake.control.pay_bill(bill.bill_id)
    became = served.provider.fetch_subscription(state.subscription_id).price_id
    assert became == (dearer if status == BillStatus.OPEN else state.price_id)


# The stand-in itself


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ({"mode": "paymnt"}, "mode"),
        ({"mode": "payment", "nonsense": "1"}, "nonsense"),
        ({"mode": "payment", "line_items": [{"quantity": "many"}]}, "line_items[0][quantity]"),
    ],
)
def test_the_stand_in_takes_no_request_that_the_sdk_has_no_words_for(asked, place):
    with pytest.raises(shapes.Misshapen) as refused:
        shapes.demand("checkout.SessionCreateParams", asked)

    assert refused.value.place == place


def test_the_stand_in_gives_no_answer_that_the_sdk_has_no_class_for():
    refund = {"id": "re_1", "object": "refund", "amount": 1, "created": 1, "currency": "usd"}

    assert shapes.answer(refund)["failure_reason"] is None
    for wrong in ({"amount": "x"}, {"invented": 1}, {"reason": "because"}):
        with pytest.raises(shapes.Misshapen):
            shapes.answer({**refund, **wrong})


def test_a_key_is_forgotten_after_a_day_and_a_page_closes_with_it(served, orders):
    order = orders.order()
    first = served.provider.start_checkout(order)

    served.fake.control.advance(DAY_SECONDS)

    assert served.provider.fetch_checkout(first.checkout_id).status == PaymentStatus.EXPIRED
    assert served.provider.start_checkout(order).checkout_id != first.checkout_id


def test_the_hosted_page_declines_asks_for_the_owner_and_leads_back(served, orders):
    started = served.provider.start_checkout(orders.order())

    declined = httpx.post(started.url, data={"outcome": "insufficient_funds"})
    step = httpx.post(started.url, data={"outcome": "three_d_secure"})
    done = httpx.post(started.url, data={"outcome": ""})

    assert "Your card has insufficient funds." in declined.text
    assert "Complete the authentication" in step.text
    assert (done.status_code, done.headers["location"]) == (303, "https://leads.example.com/credits/done/")
    assert served.provider.fetch_checkout(started.checkout_id).status == PaymentStatus.PAID


def test_the_portal_takes_another_card(served, orders):
    state = begun(served, orders)
    url = served.provider.portal_url(state.customer_id, return_url="https://leads.example.com/credits/")
    before = served.fake.account.get(state.subscription_id)["default_payment_method"]

    page = httpx.post(url, data={"outcome": ""})

    assert 'href="https://leads.example.com/credits/"' in page.text
    assert served.fake.account.get(state.subscription_id)["default_payment_method"] != before


def test_the_control_plane_is_asked_over_http_too(served, orders):
    started = served.provider.start_checkout(orders.order())

    told = httpx.post(f"{served.url}/control/pay", json={"session_id": started.checkout_id})
    wrong = httpx.post(f"{served.url}/control/lock", json={})

    assert told.json()["payment_status"] == "paid"
    assert (wrong.status_code, wrong.json()["detail"]) == (422, "no act: lock")


def test_messages_are_delivered_twice_backwards_with_holes_forged_and_late(served, orders):
    bodies: list[bytes] = []

    async def inbox(request):
        raw = await request.body()
        try:
            now = datetime.fromtimestamp(served.fake.account.now(), UTC)
            served.provider.verify(raw, dict(request.headers), now=now)
        except (Forged, Stale):
            return Response(status_code=400)
        bodies.append(raw)
        return Response(status_code=200)

    with listen(0) as listening, running(Starlette(routes=[Route("/", inbox, methods=["POST"])]), [listening]):
        url = f"http://{HOST}:{listening.getsockname()[1]}/"
        deliver = served.fake.control.deliver
        served.fake.control.forget_messages()
        paid(served, orders)
        waiting = list(served.fake.account.waiting)
        answers = deliver(url, times=2, order="reversed", drop=[0])
        names = [stripe_messages.event(_read(raw)).event_id for raw in bodies]
        paid(served, orders)
        forged = deliver(url, forged=True)
        paid(served, orders)
        late = deliver(url, age_seconds=400)
        paid(served, orders)
        early = deliver(url, age_seconds=-400)

    assert set(answers) == {200}
    assert names == [event["id"] for event in reversed(waiting[1:] * 2)]
    assert set(forged) == set(late) == set(early) == {400}
    assert deliver(url) == []


def _read(raw: bytes):
    import json

    return json.loads(raw)


def test_the_stand_in_listens_on_this_machine_alone(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["stripe", "--host", "192.0.2.1"])

    with pytest.raises(SystemExit):
        stand_in.main()

    assert "loopback alone" in capsys.readouterr().err


def test_what_there_is_not_is_not_found_by_any_call(served):
    for call in (served.provider.fetch_setup, served.provider.fetch_started_subscription):
        with pytest.raises(NotFound):
            call("cs_nothing")
