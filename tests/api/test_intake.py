"""POST intake/: suppliers under keys of their own, one source each, the same lead once."""

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from aiqleads.core import events
from aiqleads.core.models import AuditEntry
from leads.models import Consent, Lead, Observation, SourceRight
from marketplace.models import Listing
from scraping import suppliers
from scraping.models import SupplierKey
from tests.api.problems import assert_problem
from tests.conftest import log_in, make_source

pytestmark = pytest.mark.django_db
INTAKE = "/api/v1/intake/"
CONSENT = {
    "text_version": "v7",
    "given_at": "2026-01-20T10:00:00Z",
    "channels": ["call", "email"],
    "agents": 1,
    "proof": {"ip_address": "192.0.2.7", "url": "https://partner.example.com/form"},
}
LEAD = {
    "id": "P-1",
    "kind": "owner_submitted",
    "address": "1204 S Oak St",
    "city": "Austin",
    "state": "TX",
    "zip": "78704",
    "beds": 3,
    "asking_price": 412000,
    "contact": {"name": "Casey Homeowner", "phones": ["512-555-0142"]},
    "consent": CONSENT,
}


@pytest.fixture
def key(open_source, olga):
    return suppliers.issue_key(source=open_source, name="Partner", actor_id=olga.pk)


@pytest.fixture
def partner(key) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Supplier {key[1]}")
    return client


def sent(partner, body, status=200):
    answer = partner.post(INTAKE, body, format="json")
    assert answer.status_code == status, answer.content
    return answer.json()


def test_a_suppliers_lead_is_listed_with_its_consent(partner, open_source):
    reply = sent(partner, LEAD)
    events.deliver_all()

    assert reply == {"test": False, "results": [{"id": "P-1", "outcome": "new", "reason": "", "warnings": []}]}
    assert Listing.objects.offered().get().lead == Lead.objects.get(kind="owner_submitted")
    consent = Consent.objects.get()
    assert (consent.text_version, consent.channels, consent.agents) == ("v7", ["call", "email"], 1)
    assert consent.proof["ip_address"] == "192.0.2.7"
    assert Observation.objects.get().source == open_source


def test_the_same_lead_again_changes_nothing_and_another_text_replaces_it(partner):
    outcomes = [sent(partner, body)["results"][0]["outcome"] for body in (LEAD, LEAD, {**LEAD, "beds": 4})]

    assert outcomes == ["new", "seen", "changed"]
    assert Lead.objects.count() == 1


def test_the_same_request_again_is_answered_as_the_first_was(partner):
    key = {"HTTP_IDEMPOTENCY_KEY": "batch-1"}
    first = partner.post(INTAKE, LEAD, format="json", **key)
    again = partner.post(INTAKE, LEAD, format="json", **key)
    other = partner.post(INTAKE, {**LEAD, "beds": 4}, format="json", **key)

    assert first.json()["results"][0]["outcome"] == "new"
    assert (again.json(), again["Idempotency-Replayed"]) == (first.json(), "true")
    assert_problem(other, 422, "idempotency_key_reused")
    assert Lead.objects.get().beds == 3


def test_a_key_of_one_supplier_is_not_anothers(partner, olga):
    other = suppliers.issue_key(source=make_source("other-site", may_list=True), name="Rival", actor_id=olga.pk)
    rival = APIClient()
    rival.credentials(HTTP_AUTHORIZATION=f"Supplier {other[1]}")

    told = [
        one.post(INTAKE, LEAD, format="json", HTTP_IDEMPOTENCY_KEY="batch-1").json() for one in (partner, rival)
    ]

    assert [one["results"][0]["outcome"] for one in told] == ["new", "duplicate"]


def test_a_home_that_another_told_of_is_a_duplicate_and_nobody_says_whose(partner, olga):
    other = suppliers.issue_key(source=make_source("other-site", may_list=True), name="Rival", actor_id=olga.pk)
    rival = APIClient()
    rival.credentials(HTTP_AUTHORIZATION=f"Supplier {other[1]}")
    sent(partner, LEAD)

    first, again = sent(rival, {**LEAD, "id": "R-9"}), sent(rival, {**LEAD, "id": "R-9"})
    tested = sent(rival, {"test": True, "leads": [{**LEAD, "id": "R-10"}]})

    assert first["results"] == [{"id": "R-9", "outcome": "duplicate", "reason": "", "warnings": []}]
    assert [one["results"][0]["outcome"] for one in (again, tested)] == ["seen", "accepted"]
    assert Lead.objects.count() == 1


def test_two_keys_of_a_source_open_it_until_one_is_revoked(partner, key, olga, open_source):
    _, second = suppliers.issue_key(source=open_source, name="Partner, next", actor_id=olga.pk)
    changed = APIClient()
    changed.credentials(HTTP_AUTHORIZATION=f"Supplier {second}")

    outcomes = [sent(client, LEAD)["results"][0]["outcome"] for client in (partner, changed)]
    suppliers.revoke_key(key_id=key[0].pk, actor_id=olga.pk)

    assert outcomes == ["new", "seen"]
    assert partner.post(INTAKE, LEAD, format="json").status_code == 401
    assert sent(changed, LEAD)["results"][0]["outcome"] == "seen"


def test_a_test_checks_everything_and_stores_nothing(partner, unchanged_leads):
    reply = sent(partner, {"test": True, "leads": [LEAD, {**LEAD, "id": "P-2", "zip": "10001"}]})

    assert [result["outcome"] for result in reply["results"]] == ["accepted", "accepted"]
    assert reply["results"][1]["warnings"] == ["zip: it lies in another state"]


@pytest.fixture
def unchanged_leads(db):
    yield
    assert not Observation.objects.exists()
    assert not Lead.objects.exists()


def test_each_of_many_has_its_own_outcome_and_reason(partner):
    reply = sent(partner, {"leads": [LEAD, {**LEAD, "id": "P-2", "kind": "gold", "consent": {"agents": 9}}, "x"]})

    first, second, third = reply["results"]
    assert (first["outcome"], second["id"], second["outcome"], third["outcome"]) == (
        "new",
        "P-2",
        "rejected",
        "rejected",
    )
    assert 'kind: "gold" is not a valid choice.' in second["reason"]
    assert "consent.agents: Ensure this value is less than or equal to 3." in second["reason"]
    assert Observation.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**LEAD, "zip": "abc"}, "zip"),
        ({**LEAD, "consent": None}, "consent"),
        ({key: LEAD[key] for key in LEAD if key != "consent"}, "consent"),
        ({**LEAD, "kind": "fsbo", "address": ""}, "address"),
        ({**LEAD, "details": {"shoe_size": "43"}}, "details"),
        ({**LEAD, "beds": -1}, "beds"),
        ({**LEAD, "id": "\u0000"}, "id"),
        ({**LEAD, "consent": {**CONSENT, "given_at": "2999-01-01T00:00:00Z"}}, "consent"),
        ({"test": "yes", "leads": [LEAD]}, "test"),
        ({"leads": []}, "leads"),
        ({"leads": [LEAD] * 501}, "leads"),
        ({"leads": "all of them"}, "leads"),
        ([], "leads"),
        ({}, "id"),
    ],
)
def test_what_cannot_be_used_is_said_in_its_fields_words(partner, unchanged_leads, body, field):
    problem = sent(partner, body, status=422)

    assert problem["code"] == "invalid_leads"
    assert field in problem["errors"]


def test_without_a_key_or_with_a_revoked_one_nobody_gets_in(partner, key, olga, unchanged_leads):
    suppliers.revoke_key(key_id=key[0].pk, actor_id=olga.pk)

    for client in (partner, APIClient()):
        answer = client.post(INTAKE, LEAD, format="json")
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Supplier")
    assert AuditEntry.objects.filter(action__startswith="supplier_key.").count() == 2


def test_the_key_is_kept_nowhere_and_noted_when_used(partner, key):
    sent(partner, {**LEAD, "test": True})

    row = SupplierKey.objects.values().get()
    assert key[1] not in str(row)
    assert row["used_at"] is not None
    assert key[1] not in str(list(AuditEntry.objects.values()))


def test_a_source_that_may_not_be_offered_takes_nothing_in(partner, open_source, unchanged_leads):
    SourceRight.objects.filter(source=open_source).update(may_list=False)

    assert sent(partner, LEAD, status=422)["code"] == "supplier_refused"


def test_a_supplier_is_slowed_down_by_key(partner):
    answers = [partner.post(INTAKE, {"leads": []}, format="json") for _ in range(61)]

    assert (answers[-2].status_code, answers[-1].status_code) == (422, 429)
    assert "Retry-After" in answers[-1].headers


def test_the_key_is_shown_once_in_the_admin(client, olga, open_source):
    log_in(client, olga)

    page = client.post(
        reverse("admin:scraping_supplierkey_issue"), {"source": open_source.pk, "name": "Partner"}, follow=True
    )

    issued = SupplierKey.objects.get()
    assert issued.beginning in page.content.decode()
    assert "shown this once: sup_" in page.content.decode()
    assert "shown this once" not in client.get("/admin/scraping/supplierkey/").content.decode()
