"""Many leads are judged by as many statements as few, and rows written together are those written one by one."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from aiqleads.core import events
from leads import lead_rows, services
from leads.merging import WRITTEN_FIELDS
from leads.models import Lead, Score
from tests.leads.test_pipeline import record

pytestmark = pytest.mark.django_db

WORDS = ("Fenced yard, must sell.", "New roof, sold as-is.", "Heated pool. We are relocating.", "Quiet street.")
EVERY_FIELD = (*WRITTEN_FIELDS, "features")


def arrive(source, *, start: int, count: int) -> list:
    """So many homes of different words, ingested and not judged yet."""
    for number in range(start, start + count):
        told = {"line": f"{100 + 7 * number} Pine Rd", "phones": (), "contact_name": None, "image_urls": ()}
        words = f"{WORDS[number % len(WORDS)]} Home {number}."
        services.ingest(record=record(external_id=f"h{number}", description=words, **told), source=source)
    return list(Lead.objects.filter(state=Lead.State.NEW).order_by("pk").values_list("pk", flat=True))


def statements(lead_ids) -> int:
    with CaptureQueriesContext(connection) as told:
        services.assess_leads(lead_ids=lead_ids)
    return len(told)


def row(lead_id) -> dict:
    return Lead.objects.filter(pk=lead_id).values().get()


def test_ten_leads_cost_as_many_statements_as_two(open_source):
    few = statements(arrive(open_source, start=0, count=2))
    events.deliver_all()
    ten = arrive(open_source, start=2, count=10)

    many = statements(ten)

    assert (len(ten), many) == (10, few)
    assert Lead.objects.filter(features=["bright rooms", "fenced yard"]).count() == 3
    assert all(services.replay(score.pk).is_same for score in Score.objects.filter(lead__in=ten))


def test_leads_that_tell_nothing_new_are_not_written(open_source):
    ids = arrive(open_source, start=0, count=3)
    services.assess_leads(lead_ids=ids)
    before = [row(lead_id) for lead_id in ids]

    with CaptureQueriesContext(connection) as told:
        services.assess_leads(lead_ids=ids)

    assert [row(lead_id) for lead_id in ids] == before
    assert not [query for query in told if query["sql"].startswith(("UPDATE", 'INSERT INTO "leads_score"'))]


def test_rows_written_together_are_those_that_django_would_write(open_source):
    one, other, third = arrive(open_source, start=0, count=3)
    changes = {
        "beds": Decimal("2.5"),
        "baths": None,
        "asking_price_cents": 9_007_199_254_740_993,
        "latitude": 30.123456789012345,
        "summary": 'Two "beds", a roof\\terrace – ñ',
        "features": ["fenced yard", "new roof"],
        "provenance": {"beds": str(one)},
        "posted_at": datetime(2026, 11, 3, 4, 5, 6, 789012, tzinfo=UTC),
    }
    untouched = row(third)
    leads = list(Lead.objects.filter(pk__in=[one, other]).order_by("pk"))
    for lead in leads:
        for name, value in changes.items():
            setattr(lead, name, value)

    with transaction.atomic(), CaptureQueriesContext(connection) as told:
        lead_rows.write([leads[0]], EVERY_FIELD)
    leads[1].save(update_fields=EVERY_FIELD)

    written, saved = row(leads[0].pk), row(leads[1].pk)
    assert len(told) == 1
    assert {name: written[name] for name in changes} == {name: saved[name] for name in changes} == changes
    assert row(third) == untouched


@pytest.mark.django_db(transaction=True)
def test_rows_are_not_written_outside_a_transaction():
    with pytest.raises(transaction.TransactionManagementError):
        lead_rows.write([], EVERY_FIELD)
