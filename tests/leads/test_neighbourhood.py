"""Candidates are found by index alone: among a million leads as among a hundred."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads import services, tasks
from leads.models import Contact, DoubtfulPair, Lead, Observation, Score
from leads.neighbourhood import NEAREST, SHARED
from tests.leads.test_grouping import bring
from tests.leads.test_pipeline import record

pytestmark = pytest.mark.django_db

ASKED = {
    "buildings": ["b"],
    "units": ["1"],
    "doors": ["d"],
    "contacts": ["c"],
    "zips": ["78704"],
    "placed": [False],
    "most": 50,
}


def plan(query: str, parameters: dict) -> str:
    """How PostgreSQL would run a query if reading a whole table cost a fortune."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {query}", parameters)
        return "\n".join(row[0] for row in cursor.fetchall())


@pytest.fixture
def many_contacts(open_source) -> None:
    """Enough of them, and counted, for PostgreSQL to tell a good index from a bad one."""
    seen = Observation.objects.get(pk=bring(open_source, external_id="1").observation_id)
    Contact.objects.bulk_create(
        Contact(lead_id=seen.lead_id, observation=seen, phone_hash=f"p{number}", email_hash=f"e{number}")
        for number in range(400)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE leads_contact, leads_observation, leads_lead")


def test_candidates_are_found_by_index(many_contacts):

    found = plan(NEAREST, ASKED)

    assert "Seq Scan" not in found
    for index in ("observation_address", "observation_door", "contact_phone_hash", "contact_email_hash"):
        assert index in found


def test_the_homes_of_a_contact_are_counted_by_index(many_contacts):
    found = plan(SHARED, {"contacts": ["c"], "most": 400})

    assert "Seq Scan" not in found
    assert "contact_phone_hash" in found


def test_what_was_decided_about_a_lead_is_found_by_index(open_source):
    lead = Lead.objects.get(pk=bring(open_source, external_id="1").lead_id)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

    found = DoubtfulPair.objects.filter(first__in=[lead]).explain()

    assert "Seq Scan" not in found


def test_storing_many_records_asks_as_often_as_storing_one(open_source, django_assert_max_num_queries):
    homes = [record(external_id=str(n), line=f"{n} Elm St", phones=(f"+1512555{n:04d}",)) for n in range(1, 41)]

    with django_assert_max_num_queries(22):
        services.ingest_many(records=homes, source=open_source)

    assert Lead.objects.count() == 40


def test_judging_many_leads_asks_as_often_as_judging_one(open_source):
    homes = [
        record(
            external_id=str(n), line=f"{n} Elm St", phones=(f"+1512555{n:04d}",), description=f"Quiet street, {n}."
        )
        for n in range(1, 42)
    ]
    one, *others = (
        taken.lead_id for taken in services.ingest_many(records=homes, source=open_source) if taken.lead_id
    )
    with CaptureQueriesContext(connection) as asked_for_one:
        services.assess_lead(lead_id=one)

    with CaptureQueriesContext(connection) as asked_for_all:
        scores = services.assess_leads(lead_ids=others)

    assert len(scores) == 40
    assert len(asked_for_all) == len(asked_for_one)


def test_the_daily_round_judges_all_that_are_active_or_wait(open_source):
    homes = [record(external_id=str(n), line=f"{n} Elm St", phones=(f"+1512555{n:04d}",)) for n in range(1, 62)]
    services.ingest_many(records=homes, source=open_source)
    Lead.objects.update(state=Lead.State.REVIEW)
    Lead.objects.filter(address_line__startswith="61 ").update(state=Lead.State.REJECTED)

    tasks.rescore()

    assert Score.objects.count() == 60
    assert not Lead.objects.filter(state=Lead.State.REVIEW).exists()
