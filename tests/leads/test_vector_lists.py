"""Many vectors are searched by the lists that the nearest lie in; the answers are those of looking at each."""

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ai.embedding import LOCAL
from leads import nearest, vector_lists, vectors
from leads.models import Lead, LeadVector

LEADS = 400
READS_LISTS = "ivfflat.probes"
READS_ALL = "+ 0 AS distance"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def questions():
    """Leads with vectors about six middles, eight of them in Oklahoma; three vectors to look for."""
    chance = np.random.default_rng(1)
    middles = chance.standard_normal((6, LOCAL.dimensions))
    made = middles[np.arange(LEADS) % 6] + chance.standard_normal((LEADS, LOCAL.dimensions))
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    recipe = vectors.follow(recipe=LOCAL)
    leads = Lead.objects.bulk_create(
        Lead(kind="fsbo", state="active", state_code="TX" if number % 50 else "OK") for number in range(LEADS)
    )
    LeadVector.objects.bulk_create(
        LeadVector(lead=lead, recipe=recipe, text_hash="", vector=vector)
        for lead, vector in zip(leads, made.tolist(), strict=True)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE leads_leadvector; ANALYZE leads_lead")
    return made[:3].astype(np.float32)


def looked(question, **how):
    """The ids found, and what the database was asked."""
    with CaptureQueriesContext(
        connection,
    ) as asked:
        found = nearest.nearest(question, recipe=vectors.serving(), limit=10, **how)
    return [item.lead_id for item in found], " ".join(query["sql"] for query in asked)


def test_there_are_lists_while_there_are_many_vectors(questions):
    assert vector_lists.keep(from_rows=LEADS + 1) is False
    assert vector_lists.kept() is None

    assert vector_lists.keep(from_rows=LEADS) is True
    assert vector_lists.kept() == vector_lists.Lists(count=300)
    assert vector_lists.kept().looked_into == 40
    assert vector_lists.keep(from_rows=LEADS) is False

    assert vector_lists.keep(from_rows=2 * LEADS + 2) is True
    assert vector_lists.kept() is None


def test_the_nearest_lists_hold_what_looking_at_each_finds(questions):
    everywhere = [looked(question) for question in questions]
    vector_lists.keep(from_rows=LEADS)

    by_lists = [looked(question, wide_from=LEADS) for question in questions]

    assert all(READS_ALL in asked for _, asked in everywhere)
    assert all(READS_LISTS in asked and READS_ALL not in asked for _, asked in by_lists)
    for (found, _), (expected, _) in zip(by_lists, everywhere, strict=True):
        assert found[0] == expected[0]
        assert len(set(found) & set(expected)) >= 9


def test_where_few_may_be_an_answer_each_is_looked_at(questions):
    among = Lead.objects.filter(state_code="OK").values("pk")
    expected, _ = looked(questions[0], among=among)
    vector_lists.keep(from_rows=LEADS)

    found, asked = looked(questions[0], among=among, wide_from=LEADS)

    assert READS_LISTS not in asked
    assert len(found) == 8
    assert found == expected


def test_where_the_lists_hold_too_few_answers_each_is_looked_at(questions):
    expected, _ = looked(questions[0], state_code="OK")
    vector_lists.keep(from_rows=LEADS)

    found, asked = looked(questions[0], state_code="OK", wide_from=1)

    assert READS_LISTS in asked
    assert READS_ALL in asked
    assert found == expected


def test_lists_that_a_broken_run_left_are_dropped(questions):
    with connection.cursor() as cursor:
        cursor.execute("CREATE INDEX leads_vector_lists_draft ON leads_leadvector (lead_id)")

    vector_lists.keep(from_rows=LEADS)

    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE indexname LIKE 'leads_vector_lists%'")
        assert cursor.fetchall() == [("leads_vector_lists",)]


@pytest.fixture(autouse=True)
def _no_lists_left():
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX IF EXISTS leads_vector_lists, leads_vector_lists_draft")
