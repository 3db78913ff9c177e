"""What suppliers' programs send besides leads: many at once, odd values, and keys that end on the way."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from leads.models import Lead, Observation
from marketplace.models import Listing
from scraping import suppliers
from scraping.models import SupplierKey
from tests.api.test_intake import INTAKE, LEAD, sent
from tests.conftest import make_source

pytestmark = pytest.mark.django_db


def partner_of(source, olga) -> APIClient:
    client = APIClient(raise_request_exception=False)
    _, plain = suppliers.issue_key(source=source, name="Partner", actor_id=olga.pk)
    client.credentials(HTTP_AUTHORIZATION=f"Supplier {plain}")
    return client


@pytest.fixture
def partner(open_source, olga) -> APIClient:
    return partner_of(open_source, olga)


@pytest.fixture
def rival(olga) -> APIClient:
    return partner_of(make_source("other-site", may_list=True), olga)


def homes(count, **facts):
    """Leads of homes that are not each other's."""
    return [
        {**LEAD, "id": f"P-{number}", "address": f"{number} S Oak St", "contact": phone(number), **facts}
        for number in range(1, count + 1)
    ]


def phone(number):
    return {"name": f"Owner {number}", "phones": [f"512-555-{100 + number % 100:04}"]}


def raw(partner, text):
    return partner.generic("POST", INTAKE, text, content_type="application/json")


def test_one_bad_lead_among_many_is_named_and_the_others_are_taken_in(partner):
    leads = homes(60)
    leads[29] |= {"beds": -1, "zip": "x"}

    results = sent(partner, {"leads": leads})["results"]

    assert [one["id"] for one in results] == [one["id"] for one in leads]
    assert [number for number, one in enumerate(results) if one["outcome"] != "new"] == [29]
    assert results[29]["outcome"] == "rejected"
    assert "beds: " in results[29]["reason"]
    assert "zip: " in results[29]["reason"]
    assert Lead.objects.count() == 59


def test_many_are_taken_in_together(partner):
    with CaptureQueriesContext(connection) as few:
        sent(partner, {"leads": homes(1)})
    with CaptureQueriesContext(connection) as many:
        sent(partner, {"leads": [{**one, "id": f"Q-{one['id']}"} for one in homes(40, city="Dallas", zip="75201")]})

    assert Lead.objects.count() == 41
    assert len(many) < len(few) + 2 * 40  # whether each was told elsewhere, and no more


def test_more_than_may_come_at_once_are_refused_together(partner):
    refused = sent(partner, {"leads": homes(suppliers.MAX_LEADS + 1)}, status=422)

    assert refused["errors"] == {"leads": [f"A list of 1 to {suppliers.MAX_LEADS} leads."]}
    assert not Observation.objects.exists()


@pytest.mark.parametrize("is_test", [False, True])
def test_a_rivals_home_is_answered_like_any_other(partner, rival, is_test):
    """Same words, same order, and the same questions to the database: nothing tells by its time whose it was."""
    sent(partner, {"leads": homes(2)})
    sent(rival, {"test": True, "leads": homes(1)})  # the first use of a key is noted
    asked = {}
    for name, told in (("known", homes(2)), ("new", homes(2, city="Dallas", zip="75201"))):
        leads = [{**one, "id": f"{name}-{one['id']}"} for one in told]
        with CaptureQueriesContext(connection) as queries:
            reply = sent(rival, {"test": is_test, "leads": leads})
        asked[name] = (reply["results"], len(queries))

    outcomes = {name: [one["outcome"] for one in results] for name, (results, _) in asked.items()}
    assert outcomes == (
        {"known": ["accepted"] * 2, "new": ["accepted"] * 2}
        if is_test
        else {"known": ["duplicate"] * 2, "new": ["new"] * 2}
    )
    assert all(one["reason"] == "" and one["warnings"] == [] for results, _ in asked.values() for one in results)
    if is_test:
        assert asked["known"][1] == asked["new"][1]


def test_a_test_leaves_nothing_in_the_market(partner):
    key = {"HTTP_IDEMPOTENCY_KEY": "try-1"}
    tried = [partner.post(INTAKE, {"test": True, "leads": homes(3)}, format="json", **key) for _ in range(2)]

    assert [one["outcome"] for one in tried[1].json()["results"]] == ["accepted"] * 3
    assert tried[1]["Idempotency-Replayed"] == "true"
    assert not Observation.objects.exists()
    assert not Lead.objects.exists()
    assert not Listing.objects.exists()


def test_a_key_that_ends_on_the_way_takes_no_more_in(open_source, olga):
    key, _ = suppliers.issue_key(source=open_source, name="Partner", actor_id=olga.pk)
    opened = SupplierKey.objects.select_related("source").get(pk=key.pk)
    suppliers.revoke_key(key_id=key.pk, actor_id=olga.pk)
    from scraping.serializers import IntakeLeadSerializer

    lead = IntakeLeadSerializer(data=LEAD)
    lead.is_valid(raise_exception=True)

    [received] = suppliers.receive(key=opened, listings=[lead.listing()], is_test=False)

    assert (received.id, received.outcome, received.reason) == ("P-1", "rejected", suppliers.REVOKED)
    assert not Observation.objects.exists()


ODD_TEXTS = {
    "not JSON: NaN": ('{"id": "P-1", "latitude": NaN}', 400),
    "not JSON: Infinity": ('{"id": "P-1", "latitude": -Infinity}', 400),
    "half a character": ('{"id": "\\ud800"}', 400),
    "nested": ('{"leads": ' + "[" * 100_000 + "]" * 100_000 + "}", 400),
    "a number of many digits": ('{"id": ' + "9" * 5_000 + "}", 400),
    "not UTF-8": (b'{"id": "\xff"}', 400),
}


@pytest.mark.parametrize("odd", ODD_TEXTS)
def test_what_is_no_text_of_ours_is_refused(partner, odd):
    text, status = ODD_TEXTS[odd]

    answer = raw(partner, text)

    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert not Observation.objects.exists()


def with_contact(**facts):
    return {"contact": {**LEAD["contact"], **facts}}


def with_consent(**facts):
    return {"consent": {**LEAD["consent"], **facts}}


ODD_FIELDS = [
    ({"latitude": 1e400}, "latitude"),
    ({"beds": 1e400}, "beds"),
    ({"asking_price": -0.0}, "asking_price"),
    ({"asking_price": "-0"}, "asking_price"),
    ({"asking_price": 10**30}, "asking_price"),
    ({"zip": "\u0667\u0668\u0667\u0660\u0664"}, "zip"),
    ({"posted_at": "0000-01-01T00:00:00Z"}, "posted_at"),
    ({"posted_at": "0001-01-01T00:00:00+14:00"}, "posted_at"),
    ({"posted_at": "9999-12-31T23:59:59-12:00"}, "posted_at"),
    (with_consent(given_at="0000-00-00T00:00:00Z"), "consent"),
    (with_consent(given_at="9999-12-31T23:59:59Z"), "consent"),
    ({"description": "a\u0000b"}, "description"),
    ({"details": {"lender\u0000": "x"}}, "details"),
    ({"details": {"lender": "\u0000"}}, "details"),
    (with_contact(name="\u0000"), "contact"),
    (with_contact(emails=["a@b\u0000.example"]), "contact"),
    (with_contact(phones=[[["512-555-0142"]]]), "contact"),
    ({"id": {"$ne": ""}}, "id"),
    ({"id": True}, "id"),
]


@pytest.mark.parametrize(("facts", "field"), ODD_FIELDS)
def test_a_value_that_cannot_be_is_named_and_nothing_is_kept(partner, facts, field):
    answer = raw(partner, json.dumps({**LEAD, **facts}).replace("Infinity", "1e400"))

    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field]), answer.content
    assert not Observation.objects.exists()


@pytest.mark.parametrize(
    "facts",
    [
        {"posted_at": "0001-01-01T00:00:00Z"},
        {"posted_at": "9999-12-31T23:59:59Z"},
        {"address": "1204 S Oak St\u202e\u200f"},
        {"city": "\u202eAustin\u202c"},
        {"latitude": -0.0, "longitude": -0.0},
        {"id": "\u202e\U0001f3e0"},
        with_contact(name="\u202eycasC\u202c Homeowner"),
    ],
)
def test_what_is_odd_and_can_be_is_taken_in_and_shown_without_tricks(partner, facts):
    reply = sent(partner, {**LEAD, **facts})

    assert reply["results"][0]["outcome"] == "new"
    lead = Lead.objects.get()
    assert not {"\u202e", "\u200f", "\u202c"} & set(f"{lead.city}{lead.address_line}{lead.street}")
    assert not {"\u202e", "\u202c"} & set("".join(one.name or "" for one in lead.contacts.all()))
