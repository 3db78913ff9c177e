"""Every problem has a page that says what it means and what to do, for people and for programs."""

import re

import pytest
from rest_framework import exceptions

from aiqleads.core.known_problems import known_problems
from aiqleads.core.problems import UnknownCursor
from aiqleads.core.refusals import Refusal
from marketplace.errors import LeadUnavailable

OURS = {"aiqleads", "accounts", "ai", "leads", "pricing", "billing", "scraping", "marketplace"}


def below(ancestor):
    for child in ancestor.__subclasses__():
        yield child
        yield from below(child)


def of_ours(ancestor):
    return [one for one in below(ancestor) if one.__module__.split(".")[0] in OURS]


def test_every_refusal_says_what_it_means_and_what_to_do(client):
    known = known_problems()

    for refusal in of_ours(Refusal):
        assert refusal.__doc__, refusal
        assert refusal.remedy != Refusal.remedy, f"{refusal}: say what a caller does about it, under `remedy`"
        assert known[refusal.code].status == refusal.status, f"{refusal.code} is answered with two statuses"
        assert refusal.remedy in [one.remedy for one in known[refusal.code].readings]
    assert LeadUnavailable in of_ours(Refusal)


def test_every_error_of_the_apis_own_does_too(client):
    for error in of_ours(exceptions.APIException):
        assert error.remedy, error
        assert known_problems()[error.default_code].status == error.status_code
    assert UnknownCursor in of_ours(exceptions.APIException)


def test_the_list_leads_to_a_page_for_each(client, db):
    page = client.get("/problems/").content.decode()
    listed = client.get("/problems/", headers={"accept": "application/json"}).json()["problems"]

    codes = [one["code"] for one in listed]
    assert codes == list(known_problems())
    assert re.findall(r'href="/problems/(\w+)"', page) == codes
    for code in codes:
        answer = client.get(f"/problems/{code}", headers={"accept": "application/json"})
        assert (answer.status_code, answer["Vary"].count("Accept")) == (200, 1)
        assert answer.json() in listed


def test_a_page_says_to_people_what_the_document_says_to_programs(client, db):
    answer = client.get("/problems/lead_unavailable")
    document = client.get("/problems/lead_unavailable", headers={"accept": "application/json"}).json()

    assert answer["Content-Type"].startswith("text/html")
    assert "<h1><code>lead_unavailable</code></h1>" in answer.content.decode()
    assert "Try again after <code>until</code>, join the lead’s waitlist" in answer.content.decode().replace(
        "&#x27;", "’"
    )
    assert document["type"] == "/problems/lead_unavailable"
    assert (document["status"], document["title"]) == (409, "Conflict")
    assert document["readings"] == [{"meaning": MEANING, "remedy": LeadUnavailable.remedy}]


MEANING = "Somebody else holds or bought the lead. `until` is when a hold ends (ISO time), or null when sold."


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_problem_that_there_is_not_has_no_page(client, db, accept):
    answer = client.get("/problems/no_such_thing", headers={"accept": accept})

    assert answer.status_code == 404
    assert (answer["Content-Type"] == "application/problem+json") == (accept == "application/json")


def test_a_page_is_only_looked_at(client, db):
    assert client.post("/problems/lead_unavailable").status_code == 405
