"""The stand-in that ships: its pages, its control plane by HTTP, its strictness, and how it delivers."""

import subprocess
import sys
from asyncio import to_thread
from collections import Counter

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from billing.providers.fakes.paypal import demands
from billing.providers.port import PaymentStatus
from scraping.demo.server import HOST, listen, running
from tests.billing.paypal.conftest import a_setup, paid, started, subscribed


def answer(url, value, **more):
    return httpx.post(url, data={"answer": value, **more}, follow_redirects=False)


def test_the_buyer_pays_by_a_button_and_comes_back_with_the_orders_id(desk):
    opened = started(desk)

    page = httpx.get(opened.url)
    back = answer(opened.url, "")

    assert "Pay 53.00 USD" in page.text
    assert back.status_code == 303
    assert back.headers["location"] == (
        f"https://leads.example.com/credits/done/?from=paypal&token={opened.checkout_id}"
    )
    assert desk.provider.fetch_checkout(opened.checkout_id).status == PaymentStatus.PAID


@pytest.mark.parametrize(("value", "becomes"), [("INSTRUMENT_DECLINED", "open"), ("PENDING", "pending")])
def test_each_button_ends_as_it_says(desk, value, becomes):
    opened = started(desk)

    answer(opened.url, value)

    assert desk.provider.fetch_checkout(opened.checkout_id).status == becomes


def test_who_cancels_comes_back_where_they_came_from_and_has_not_paid(desk):
    opened = started(desk)

    back = answer(opened.url, "cancel")

    assert back.headers["location"] == f"https://leads.example.com/credits/?token={opened.checkout_id}"
    assert desk.provider.fetch_checkout(opened.checkout_id).status == PaymentStatus.OPEN


def test_wallets_and_subscriptions_have_their_pages_too(desk):
    setup = desk.provider.start_setup(a_setup())
    answer(setup.url, "")
    state = subscribed(desk)
    autopay = desk.provider.portal_url("", return_url="")

    shown = httpx.get(autopay)
    answer(autopay, "cancel", subscription=state.subscription_id)

    method = desk.provider.fetch_setup(setup.checkout_id)
    assert method.label == "PayPal a…@example.com"
    assert desk.provider.fetch_setup(setup.checkout_id) == method
    assert "Pro: ACTIVE" in shown.text
    assert desk.provider.fetch_subscription(state.subscription_id).cancels_at_period_end


def test_there_is_no_page_of_what_there_is_not(desk):
    assert httpx.get(f"{desk.url}/checkoutnow?token=nothing").status_code == 404
    assert httpx.get(f"{desk.url}/checkoutnow/else").status_code == 404
    assert answer(started(desk).url, "<script>").status_code == 404


def test_the_control_plane_speaks_http(desk):
    opened = started(desk)

    done = httpx.post(f"{desk.url}/control/pay", json={"thing_id": opened.checkout_id})
    unknown = httpx.post(f"{desk.url}/control/rob", json={})
    wrong = httpx.post(f"{desk.url}/control/pay", json={"thing": 1})

    assert (done.status_code, unknown.status_code, wrong.status_code) == (200, 422, 422)
    assert desk.provider.fetch_checkout(opened.checkout_id).status == PaymentStatus.PAID


def test_messages_arrive_as_often_in_whatever_order_and_as_damaged_as_told(desk):
    seen: list[str] = []

    async def received(request: Request) -> Response:
        raw = await request.body()
        sent = dict(request.headers)
        try:  # the stand-in is asked about each while it delivers
            seen.append((await asked(raw, sent)).event_id)
        except Exception as error:  # noqa: BLE001 - its name is what is looked at
            seen.append(type(error).__name__)
        return Response(status_code=200)

    async def asked(raw: bytes, sent: dict[str, str]):
        return await to_thread(desk.provider.verify, raw, sent, now=desk.now())

    app = Starlette(routes=[Route("/webhooks/paypal/", received, methods=["POST"])])
    with listen(0) as listening, running(app, [listening]):
        url = f"http://{HOST}:{listening.getsockname()[1]}/webhooks/paypal/"

        def delivered(**how):
            paid(desk)
            seen.clear()
            told = httpx.post(f"{desk.url}/control/deliver", json={"url": url} | how, timeout=20)
            assert told.status_code == 200
            return list(seen)

        twice = delivered(times=2)
        dropped = delivered(drop=[0])
        back = delivered(order="reversed")
        damaged = [delivered(forged=True), delivered(age_seconds=301), delivered(age_seconds=-330)]

    assert sorted(Counter(twice).values()) == [2, 2]
    assert (len(dropped), len(back)) == (1, 2)
    assert back == sorted(back, reverse=True)
    assert damaged == [["Forged"] * 2, ["Stale"] * 2, ["Stale"] * 2]


def posted(desk, path, body, **headers):
    token = {"Authorization": f"Bearer {desk.provider.wire._access_token()}"}
    return httpx.post(f"{desk.url}{path}", json=body, headers=token | headers)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body | {"intent": "capture"},
        lambda body: body | {"purchase_unit": []},
        lambda body: body["purchase_units"][0]["amount"].update(value=53),
        lambda body: body["purchase_units"][0]["amount"].update(value="53"),
        lambda body: body["purchase_units"][0]["amount"].update(currency_code="JPY"),
        lambda body: body["purchase_units"][0].pop("custom_id"),
        lambda body: body["payment_source"]["paypal"]["experience_context"].update(return_url="somewhere"),
    ],
)
def test_a_request_that_paypal_would_not_take_is_refused_and_nothing_is_made(desk, spoil):
    money = {"currency_code": "USD", "value": "53.00"}
    parts = {"item_total": money, "tax_total": money | {"value": "0.00"}}
    places = {"return_url": "https://leads.example.com/", "cancel_url": "https://leads.example.com/"}
    unit = {"amount": money | {"breakdown": parts}, "description": "x", "custom_id": "r", "invoice_id": "r"}
    wallet = {"paypal": {"experience_context": places | {"shipping_preference": "NO_SHIPPING"}}}
    body = {"intent": "CAPTURE", "purchase_units": [unit], "payment_source": wallet}
    good = posted(desk, "/v2/checkout/orders", body)
    before = len(desk.fake.account.orders)
    spoilt = spoil(body)

    refused = posted(
        desk, "/v2/checkout/orders", spoilt if isinstance(spoilt, dict) and "intent" in spoilt else body
    )

    assert (good.status_code, refused.status_code) == (201, 400)
    assert set(good.json()) == {"id", "status", "links", "create_time"}
    assert len(desk.fake.account.orders) == before


def test_a_key_is_answered_alike_and_refused_to_another_request(desk):
    state = paid(desk)
    half = {"amount": {"currency_code": "USD", "value": "10.00"}, "custom_id": "r"}
    path, key = f"/v2/payments/captures/{state.capture_id}/refund", {"PayPal-Request-Id": state.reference}

    first, second = posted(desk, path, half, **key), posted(desk, path, half, **key)
    other = posted(desk, path, half | {"custom_id": "s"}, **key)

    assert (first.status_code, second.status_code, other.status_code) == (201, 200, 422)
    assert first.json()["id"] == second.json()["id"]
    assert desk.provider.fetch_payment(state.capture_id).refunded.minor == 1_000


def test_nobody_is_let_in_without_a_token(desk):
    refused = httpx.get(f"{desk.url}/v2/checkout/orders/x", headers={"Authorization": "Bearer mine"})
    no_token = httpx.post(f"{desk.url}/v1/oauth2/token", data={"grant_type": "password"}, auth=("a", "b"))

    assert (refused.status_code, no_token.status_code) == (401, 401)


def test_a_field_that_the_sdk_does_not_know_is_found_at_any_depth():
    made = {"id": "O", "status": "CREATED", "purchase_units": [{"reference_id": "default", "prices": []}]}
    made["purchase_units"][0]["payments"] = {"captures": [{"id": "C", "fee": {"value": "1.00"}}]}

    with pytest.raises(AssertionError, match=r"\.purchase_units\.payments\.captures\.fee"):
        demands.answered("order", made)
    with pytest.raises(AssertionError, match="frequency"):
        demands.answered("plan", {"id": "P-1", "billing_cycles": [{"tenure_type": "REGULAR"}]})


def test_the_stand_in_binds_to_this_machine_alone():
    command = [sys.executable, "-m", "billing.providers.fakes.paypal", "--host", "0.0.0.0"]  # noqa: S104 - refused

    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    assert done.returncode == 2
    assert "loopback alone" in done.stderr
