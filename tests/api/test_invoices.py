"""Invoices for programs, and whom they are made out to."""

import pytest
from django.test import Client

from billing.models import BillingProfile
from tests.billing.money import paid
from tests.billing.test_invoicing import issued
from tests.billing.test_pages_of_invoices import PROFILE
from tests.conftest import log_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"region": "Texas"}, "Two letters of a state"),
        ({"country": "USA"}, "at most 2"),
        ({"country": "U1"}, "Two letters, such as US"),
        ({"postal_code": "787"}, "Five digits"),
        ({"name": ""}, "required"),
        ({"email": "books"}, "Enter a valid"),
    ],
)
def test_an_address_that_cannot_be_is_refused_by_page_and_api(alice, api, changed, says):
    page = log_in(Client(), alice.user).post("/credits/billing-profile/", {**PROFILE, **changed})
    answer = api(alice.user).put("/api/v1/credits/billing-profile/", {**PROFILE, **changed}, format="json")

    assert (page.status_code, says in page.text) == (400, True)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, list(changed))
    assert not BillingProfile.objects.exists()


def test_programs_read_invoices_and_the_profile(api, alice, charlie):
    invoice = issued(paid(alice, tax_cents=404))
    mine, theirs = api(alice.user), api(charlie.user)
    assert mine.get("/api/v1/credits/billing-profile/").status_code == 404

    put = mine.put("/api/v1/credits/billing-profile/", {**PROFILE, "country": "US"}, format="json")
    listed = mine.get("/api/v1/invoices/").json()["results"]

    assert put.json() == mine.get("/api/v1/credits/billing-profile/").json()
    assert (put.json()["name"], put.json()["region"]) == ("Alice Realty", "TX")
    assert [(one["number"], one["kind"], one["corrects"], one["total_cents"]) for one in listed] == [
        (invoice.number, "invoice", None, 5_304)
    ]
    assert mine.get(f"/api/v1/invoices/{invoice.pk}/file/").content[:5] == b"%PDF-"
    assert theirs.get(f"/api/v1/invoices/{invoice.pk}/file/").status_code == 404
    assert theirs.get("/api/v1/invoices/").json()["results"] == []
