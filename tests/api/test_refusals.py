"""Every refusal says what is the matter in one shape, and changes nothing."""

import uuid
from datetime import timedelta

import pytest
from django.urls import clear_url_caches, path
from rest_framework.test import APIClient

from accounts.models import Entitlement, Membership, TermsAcceptance, User
from aiqleads import urls
from aiqleads.core.models import AuditEntry
from aiqleads.core.problems import problem_response
from aiqleads.core.transactions import LockTimeout
from billing import selectors as billing
from marketplace import services
from marketplace.models import Claim, Purchase
from tests.api.conftest import PASSWORD
from tests.api.problems import assert_problem
from tests.api.test_journey import contact_of
from tests.conftest import open_membership

MEMBERS_ONLY = [
    ("get", "plans/"),
    ("get", "subscription/"),
    ("post", "subscription/"),
    ("patch", "subscription/"),
    ("get", "subscription/preview/"),
    ("post", "subscription/cancel/"),
    ("post", "subscription/resume/"),
    ("post", "subscription/pause/"),
    ("get", "me/"),
    ("patch", "me/"),
    ("get", "account/export/"),
    ("delete", "account/"),
    ("get", "me/email/"),
    ("put", "me/email/"),
    ("delete", "me/email/"),
    ("post", "me/password/"),
    ("get", "me/second-factors/"),
    ("post", "me/second-factors/app/"),
    ("delete", "me/second-factors/app/"),
    ("post", "me/second-factors/app/confirm/"),
    ("post", "me/second-factors/codes/"),
    ("delete", "me/second-factors/passkeys/1/"),
    ("get", "me/browsers/"),
    ("delete", "me/browsers/"),
    ("delete", "me/browsers/1/"),
    ("get", "me/keys/"),
    ("post", "me/keys/"),
    ("delete", "me/keys/{lead}/"),
    ("get", "me/sessions/"),
    ("delete", "me/sessions/"),
    ("delete", "me/sessions/{lead}/"),
    ("get", "me/licences/"),
    ("post", "me/licences/"),
    ("get", "leads/{lead}/price-history/"),
    ("get", "credits/packs/"),
    ("post", "credits/checkout/"),
    ("get", "credits/payments/{lead}/"),
    ("post", "credits/methods/"),
    ("get", "credits/recharge/"),
    ("put", "credits/recharge/"),
    ("delete", "credits/recharge/"),
    ("post", "cart/top-up/"),
    ("get", "leads/{lead}/contact/"),
    ("post", "leads/{lead}/waitlist/"),
    ("delete", "leads/{lead}/waitlist/"),
    ("get", "waitlist/"),
    ("get", "cart/"),
    ("post", "cart/items/"),
    ("delete", "cart/items/{lead}/"),
    ("post", "cart/items/{lead}/extend/"),
    ("post", "cart/checkout/"),
    ("get", "purchases/"),
    ("get", "purchases/{lead}/"),
    ("post", "purchases/{lead}/deleted/"),
    ("get", "purchases/{lead}/assign/"),
    ("post", "purchases/{lead}/assign/"),
    ("get", "purchases/{lead}/shares/"),
    ("post", "purchases/{lead}/shares/"),
    ("delete", "purchases/{lead}/shares/{lead}/"),
    ("get", "purchases/{lead}/outcome/"),
    ("post", "purchases/{lead}/outcome/"),
    ("get", "purchases/{lead}/return/"),
    ("post", "purchases/{lead}/return/"),
    ("post", "purchases/{lead}/return/appeal/"),
    ("get", "reminders/"),
    ("post", "reminders/{lead}/"),
    ("get", "purchases/export.csv"),
    ("get", "purchases/{lead}/deliveries/"),
    ("post", "deliveries/{lead}/replay/"),
    ("get", "delivery-settings/"),
    ("put", "delivery-settings/"),
    ("get", "follow-up-boss/"),
    ("put", "follow-up-boss/"),
    ("delete", "follow-up-boss/"),
    ("get", "webhooks/"),
    ("post", "webhooks/"),
    ("get", "webhooks/{lead}/"),
    ("patch", "webhooks/{lead}/"),
    ("delete", "webhooks/{lead}/"),
    ("post", "webhooks/{lead}/secret/"),
    ("post", "webhooks/{lead}/test/"),
    ("post", "webhooks/{lead}/replay/"),
    ("get", "webhooks/{lead}/deliveries/"),
    ("get", "devices/"),
    ("post", "devices/"),
    ("delete", "devices/{lead}/"),
    ("get", "saved-searches/"),
    ("post", "saved-searches/"),
    ("patch", "saved-searches/{lead}/"),
    ("delete", "saved-searches/{lead}/"),
    ("get", "territories/"),
    ("post", "territories/"),
    ("get", "territories/{lead}/"),
    ("patch", "territories/{lead}/"),
    ("delete", "territories/{lead}/"),
    ("get", "standing-orders/"),
    ("post", "standing-orders/"),
    ("get", "standing-orders/{lead}/"),
    ("patch", "standing-orders/{lead}/"),
    ("delete", "standing-orders/{lead}/"),
    ("post", "standing-orders/{lead}/consent/"),
    ("post", "standing-orders/{lead}/pause/"),
    ("get", "crm-matches/"),
    ("post", "crm-matches/"),
    ("get", "recommendations/"),
    ("get", "watchlist/"),
    ("post", "watchlist/"),
    ("delete", "watchlist/{lead}/"),
    ("get", "organisation/area/"),
    ("put", "organisation/area/"),
    ("get", "organisation/assignment/"),
    ("put", "organisation/assignment/"),
    ("get", "organisation/"),
    ("patch", "organisation/"),
    ("get", "organisation/members/"),
    ("post", "organisation/members/"),
    ("patch", "organisation/members/{lead}/"),
    ("delete", "organisation/members/{lead}/"),
    ("post", "organisation/transfer/"),
    ("get", "organisation/invitations/"),
    ("post", "organisation/invitations/"),
    ("delete", "organisation/invitations/{lead}/"),
    ("post", "organisation/invitations/{lead}/resend/"),
    ("get", "reports/"),
    ("get", "notifications/"),
    ("post", "notifications/read/"),
    ("get", "notifications/choices/"),
    ("patch", "notifications/choices/"),
    ("get", "credits/"),
    ("get", "credits/entries/"),
    ("get", "credits/statement.csv"),
    ("get", "credits/statement.pdf"),
    ("get", "credits/billing-profile/"),
    ("put", "credits/billing-profile/"),
    ("get", "invoices/"),
    ("get", "invoices/{lead}/file/"),
]


@pytest.mark.parametrize("door", MEMBERS_ONLY)
def test_only_members_come_in(anonymous, api, olga, lead, door):
    method, address = door
    url = "/api/v1/" + address.format(lead=lead.pk)

    unknown = assert_problem(getattr(anonymous, method)(url), 401, "not_authenticated")
    operator = assert_problem(getattr(api(olga), method)(url), 403, "no_membership")

    assert unknown["title"] == "Unauthorized"
    assert "no organisation" in operator["detail"]


def test_anybody_may_look_at_offers(anonymous, lead):
    assert anonymous.get("/api/v1/leads/").status_code == 200
    assert anonymous.get(f"/api/v1/leads/{lead.pk}/").status_code == 200


def test_a_made_up_token_is_refused_where_none_is_needed_too(anonymous, lead):
    anonymous.credentials(HTTP_AUTHORIZATION="Bearer eyJhbGciOiJub25lIn0.e30.")

    response = anonymous.get("/api/v1/leads/")

    assert_problem(response, 401, "token_not_valid")
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_wrong_password_gives_no_token(anonymous, alice):
    wrong = {"email": "alice@example.com", "password": "wrong horse"}
    nobody = {"email": "nobody@example.com", "password": "wrong horse"}

    first = assert_problem(anonymous.post("/api/v1/auth/token/", wrong, format="json"), 401, "no_active_account")
    second = assert_problem(anonymous.post("/api/v1/auth/token/", nobody, format="json"), 401, "no_active_account")

    assert first == second


def test_guessing_passwords_is_slowed_down(anonymous, alice):
    wrong = {"email": "alice@example.com", "password": "wrong horse"}
    for _ in range(20):
        anonymous.post("/api/v1/auth/token/", wrong, format="json", HTTP_X_FORWARDED_FOR=str(uuid.uuid4()))

    refused = anonymous.post("/api/v1/auth/token/", wrong, format="json")

    assert_problem(refused, 429, "throttled")
    assert 0 < int(refused["Retry-After"]) <= 60


REGISTRATION = {
    "email": "dora@example.com",
    "password": PASSWORD,
    "organisation_name": "Dora Realty",
    "accepted_terms_version": "2026-11",
}


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"password": "12345678901"}, 422, "password_too_weak"),
        ({"accepted_terms_version": "1999-01"}, 422, "terms_outdated"),
        ({"email": "not an address"}, 400, "invalid"),
        ({"organisation_name": "  "}, 400, "invalid"),
        ({"organisation_name": "a\u0000b"}, 400, "invalid"),
        ({"password": "x" * 10_000}, 400, "invalid"),
        ({"email": ["a@example.com"]}, 400, "invalid"),
        ({"password": None}, 400, "invalid"),
    ],
)
def test_a_refused_sign_up_makes_nobody(anonymous, alice, change, status, code):
    response = anonymous.post("/api/v1/auth/register/", {**REGISTRATION, **change}, format="json")

    assert_problem(response, status, code)
    assert User.objects.count() == 1
    assert Membership.objects.count() == 1


def test_a_lead_in_other_hands_says_until_when(api, alice, charlie, lead):
    held = services.hold_lead(lead_id=lead.pk, buyer=alice)

    body = assert_problem(add(api(charlie), lead.pk), 409, "lead_unavailable")

    assert body["until"] == held.until.isoformat()
    assert Claim.objects.get() == held


def test_a_buy_out_waits_for_every_copy(api, alice, charlie, make_lead):
    shared = make_lead(copies=2)
    held = services.hold_lead(lead_id=shared.pk, buyer=alice)
    asked = {"lead": str(shared.pk), "copies": "all"}

    refused = api(charlie).post("/api/v1/cart/items/", asked, format="json")

    assert assert_problem(refused, 409, "lead_unavailable")["until"] == held.until.isoformat()
    assert Claim.objects.get() == held


@pytest.mark.parametrize("copies", [2, 0, "every", None, True, [1], "1.0"])
def test_copies_are_one_or_all(alice_api, lead, copies):
    response = alice_api.post("/api/v1/cart/items/", {"lead": str(lead.pk), "copies": copies}, format="json")

    assert_problem(response, 400, "invalid")
    assert not Claim.objects.exists()


def test_a_free_lead_and_an_unknown_one_have_no_queue(alice_api, lead):
    assert_problem(alice_api.post(f"/api/v1/leads/{lead.pk}/waitlist/"), 422, "lead_is_free")
    assert_problem(alice_api.post(f"/api/v1/leads/{uuid.uuid4()}/waitlist/"), 422, "lead_withdrawn")


def test_in_anothers_turn_a_lead_is_refused_until_its_end(api, alice, charlie, lead, clock):
    held = services.hold_lead(lead_id=lead.pk, buyer=alice)
    services.join_waitlist(lead_id=lead.pk, buyer=charlie)
    clock.advance(minutes=5)
    stranger = open_membership("dora")

    body = assert_problem(add(api(stranger), lead.pk), 409, "lead_unavailable")

    assert body["until"] == (held.until + timedelta(minutes=2)).isoformat()


def test_too_few_credits_say_how_many(api, alice, grant, lead):
    grant(alice, 4)
    client = api(alice)
    add(client, lead.pk)

    body = assert_problem(check_out(client, "order"), 402, "insufficient_credits")

    assert (body["needed_credits"], body["balance_credits"]) == (10, 4)
    assert billing.balance_credits(alice.organisation_id) == 4
    assert Claim.objects.get().state == "held"
    assert not Purchase.objects.exists()


def test_a_viewer_holds_and_buys_nothing(api, bob, lead):
    assert_problem(add(api(bob), lead.pk), 403, "not_your_role")
    assert_problem(check_out(api(bob), "order"), 403, "not_your_role")
    assert not Claim.objects.exists()


def test_terms_come_before_the_first_hold_and_are_accepted_here(api, alice, lead):
    newcomer = Membership.objects.create(
        user=User.objects.create_user("eve@example.com", PASSWORD), organisation=alice.organisation, role="buyer"
    )
    client = api(newcomer)

    assert_problem(add(client, lead.pk), 403, "terms_not_accepted")
    stale = client.patch("/api/v1/me/", {"first_name": "Eve", "accepted_terms_version": "1999-01"}, format="json")
    assert_problem(stale, 422, "terms_outdated")
    assert User.objects.get(pk=newcomer.user_id).first_name == ""
    assert not TermsAcceptance.objects.filter(user=newcomer.user).exists()

    client.patch("/api/v1/me/", {"accepted_terms_version": "2026-11"}, format="json")
    assert add(client, lead.pk).status_code == 201


def test_a_lead_nobody_offers_cannot_be_held(alice_api):
    assert_problem(add(alice_api, uuid.uuid4()), 422, "lead_withdrawn")
    assert not Claim.objects.exists()


def test_starter_cannot_extend(alice_api, lead):
    item = add(alice_api, lead.pk).json()

    response = alice_api.post(f"/api/v1/cart/items/{item['id']}/extend/")

    assert_problem(response, 422, "extension_refused")
    assert Claim.objects.get().until.isoformat().replace("+00:00", "Z") == item["until"]


def test_a_longer_plan_extends(alice, alice_api, lead):
    for key, value in {"hold_minutes": 10, "cart_minutes": 20, "may_extend": 1}.items():
        Entitlement.objects.filter(organisation=alice.organisation, key=key).update(value=value)
    item = add(alice_api, lead.pk).json()

    response = alice_api.post(f"/api/v1/cart/items/{item['id']}/extend/")

    assert response.status_code == 200
    assert item["until"] < response.json()["until"] <= item["max_until"]


def test_an_expired_hold_is_neither_bought_nor_released_nor_extended(alice, alice_api, grant, lead, clock):
    grant(alice, 25)
    item = add(alice_api, lead.pk).json()
    clock.advance(minutes=6)

    assert_problem(check_out(alice_api, "order"), 422, "cart_empty")
    assert_problem(
        alice_api.post("/api/v1/cart/checkout/", {"items": [item["id"]]}, format="json", HTTP_IDEMPOTENCY_KEY="b"),
        422,
        "hold_expired",
    )
    assert_problem(alice_api.delete(f"/api/v1/cart/items/{item['id']}/"), 422, "hold_expired")
    assert_problem(alice_api.post(f"/api/v1/cart/items/{item['id']}/extend/"), 422, "hold_expired")
    assert_problem(add(alice_api, lead.pk), 422, "hold_paused")
    assert billing.balance_credits(alice.organisation_id) == 25


def test_a_checkout_that_lost_a_line_says_which_and_sells_the_rest(alice, alice_api, grant, make_lead, clock):
    grant(alice, 50)
    lost = add(alice_api, make_lead().pk).json()
    clock.advance(minutes=3)
    kept = add(alice_api, make_lead(price_credits=12).pk).json()
    clock.advance(minutes=2)
    asked = {"items": [lost["id"], kept["id"]], "total_credits": 22}

    body = assert_problem(check_out(alice_api, "all", asked), 422, "hold_expired")
    rest = check_out(alice_api, "rest", body["left"])

    assert [(line["item"], line["lead"]) for line in body["lost"]] == [(lost["id"], lost["lead_id"])]
    assert body["left"] == {"items": [kept["id"]], "total_credits": 12}
    assert rest.status_code == 201
    assert rest.json()["balance_after_credits"] == 38


def test_another_total_than_the_one_shown_is_not_charged(alice, alice_api, grant, lead):
    grant(alice, 50)
    add(alice_api, lead.pk)

    body = assert_problem(check_out(alice_api, "k", {"total_credits": 9}), 409, "cart_changed")

    assert body["total_credits"] == 10
    assert billing.balance_credits(alice.organisation_id) == 50


def test_a_hold_is_given_back_once(alice_api, lead):
    item = add(alice_api, lead.pk).json()

    assert alice_api.delete(f"/api/v1/cart/items/{item['id']}/").status_code == 204
    assert_problem(alice_api.delete(f"/api/v1/cart/items/{item['id']}/"), 422, "hold_expired")
    assert Claim.objects.get().state == "released"


def test_somebody_elses_hold_is_as_good_as_none(alice_api, api, charlie, lead):
    item = add(alice_api, lead.pk).json()

    theirs = api(charlie).delete(f"/api/v1/cart/items/{item['id']}/")
    nobodys = api(charlie).delete(f"/api/v1/cart/items/{uuid.uuid4()}/")

    assert assert_problem(theirs, 422, "hold_expired") == nobodys.json()
    assert Claim.objects.get().state == "held"


@pytest.mark.parametrize("key", [None, "", " ", "k" * 81, "caf\u00e9", "a\tb"])
def test_checkout_needs_a_usable_key(alice, alice_api, grant, lead, key):
    grant(alice, 25)
    add(alice_api, lead.pk)
    headers = {} if key is None else {"HTTP_IDEMPOTENCY_KEY": key}

    response = alice_api.post("/api/v1/cart/checkout/", **headers)

    assert_problem(response, 400, "idempotency_key_required")
    assert billing.balance_credits(alice.organisation_id) == 25


def test_a_key_is_for_one_request(alice, alice_api, grant, lead):
    grant(alice, 25)
    add(alice_api, lead.pk)
    assert check_out(alice_api, "order").status_code == 201

    other = {"items": [str(uuid.uuid4())]}
    reused = alice_api.post("/api/v1/cart/checkout/", other, format="json", HTTP_IDEMPOTENCY_KEY="order")

    assert_problem(reused, 422, "idempotency_key_reused")
    assert Purchase.objects.count() == 1


def test_the_contact_is_for_buyers(api, bob, charlie, grant, lead):
    alice = Membership.objects.get(organisation=bob.organisation, role="owner")
    contact_of(lead)
    grant(alice, 25)
    client = api(alice)
    add(client, lead.pk)
    url = f"/api/v1/leads/{lead.pk}/contact/"

    assert_problem(client.get(url), 403, "not_bought")
    check_out(client, "order")

    assert client.get(url).status_code == 200
    assert_problem(api(bob).get(url), 403, "not_bought")
    services.share_purchase(purchase_id=Purchase.objects.get().pk, to=bob, by=alice)
    assert api(bob).get(url).status_code == 200
    assert_problem(api(charlie).get(url), 403, "not_bought")
    assert_problem(client.get(f"/api/v1/leads/{uuid.uuid4()}/contact/"), 404, "not_found")
    assert AuditEntry.objects.filter(action="contact.seen").count() == 2


def test_another_organisations_purchase_is_not_there(api, alice, charlie, grant, lead):
    grant(alice, 25)
    add(api(alice), lead.pk)
    purchase = check_out(api(alice), "order").json()["purchases"][0]["id"]

    assert_problem(api(charlie).get(f"/api/v1/purchases/{purchase}/"), 404, "not_found")
    assert api(charlie).get("/api/v1/purchases/").json()["results"] == []
    assert api(charlie).get("/api/v1/credits/entries/").json()["results"] == []


@pytest.mark.parametrize("address", ["nothing/", "leads/not-a-uuid/", "leads", "", "purchases/1/", "cart/items/x/"])
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_an_unknown_address_is_a_problem_too(anonymous, address, method):
    assert_problem(getattr(anonymous, method)(f"/api/v1/{address}"), 404, "not_found")


def test_a_wrong_method_is_named(anonymous, alice_api):
    response = anonymous.post("/api/v1/leads/")

    assert_problem(response, 405, "method_not_allowed")
    assert "GET" in response["Allow"]
    assert_problem(alice_api.put("/api/v1/me/"), 405, "method_not_allowed")


def test_other_languages_than_json_are_declined(anonymous, alice_api, lead):
    assert_problem(anonymous.get("/api/v1/leads/", HTTP_ACCEPT="text/html"), 406, "not_acceptable")
    form = alice_api.post(
        "/api/v1/cart/items/", f"lead={lead.pk}", content_type="application/x-www-form-urlencoded"
    )
    assert_problem(form, 415, "unsupported_media_type")


@pytest.fixture
def broken_address():
    def fails(request):
        raise RuntimeError("the secret cause")

    addresses = [path("api/v1/broken", fails), path("broken", fails)]
    urls.urlpatterns[:0] = addresses
    yield
    for address in addresses:
        urls.urlpatterns.remove(address)


def test_our_own_failure_tells_no_cause(broken_address, db):
    clear_url_caches()
    client = APIClient(raise_request_exception=False)

    program, person = client.get("/api/v1/broken"), client.get("/broken")
    clear_url_caches()

    assert_problem(program, 500, "error")
    assert b"secret" not in program.content + person.content
    assert b"Traceback" not in program.content + person.content
    assert person.status_code == 500
    assert person["Content-Type"].startswith("text/html")


def test_a_request_for_another_host_is_a_problem_too(anonymous):
    program = anonymous.get("/api/v1/leads/", HTTP_HOST="elsewhere.example.com")
    person = anonymous.get("/leads/", HTTP_HOST="elsewhere.example.com")

    assert_problem(program, 400, "bad_request")
    assert person.status_code == 400
    assert person["Content-Type"].startswith("text/html")


def test_a_crowd_is_told_to_try_again():
    response = problem_response(LockTimeout("hold_lead"), {})

    assert response.status_code == 503
    assert response.data["code"] == "busy"
    assert response["Retry-After"] == "1"


def add(client, lead_id):
    return client.post("/api/v1/cart/items/", {"lead": str(lead_id)}, format="json")


def check_out(client, key, body=None):
    return client.post("/api/v1/cart/checkout/", body, format="json", HTTP_IDEMPOTENCY_KEY=key)
