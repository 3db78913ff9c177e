"""Standing orders on their pages and by the API: written, agreed to, paused with one click."""

import pytest

from marketplace import services
from marketplace.grounds import Ground
from marketplace.models import StandingOrder
from tests.api.conftest import client_of
from tests.api.problems import assert_problem
from tests.conftest import give_credits
from tests.marketplace.ordered import order_off, order_on

pytestmark = pytest.mark.django_db

PAGE, API = "/standing-orders/", "/api/v1/standing-orders/"
CAPS = {
    "most_credits_per_lead": 20,
    "daily_leads": 2,
    "daily_credits": 40,
    "monthly_leads": 20,
    "monthly_credits": 300,
}
ORDER = {"query": "state=TX&beds_min=3", **CAPS}


def test_members_write_agree_change_and_pause_on_pages(alices, alice):
    assert "TX, 3+ beds" in alices.get(f"{PAGE}?{ORDER['query']}").content.decode()
    made = alices.post(PAGE, ORDER)
    order = StandingOrder.objects.get()
    page = f"{PAGE}{order.pk}/"
    assert (made.url, order.state, order.name) == (page, "off", "New leads: TX, 3+ beds")

    shown = alices.get(page)
    terms = shown.context["kept"].terms
    assert "at most 20 credits for a lead" in shown.content.decode()
    assert alices.post(f"{page}agree/", {"terms": terms}).status_code == 400
    assert alices.post(f"{page}agree/", {"terms": "another", "agrees": "on"}).status_code == 409
    assert StandingOrder.objects.get().state == "off"
    assert alices.post(f"{page}agree/", {"terms": terms, "agrees": "on"}).status_code == 302
    assert "What you agreed to" in alices.get(page).content.decode()
    assert "Pause now" in alices.get(page).content.decode()

    assert alices.post(f"{page}pause/").status_code == 302
    assert StandingOrder.objects.get().state == "paused"
    assert alices.post(page, {**ORDER, "daily_leads": 3}).status_code == 302
    assert (StandingOrder.objects.get().state, StandingOrder.objects.get().daily_leads) == ("off", 3)
    alices.post(f"{page}delete/")
    assert alices.get(page).status_code == 404
    assert "No standing order" in alices.get(PAGE).content.decode()


def test_pages_say_what_is_wrong_and_keep_others_out(alices, bobs, charlies, alice):
    for wrong in (
        {},
        {**ORDER, "most_credits_per_lead": 0},
        {**ORDER, "daily_leads": "9" * 5_000},
        {**ORDER, "query": "x" * 40_000},
        {**ORDER, "territory": "00000000-0000-4000-8000-000000000000"},
    ):
        assert alices.post(PAGE, wrong).status_code == 400, wrong
    for refused in ({**ORDER, "query": ""}, {**ORDER, "query": "state=Atlantis"}, {**ORDER, "daily_credits": 19}):
        assert alices.post(PAGE, refused).status_code == 422, refused
    assert bobs.post(PAGE, ORDER).status_code == 403
    assert not StandingOrder.objects.exists()

    page = f"{PAGE}{order_on(alice).pk}/"
    for act in ("agree/", "pause/", "delete/", ""):
        said = {**ORDER, "terms": "x", "agrees": "on"}
        assert charlies.post(f"{page}{act}", said).status_code == 404
        assert bobs.post(f"{page}{act}", said).status_code == 403
    assert bobs.get(page).status_code == 200
    assert StandingOrder.objects.get().is_on


def test_the_rules_are_written_where_orders_are(alices, lead):
    said = alices.get(PAGE).content.decode()
    for rule in ("at most half of the leads", "fewest leads that day", "Territory holders", "same three digits"):
        assert rule in said
    assert "/standing-orders/?state=TX#new" in alices.get("/leads/?state=TX").content.decode()


def test_a_purchase_names_the_order_that_made_it(alices, alice, make_lead):
    give_credits(alice, 20)
    order = order_on(alice)
    lead, _ = make_lead(), make_lead()
    [bought] = services.buy_for_orders(lead_id=lead.pk)

    page = alices.get(f"/purchases/{bought.pk}/").content.decode()
    assert f'<a href="{PAGE}{order.pk}/">Mine</a>' in page
    assert "Bought by “Mine” for alice@example.com" in alices.get("/purchases/").content.decode()
    assert client_of(alice).get(f"/api/v1/purchases/{bought.pk}/").json()["standing_order"] == str(order.pk)

    services.close_order(buyer=alice, order_id=order.pk)
    assert f'href="{PAGE}{order.pk}/"' not in alices.get(f"/purchases/{bought.pk}/").content.decode()


def test_programs_write_agree_change_and_pause(alice, charlie, bob):
    api = client_of(alice)
    made = api.post(API, {"name": "Texas", **ORDER}, format="json").json()
    address = f"{API}{made['id']}/"
    assert (made["state"], made["consent"], made["spent"]["daily_leads"]) == ("off", None, 0)

    assert_problem(api.post(f"{address}consent/", {"terms": "other"}, format="json"), 409, "order_changed")
    assert_problem(api.post(f"{address}consent/", {}, format="json"), 400, "invalid")
    agreed = api.post(f"{address}consent/", {"terms": made["terms"]}, format="json").json()
    assert (agreed["state"], agreed["consent"]["text"]) == ("on", made["text"])
    assert api.patch(address, {"name": "All of Texas"}, format="json").json()["state"] == "on"
    assert api.patch(address, {"daily_leads": 1}, format="json").json()["state"] == "off"
    again = api.get(address).json()
    api.post(f"{address}consent/", {"terms": again["terms"]}, format="json")
    assert api.post(f"{address}pause/").json()["state"] == "paused"

    for method, door in (("get", ""), ("patch", ""), ("post", "consent/"), ("post", "pause/")):
        assert_problem(getattr(client_of(charlie), method)(f"{address}{door}"), 404, "not_found")
    assert_problem(client_of(bob).post(f"{address}pause/"), 403, "not_your_role")
    assert client_of(charlie).get(API).json() == []
    assert client_of(charlie).delete(address).status_code == 204
    assert api.delete(address).status_code == 204
    assert api.get(API).json() == []


def test_what_is_no_order_is_refused(alice, charlie):
    theirs = services.own_territory(member=charlie, name="x", ground=Ground(zip_codes=("78704",)))
    api = client_of(alice)
    for wrong in (
        [],
        {},
        {**ORDER, "daily_leads": None},
        {**ORDER, "daily_leads": 10_001},
        {**ORDER, "territory": str(theirs.pk)},
        {**ORDER, "territory": "south"},
        {**ORDER, "query": 7 * "x" * 5_000},
    ):
        assert_problem(api.post(API, wrong, format="json"), 400, "invalid")
    for refused, code in (({**ORDER, "query": ""}, "order_refused"), ({**ORDER, "query": "x=1"}, "search_refused")):
        assert_problem(api.post(API, refused, format="json"), 422, code)
    assert not StandingOrder.objects.exists()


def test_nobody_agrees_for_another_member(alice, bob):
    bob.role = "buyer"
    bob.save()
    order = order_off(alice)
    told = client_of(bob).get(f"{API}{order.pk}/").json()

    refused = client_of(bob).post(f"{API}{order.pk}/consent/", {"terms": told["terms"]}, format="json")

    assert_problem(refused, 422, "order_refused")
    assert StandingOrder.objects.get().state == "off"
