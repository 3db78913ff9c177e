"""The API's watchlist, saved searches and notifications."""

from django.db import transaction

from marketplace import services
from marketplace.models import Notification, WatchedLead
from tests.api.problems import assert_problem


def tell(member, key):
    with transaction.atomic():
        services.notify(
            membership_id=member.pk,
            kind=Notification.Kind.PRICE_DROP,
            key=key,
            says="It costs less",
            path="/leads/",
        )


def test_a_lead_is_watched_listed_and_left(alice_api, lead):
    watched = alice_api.post("/api/v1/watchlist/", {"lead": str(lead.pk)}, format="json")
    again = alice_api.post("/api/v1/watchlist/", {"lead": str(lead.pk)}, format="json")
    listed = alice_api.get("/api/v1/watchlist/")
    left = alice_api.delete(f"/api/v1/watchlist/{lead.pk}/")

    assert (watched.status_code, again.status_code, left.status_code) == (201, 201, 204)
    assert [row["id"] for row in listed.json()["results"]] == [str(lead.pk)]
    assert listed.json()["results"] == [watched.json()]
    assert not WatchedLead.objects.exists()


def test_a_lead_that_never_was_offered_is_not_watched(alice_api, db):
    unknown = alice_api.post("/api/v1/watchlist/", {"lead": "00000000-0000-4000-8000-000000000000"}, format="json")

    assert_problem(unknown, 404, "not_found")


def test_notifications_are_listed_read_and_counted(alice_api, alice):
    for number in range(3):
        tell(alice, f"price:{number}")
    listed = alice_api.get("/api/v1/notifications/").json()["results"]

    first = alice_api.post("/api/v1/notifications/read/", {"ids": [listed[0]["id"]]}, format="json")
    everything = alice_api.post("/api/v1/notifications/read/", {}, format="json")

    assert {row["says"] for row in listed} == {"It costs less"}
    assert (first.json(), everything.json()) == ({"unread": 2}, {"unread": 0})


def test_choices_are_changed_one_by_one(alice_api, alice):
    no_letters = [{"kind": "price_drop", "channel": "email", "is_wanted": False}]

    changed = alice_api.patch("/api/v1/notifications/choices/", no_letters, format="json")
    nonsense = alice_api.patch(
        "/api/v1/notifications/choices/", [{"kind": "smoke", "channel": "email"}], format="json"
    )

    assert changed.json() == alice_api.get("/api/v1/notifications/choices/").json()
    unwanted = [(row["kind"], row["channel"]) for row in changed.json() if not row["is_wanted"]]
    assert unwanted == [("price_drop", "email")]
    assert_problem(nonsense, 400, "invalid")


def test_a_search_is_saved_listed_changed_and_forgotten(alice_api, lead):
    asked = {"query": "beds_min=3&state=TX", "rhythm": "weekly"}
    saved = alice_api.post("/api/v1/saved-searches/", asked, format="json")
    address = f"/api/v1/saved-searches/{saved.json()['id']}/"
    changed = alice_api.patch(address, {"name": "Texas"}, format="json")
    listed = alice_api.get("/api/v1/saved-searches/")

    assert (saved.status_code, changed.status_code) == (201, 200)
    assert saved.json()["words"] == saved.json()["name"] == "TX, 3+ beds"
    assert listed.json() == [changed.json()]
    assert changed.json() == {**saved.json(), "name": "Texas"}
    assert alice_api.delete(address).status_code == 204
    assert alice_api.get("/api/v1/saved-searches/").json() == []


def test_a_search_for_everything_is_refused_and_an_unknown_one_not_found(alice_api, db):
    everything = alice_api.post("/api/v1/saved-searches/", {"query": "sort=price"}, format="json")
    address = "/api/v1/saved-searches/00000000-0000-4000-8000-000000000000/"

    assert_problem(everything, 422, "search_refused")
    assert_problem(alice_api.patch(address, {"rhythm": "daily"}, format="json"), 404, "not_found")


def test_recommendations_say_why(alice_api, lead):
    [one] = alice_api.get("/api/v1/recommendations/").json()

    assert (one["id"], one["reason"]) == (str(lead.pk), "Among the best on offer now.")
