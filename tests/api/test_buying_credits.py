"""Credits by the API: what is sold, a page to pay on, what became of it, and a cart that waits for its credits."""

import pytest

from accounts.step_up import token_for
from aiqleads.core import events
from billing import selectors, services
from billing.models import AutoRecharge, Payment
from marketplace import services as market
from marketplace.models import Purchase
from tests.api.problems import assert_problem
from tests.billing.conftest import pack, till  # noqa: F401  (fixtures)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("till", "pack")]

URL = "/api/v1/credits/"


def buy(client, key="k", address="credits/checkout/", **said):
    sent = {"pack": "fifty", "provider": "sandbox", **said}
    return client.post(f"/api/v1/{address}", sent, format="json", HTTP_IDEMPOTENCY_KEY=key)


def test_packs_are_listed_with_who_takes_the_money(alice_api):
    told = alice_api.get(f"{URL}packs/").json()

    assert told["providers"] == ["sandbox"]
    assert [row["code"] for row in told["packs"]][:2] == ["credits-50", "fifty"]
    assert told["packs"][1] == {
        "code": "fifty", "name": "50 credits", "amount_credits": 50, "price_cents": 4_900, "valid_days": None,
    }  # fmt: skip


def test_a_pack_is_bought_on_one_page_per_key_and_its_state_can_be_read(alice, alice_api, request):
    the_till = request.getfixturevalue("till")
    first, again = buy(alice_api), buy(alice_api)
    assert (first.status_code, first.json()["checkout_url"]) == (201, again.json()["checkout_url"])
    assert Payment.objects.count() == 1
    payment = Payment.objects.get()
    the_till.pay(payment.checkout_id)

    told = alice_api.get(f"{URL}payments/{payment.pk}/").json()

    assert (told["status"], told["total_cents"]) == ("paid", 4_900)
    assert alice_api.get(URL).json() == {"balance_credits": 50}
    assert alice_api.get(f"{URL}payments/{payment.pk}/").json() == told


def test_a_provider_that_is_away_is_asked_again_under_the_same_key(alice_api, request):
    the_till = request.getfixturevalue("till")
    the_till.dies = {"start after"}
    assert_problem(buy(alice_api), 503, "provider_away")
    the_till.dies = set()

    assert buy(alice_api).status_code == 201
    assert len(the_till.pages) == 1


def test_what_cannot_be_bought_is_refused_and_nothing_is_written(bob, alice_api, api, charlie):
    assert_problem(buy(alice_api, pack="none"), 422, "pack_not_offered")
    assert_problem(buy(alice_api, provider="paypal"), 422, "provider_not_offered")
    assert_problem(buy(api(bob)), 403, "not_your_role")
    assert_problem(
        alice_api.post(f"{URL}checkout/", {"pack": "fifty", "provider": "sandbox"}, format="json"),
        400,
        "idempotency_key_required",
    )
    assert Payment.objects.count() == 0
    payment = buy(alice_api).json()["id"]
    assert_problem(buy(alice_api, pack="credits-50"), 422, "idempotency_key_reused")
    assert_problem(api(charlie).get(f"{URL}payments/{payment}/"), 404, "not_found")


def test_a_refused_checkout_says_how_to_buy_and_a_top_up_buys_the_cart(alice, alice_api, lead, request):
    the_till = request.getfixturevalue("till")
    market.hold_lead(lead_id=lead.pk, buyer=alice)
    short = alice_api.post("/api/v1/cart/checkout/", {}, format="json", HTTP_IDEMPOTENCY_KEY="c")
    refused = assert_problem(short, 402, "insufficient_credits")
    assert (refused["needed_credits"], refused["balance_credits"]) == (10, 0)

    payment = buy(alice_api, address="cart/top-up/", total_credits=10)

    assert payment.status_code == 201, payment.content
    the_till.pay(Payment.objects.get().checkout_id)
    services.look_again(Payment.objects.get().pk)
    events.deliver_all()
    assert Purchase.objects.get().lead_id == lead.pk
    assert selectors.balance_credits(alice.organisation_id) == 40


def test_automatic_top_ups_are_agreed_to_read_and_turned_off(alice_api, alice, request):
    the_till = request.getfixturevalue("till")
    said = {
        "provider": "sandbox", "pack": "fifty", "below_credits": 20, "most_a_day": 1, "price_cents": 4_900,
        "version": alice_api.get(f"{URL}recharge/").json()["version_of_now"],
    }  # fmt: skip
    assert_problem(alice_api.put(f"{URL}recharge/", said, format="json"), 403, "step_up_required")
    proof = {"HTTP_X_STEP_UP": token_for(alice.user)}
    assert_problem(alice_api.put(f"{URL}recharge/", said, format="json", **proof), 422, "no_method_kept")
    page = alice_api.post(f"{URL}methods/", {"provider": "sandbox"}, format="json").json()
    the_till.keep_method(page["checkout_url"].rpartition("/")[2])
    services.look_at_setup(page["id"])

    assert alice_api.put(f"{URL}recharge/", said, format="json", **proof).json()["is_on"] is True
    assert AutoRecharge.objects.get().consented_by == alice
    assert alice_api.delete(f"{URL}recharge/").status_code == 204

    assert alice_api.get(f"{URL}recharge/").json()["is_on"] is False
