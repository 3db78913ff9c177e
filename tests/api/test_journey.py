"""The whole path of one agent, over the API alone."""

import re

from django.core import mail

from accounts import services as accounts
from accounts.models import Membership
from aiqleads.core import events
from billing import selectors as billing
from leads.models import Contact, Observation
from marketplace.models import Claim, Purchase
from tests.api.conftest import PASSWORD


def test_an_agent_signs_up_and_buys_a_lead(anonymous, lead, grant, olga):
    contact_of(lead)
    registered = anonymous.post(
        "/api/v1/auth/register/",
        {
            "email": "Dora@example.com",
            "password": PASSWORD,
            "organisation_name": "Dora Realty",
            "accepted_terms_version": "2026-11",
        },
        format="json",
    )
    assert registered.status_code == 202, registered.content
    confirm_by_letter(anonymous)
    log_in(anonymous, "DORA@example.com")
    assert anonymous.get("/api/v1/me/").json()["has_accepted_current_terms"] is True
    dora = Membership.objects.get(user__email="dora@example.com")
    grant(dora, 25)

    found = anonymous.get("/api/v1/leads/").json()
    assert [row["id"] for row in found["results"]] == [str(lead.pk)]
    assert found["results"][0]["offer"] == "free"

    held = anonymous.post("/api/v1/cart/items/", {"lead": str(lead.pk)}, format="json")
    assert held.status_code == 201, held.content
    assert held.json()["price_credits"] == 10
    cart = anonymous.get("/api/v1/cart/").json()
    assert cart["total_credits"] == 10
    assert cart["balance_after_credits"] == 15
    assert cart["items"][0]["is_live"] is True

    be_licensed(anonymous, olga)
    assert billing.balance_credits(dora.organisation_id) == 25

    first = anonymous.post("/api/v1/cart/checkout/", HTTP_IDEMPOTENCY_KEY="order-1")
    again = anonymous.post("/api/v1/cart/checkout/", HTTP_IDEMPOTENCY_KEY="order-1")
    assert first.status_code == again.status_code == 201, first.content
    assert first.json() == again.json()
    assert first.json()["total_credits"] == 10
    assert billing.balance_credits(dora.organisation_id) == 15

    bought = anonymous.get("/api/v1/purchases/").json()["results"]
    assert bought == first.json()["purchases"]
    whole = anonymous.get(f"/api/v1/purchases/{bought[0]['id']}/").json()
    kit = whole.pop("engagement")
    assert whole == bought[0]
    assert [text["channel"] for text in kit["texts"] if text["body"]] == ["post"]
    assert len(kit["texts"][3]["cites"]) >= 3
    assert bought[0]["state"] == "sold"
    assert bought[0]["passport"]["channels"]["text"]["is_allowed"] is False

    opened = anonymous.get(f"/api/v1/leads/{lead.pk}/contact/").json()
    assert opened["address_line"] == lead.address_line
    assert [(one["name"], one["phone"]) for one in opened["contacts"]] == [("Pat Seller", "+15125550142")]

    assert anonymous.get("/api/v1/credits/").json() == {"balance_credits": 15}
    entries = anonymous.get("/api/v1/credits/entries/").json()["results"]
    assert [(row["amount_credits"], row["balance_after_credits"]) for row in entries] == [(-10, 15), (25, 25)]
    assert Purchase.objects.count() == 1
    assert Claim.objects.get().state == "sold"


def test_every_copy_is_held_as_one_item_and_each_is_a_purchase(alice_api, alice, make_lead, grant):
    grant(alice, 25)
    shared = make_lead(copies=2)

    held = alice_api.post("/api/v1/cart/items/", {"lead": str(shared.pk), "copies": "all"}, format="json").json()
    [item] = alice_api.get("/api/v1/cart/").json()["items"]
    receipt = alice_api.post(
        "/api/v1/cart/checkout/", {"items": [held["id"]]}, format="json", HTTP_IDEMPOTENCY_KEY="order"
    ).json()

    assert (held["copies"], held["price_credits"]) == (2, 20)
    assert (item["id"], item["copies"], item["price_credits"]) == (held["id"], 2, 20)
    assert [one["price_credits"] for one in receipt["purchases"]] == [10, 10]
    assert (receipt["balance_before_credits"], receipt["balance_after_credits"]) == (25, 5)
    assert billing.balance_credits(alice.organisation_id) == 5


def test_a_refresh_token_is_traded_and_can_be_revoked(anonymous, alice):
    first = log_in(anonymous, "alice@example.com")["refresh"]

    traded = anonymous.post("/api/v1/auth/token/refresh/", {"refresh": first}, format="json")
    assert set(traded.json()) == {"access", "refresh"}
    second = traded.json()["refresh"]
    revoked = anonymous.post("/api/v1/auth/token/revoke/", {"refresh": second}, format="json")
    after = anonymous.post("/api/v1/auth/token/refresh/", {"refresh": second}, format="json")

    assert revoked.status_code == 204
    assert after.status_code == 401
    assert after["Content-Type"] == "application/problem+json"


def test_a_member_changes_their_name_and_accepts_the_terms(api, alice):
    client = api(alice)

    changed = client.patch("/api/v1/me/", {"first_name": "Alice"}, format="json")

    assert changed.status_code == 200, changed.content
    assert changed.json()["first_name"] == "Alice"
    assert client.get("/api/v1/me/").json() == changed.json()
    assert changed.json()["entitlements"]["may_extend"] is False


def log_in(client, email):
    tokens = client.post("/api/v1/auth/token/", {"email": email, "password": PASSWORD}, format="json")
    assert tokens.status_code == 200, tokens.content
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.json()['access']}")
    return tokens.json()


def link_of_letter():
    """The link of the newest letter, as its reader sees it."""
    events.deliver_all()
    return re.search(r"^http\S+$", mail.outbox[-1].body, re.MULTILINE).group()


def confirm_by_letter(client):
    key = link_of_letter().rstrip("/").rpartition("/")[2]
    confirmed = client.post("/api/v1/auth/email/confirm/", {"key": key}, format="json")
    assert confirmed.status_code == 204, confirmed.content


def contact_of(lead):
    return Contact.objects.create(
        lead=lead,
        observation=Observation.objects.get(lead=lead),
        name="Pat Seller",
        phone="+15125550142",
        is_phone_fictitious=True,
    )


def test_an_agent_waits_for_a_held_lead_and_gets_their_turn(api, alice, charlie, lead, clock):
    item = api(alice).post("/api/v1/cart/items/", {"lead": str(lead.pk)}, format="json").json()
    waiting = api(charlie)
    address = f"/api/v1/leads/{lead.pk}/waitlist/"

    joined = waiting.post(address)
    again = waiting.post(address)
    clock.advance(minutes=5)
    seen = waiting.get(f"/api/v1/leads/{lead.pk}/").json()
    others = api(alice).get(f"/api/v1/leads/{lead.pk}/").json()

    assert joined.status_code == again.status_code == 201
    assert joined.json() == again.json()
    assert joined.json() == {"lead_id": str(lead.pk), "place": 1, "length": 1, "turn_until": None}
    assert (seen["offer"], seen["waitlist_place"], seen["turn_until"]) == ("free", 1, seen["until"])
    assert (others["offer"], others["waitlist_place"], others["until"]) == ("queued", None, seen["until"])
    assert item["until"] < seen["until"]
    assert waiting.post("/api/v1/cart/items/", {"lead": str(lead.pk)}, format="json").status_code == 201
    assert waiting.delete(address).status_code == 204


def be_licensed(agent, olga):
    """Meet the refusal that says where a licence is missing; write it down, and have it checked."""
    refused = agent.post("/api/v1/cart/checkout/", HTTP_IDEMPOTENCY_KEY="order-0")
    assert (refused.status_code, refused.json()["code"]) == (422, "licence_missing")
    assert (refused.json()["state_code"], refused.json()["add_at"]) == ("TX", "/account/licences/")

    told = {"state_code": "TX", "number": "SL-0142", "expires_on": "2030-01-31"}
    written = agent.post("/api/v1/me/licences/", told, format="json")
    assert (written.status_code, written.json()["state"]) == (201, "waiting")

    accounts.verify_licence(licence_id=written.json()["id"], actor_id=olga.pk)
    assert [row["state"] for row in agent.get("/api/v1/me/licences/").json()] == ["verified"]
