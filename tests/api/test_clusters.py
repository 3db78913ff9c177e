"""The map over the API, and as the page asks for it."""

import pytest

from tests.api.problems import assert_problem

AROUND_AUSTIN = "bbox=-98.5,29.5,-97,31&zoom=11"


def test_the_map_tells_prices_and_states_as_the_caller_sees_them(anonymous, client, make_lead):
    lead = make_lead(street="Maple Ave", price_credits=12)

    found = anonymous.get(f"/api/v1/leads/clusters/?{AROUND_AUSTIN}").json()

    assert (found["count"], found["is_estimated"], found["not_on_map"], found["clusters"]) == (1, False, 0, [])
    [marker] = found["leads"]
    assert marker.keys() == {"id", "latitude", "longitude", "title", "kind", "tier", "price_credits", "offer"}
    assert (marker["id"], marker["price_credits"], marker["offer"]) == (str(lead.pk), 12, "free")
    assert client.get(f"/leads/map/?{AROUND_AUSTIN}").json() == found


def test_filters_narrow_the_map_as_they_do_the_list(anonymous, client, make_lead):
    make_lead(beds=2)
    make_lead(beds=4)

    for address in ("/api/v1/leads/clusters/", "/leads/map/"):
        found = client.get(f"{address}?{AROUND_AUSTIN}&beds_min=3").json()
        assert found["count"] == 1


NO_WINDOWS = """
bbox=-98,29,-97,31
zoom=4
bbox=-98,29,-97&zoom=4
bbox=-98,31,-97,29&zoom=4
bbox=-98,29,-98,31&zoom=4
bbox=nan,29,-97,31&zoom=4
bbox=-98,29,197,31&zoom=4
bbox=-98,29,-97,31&zoom=19
bbox=-98,29,-97,31&zoom=4&price_max=0
"""


@pytest.mark.parametrize("window", NO_WINDOWS.split("\n")[:-1])
def test_a_window_that_is_none_is_refused(anonymous, client, window, db):
    assert_problem(anonymous.get(f"/api/v1/leads/clusters/?{window}"), 400, "invalid")
    refused = client.get(f"/leads/map/?{window}")
    assert refused.status_code == 400
    assert refused.json()["errors"]


def test_the_map_asks_the_database_as_often_for_ten_leads_as_for_one(client, make_lead, django_assert_num_queries):
    for _ in range(10):
        make_lead()

    with django_assert_num_queries(6):
        assert client.get(f"/leads/map/?{AROUND_AUSTIN}").json()["count"] == 10
