"""The API's webhooks, CRM account, deliveries and table."""

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from standardwebhooks.webhooks import Webhook

from aiqleads.core.models import AuditEntry
from leads.models import Contact
from marketplace import services
from marketplace.models import Delivery, Receiver
from tests.api.conftest import client_of, proven_client_of
from tests.api.problems import assert_problem
from tests.conftest import body_of
from tests.marketplace.receiving import receiving
from tests.marketplace.returned import buy

WISH = {"url": "https://127.0.0.1:8443/hooks", "events": ["lead.purchased", "hold.ended"]}


@pytest.fixture
def api():
    return proven_client_of


@pytest.fixture
def alice_api(alice):
    return proven_client_of(alice)


def add(client, **change):
    return client.post("/api/v1/webhooks/", {**WISH, **change}, format="json")


def test_a_webhook_is_kept_changed_and_removed_and_tells_its_secret_once(alice_api, alice):
    made = add(alice_api)
    address = f"/api/v1/webhooks/{made.json()['id']}/"
    changed = alice_api.patch(address, {"events": ["return.decided"]}, format="json")
    listed = alice_api.get("/api/v1/webhooks/")
    off = alice_api.patch(address, {"is_on": False}, format="json")
    gone = alice_api.delete(address)

    assert (made.status_code, gone.status_code) == (201, 204)
    assert made.json()["secret"].startswith("whsec_")
    assert changed.json()["events"] == ["return.decided"]
    assert listed.json() == [changed.json()]
    assert "secret" not in listed.json()[0]
    assert (off.json()["is_on"], off.json()["off_because"]) == (False, "Switched off.")
    assert_problem(alice_api.get(address), 404, "not_found")
    kept = Receiver.objects.get()
    assert (kept.url, kept.secret) == (None, None)


def test_where_leads_go_and_all_of_them_at_once_ask_who_it_is_first(alice, alice_api):
    made = add(alice_api).json()["id"]
    unproven = client_of(alice)

    for method, path in (
        ("post", "webhooks/"),
        ("patch", f"webhooks/{made}/"),
        ("delete", f"webhooks/{made}/"),
        ("post", f"webhooks/{made}/secret/"),
        ("put", "follow-up-boss/"),
        ("delete", "follow-up-boss/"),
        ("get", "purchases/export.csv"),
    ):
        assert_problem(getattr(unproven, method)(f"/api/v1/{path}"), 403, "step_up_required")

    assert Receiver.objects.get().removed_at is None
    assert unproven.get("/api/v1/webhooks/").status_code == 200


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hooks",
        "https://10.0.0.1/hooks",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::ffff:10.0.0.1]/",
        "https://user:password@example.com/",
        "https://127.0.0.1:22/",
        "ftp://example.com/",
        "https://exa mple.com/",
        "https://",
        "javascript:alert(1)",
        "https://example.com:99999/",
        f"https://example.com/{'x' * 3000}",
    ],
)
def test_an_address_that_is_none_of_the_public_network_is_refused(alice_api, alice, settings, url):
    settings.DELIVER_TO_LOOPBACK = False

    refused = add(alice_api, url=url)

    assert refused.status_code in {400, 422}
    assert not Receiver.objects.exists()


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "https://localhost/", "https://[::1]/"])
def test_this_machine_is_never_sent_to_in_production(alice_api, alice, settings, url):
    settings.DELIVER_TO_LOOPBACK = False

    assert_problem(add(alice_api, url=url), 422, "receiver_refused")


@pytest.mark.parametrize("events", [[], ["lead.everything"], ["webhook.test"], "lead.purchased", [["x"]]])
def test_events_that_there_are_none_of_are_refused(alice_api, alice, events):
    assert_problem(add(alice_api, events=events), 400, "invalid")


def test_only_owners_see_and_change_where_leads_go(api, bob, alice_api):
    made = add(alice_api).json()
    viewer = api(bob.user)

    for answer in (
        viewer.get("/api/v1/webhooks/"),
        viewer.post(f"/api/v1/webhooks/{made['id']}/secret/"),
        viewer.put("/api/v1/follow-up-boss/", {"key": "x"}, format="json"),
        viewer.put("/api/v1/delivery-settings/", {"is_mailed": False}, format="json"),
    ):
        assert_problem(answer, 403, "not_your_role")
    assert Receiver.objects.count() == 1


def test_nobody_reaches_the_webhooks_of_another_organisation(api, alice_api, charlie):
    address = f"/api/v1/webhooks/{add(alice_api).json()['id']}/"
    stranger = api(charlie.user)

    asked = [
        stranger.get(address),
        stranger.patch(address, {"is_on": False}, format="json"),
        stranger.delete(address),
        stranger.post(f"{address}test/"),
        stranger.post(f"{address}secret/"),
        stranger.get(f"{address}deliveries/"),
    ]

    assert {answer.status_code for answer in asked} == {404}
    assert Receiver.objects.get().is_on


def test_as_many_webhooks_as_anybody_may_have(alice_api, alice):
    for number in range(10):
        assert add(alice_api, url=f"https://127.0.0.1:8443/{number}").status_code == 201

    assert_problem(add(alice_api), 422, "receiver_refused")
    assert_problem(add(alice_api, url="https://127.0.0.1:8443/1"), 422, "receiver_refused")


def test_a_test_is_sent_once_and_logged_by_its_shape(alice_api, alice):
    with receiving(status=500) as receiver:
        made = add(alice_api, url=receiver.url).json()
        address = f"/api/v1/webhooks/{made['id']}"
        asked = alice_api.post(f"{address}/test/")
        again = alice_api.post(f"{address}/test/")
        services.send_due()

    assert asked.status_code == 202
    assert_problem(again, 429, "test_is_waiting")
    [logged] = alice_api.get(f"{address}/deliveries/").json()["results"]
    assert (logged["id"], logged["state"]) == (asked.json()["id"], "dead")
    assert [one["status"] for one in logged["tries"]] == [500]
    assert logged["shape"]["data"] == {"says": "text"}


def test_a_changed_secret_overlaps_with_the_old_one_for_a_day(alice_api, alice, clock):
    with receiving() as receiver:
        made = add(alice_api, url=receiver.url).json()
        address = f"/api/v1/webhooks/{made['id']}"
        changed = alice_api.post(f"{address}/secret/").json()
        for hours in (23, 2):
            clock.advance(hours=hours)
            alice_api.post(f"{address}/test/")
            services.send_due()

    (during, first), (after, second) = receiver.got
    for secret in (made["secret"], changed["secret"]):
        Webhook(secret).verify(first, during)
    Webhook(changed["secret"]).verify(second, after)
    assert len(after["webhook-signature"].split()) == 1


def test_a_purchase_tells_how_it_was_delivered_and_is_sent_again(alice_api, api, alice, charlie, lead):
    purchase = buy(lead, alice)
    services.send_due()
    address = f"/api/v1/purchases/{purchase.pk}/deliveries/"

    told = {one["channel"]: one for one in alice_api.get(address).json()}
    again = alice_api.post(f"/api/v1/deliveries/{told['email']['id']}/replay/")
    twice = alice_api.post(f"/api/v1/deliveries/{told['email']['id']}/replay/")

    assert {one["state"] for one in told.values()} == {"delivered"}
    assert (again.status_code, again.json()["state"]) == (202, "waiting")
    assert_problem(twice, 409, "delivery_not_replayed")
    assert_problem(
        alice_api.post(f"/api/v1/deliveries/{told['in_app']['id']}/replay/"), 409, "delivery_not_replayed"
    )
    stranger = api(charlie.user)
    assert_problem(stranger.get(address), 404, "not_found")
    assert_problem(stranger.post(f"/api/v1/deliveries/{told['email']['id']}/replay/"), 404, "not_found")


def test_the_crm_account_never_tells_its_key(alice_api, alice):
    assert_problem(alice_api.get("/api/v1/follow-up-boss/"), 404, "not_found")
    connected = alice_api.put("/api/v1/follow-up-boss/", {"key": "fka_0123"}, format="json")
    bad = alice_api.put("/api/v1/follow-up-boss/", {"key": "fka\n0123"}, format="json")

    assert connected.json()["is_on"] is True
    assert "fka" not in str(connected.json())
    assert bad.status_code in {400, 422}
    assert alice_api.delete("/api/v1/follow-up-boss/").status_code == 204
    assert alice_api.delete("/api/v1/follow-up-boss/").status_code == 204


def rows_of(answer):
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(body_of(answer).decode())))


def test_the_table_holds_what_may_be_used_and_runs_no_formula(alice_api, alice, make_lead):
    lead = make_lead(address_line="=HYPERLINK(0)", summary="\t+1+1 on two\nlines")
    Contact.objects.create(
        lead=lead,
        observation=lead.observations.get(),
        name="@Casey",
        phone="+15125550142",
        email="casey.home@example.com",
    )
    buy(lead, alice)

    [row] = rows_of(alice_api.get("/api/v1/purchases/export.csv"))

    assert row["address_line"] == "'=HYPERLINK(0)"
    assert row["contact_names"] == "'@Casey"
    assert row["summary"] == "'+1+1 on two lines"
    assert (row["phones"], row["call_allowed"]) == ("", "no")
    assert (row["emails"], row["email_allowed"]) == ("casey.home@example.com", "yes")


def test_a_page_of_the_table_costs_as_many_queries_however_many_rows_it_has(alice, make_lead):
    for _ in range(3):
        buy(make_lead(), alice)

    with CaptureQueriesContext(connection) as of_one:
        first = services.export_page(member=alice, cursor=None, rows=1)
    with CaptureQueriesContext(connection) as of_two:
        rest = services.export_page(member=alice, cursor=first.next, rows=2)

    assert len(of_two) == len(of_one)
    assert (len(first.lines.splitlines()), len(rest.lines.splitlines()), rest.next) == (1, 2, None)
    assert AuditEntry.objects.filter(action="contact.exported").count() == 3


def test_viewers_take_no_table_out(api, bob, alice, lead):
    buy(lead, alice)

    assert_problem(api(bob.user).get("/api/v1/purchases/export.csv"), 403, "not_your_role")


def test_what_came_back_stands_in_the_table_without_number_and_contact(alice_api, alice, lead, olga):
    purchase = buy(lead, alice)
    asked = services.request_return(
        purchase_id=purchase.pk, buyer=alice, reason="not_the_owner", explanation="A tenant."
    )
    services.decide_return(return_id=asked.pk, is_accepted=True, says="Agreed.", actor_id=olga.pk)

    [row] = rows_of(alice_api.get("/api/v1/purchases/export.csv"))

    assert (row["state"], row["address_line"], row["emails"]) == ("returned", "Hidden Creek Road", "")
    assert row["post_allowed"] == "no"
    assert Delivery.objects.filter(channel="email").get().state == "cancelled"
