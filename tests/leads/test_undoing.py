"""A merge taken back leaves two leads as they were, to the last digit."""

import itertools
import json
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiqleads.core import events
from aiqleads.core.models import AuditEntry
from leads import errors, services
from leads.models import DoubtfulPair, Lead, Merge
from marketplace import services as market
from marketplace.models import LeadSlot, Listing
from tests.conftest import at_length
from tests.leads.test_grouping import NOWHERE, bring
from tests.leads.test_pipeline import record

pytestmark = pytest.mark.django_db
_examples = itertools.count(1)


def rows(*tables: str) -> dict[str, list]:
    """Every byte of some tables."""
    found = {}
    with connection.cursor() as cursor:
        for table in tables or ("leads_lead", "leads_observation", "leads_contact", "leads_imagehash"):
            cursor.execute(f"SELECT row_to_json(t)::text FROM {table} t ORDER BY id")
            found[table] = [json.loads(row[0]) for row in cursor.fetchall()]
    return found


@pytest.fixture
def pair(open_source):
    """Two leads of one home which nothing but an operator knows to be one."""
    one = bring(open_source, external_id="a", beds=None, area_sqft=None).lead_id
    other = bring(open_source, external_id="b", **NOWHERE, asking_price=Decimal(405_000)).lead_id
    return one, other


def offer_both(pair, olga) -> None:
    """The newer one is doubted: it is offered on an operator's word."""
    services.approve_lead(lead_id=pair[1], actor_id=olga.pk)
    events.deliver_all()


def merged(pair, olga) -> Merge:
    services.merge_leads(winner_id=pair[0], loser_id=pair[1], actor_id=olga.pk)
    return Merge.objects.latest("merged_at")


def test_an_undone_merge_restores_both_leads_byte_for_byte(pair, olga):
    events.deliver_all()
    before = rows()
    kept = merged(pair, olga)
    events.deliver_all()
    between = rows()

    services.undo_merge(merge_id=kept.pk, actor_id=olga.pk)

    assert between != before
    assert rows() == before
    assert AuditEntry.objects.filter(action="lead.merge_undone", actor=olga).count() == 1


def test_later_sightings_go_back_with_their_adverts(pair, open_source, olga, clock):
    kept = merged(pair, olga)
    clock.advance(days=1)
    bring(open_source, external_id="a", beds=None, area_sqft=None, asking_price=Decimal(400_000))
    bring(open_source, external_id="b", **NOWHERE, asking_price=Decimal(399_000))
    bring(open_source, external_id="c", asking_price=Decimal(390_000))

    services.undo_merge(merge_id=kept.pk, actor_id=olga.pk)

    one, other = (Lead.objects.get(pk=pk) for pk in pair)
    assert (one.asking_price_cents, other.asking_price_cents) == (390_000_00, 399_000_00)
    assert (one.state, other.state, other.merged_into) == ("new", "new", None)
    assert (one.observations.count(), other.observations.count()) == (3, 2)
    assert set(other.contacts.values_list("observation__lead", flat=True)) == {other.pk}


def test_an_undone_merge_is_not_made_again_by_a_crawl(pair, open_source, olga):
    services.undo_merge(merge_id=merged(pair, olga).pk, actor_id=olga.pk)

    bring(open_source, external_id="c")

    assert Lead.objects.filter(pk__in=pair, state="merged").count() == 0
    assert DoubtfulPair.objects.get(first__in=pair, second__in=pair).state == "different"


def test_an_undone_merge_reopens_no_copy(pair, olga):
    offer_both(pair, olga)
    kept = merged(pair, olga)
    events.deliver_all()

    services.undo_merge(merge_id=kept.pk, actor_id=olga.pk)
    events.deliver_all()

    assert LeadSlot.objects.get(lead=pair[1]).closed_at is not None
    assert set(Listing.objects.offered().values_list("pk", flat=True)) == {pair[0]}


def test_a_decision_made_since_the_merge_stands(pair, olga):
    kept = merged(pair, olga)
    services.reject_lead(lead_id=pair[0], actor_id=olga.pk, reason="No home")

    services.undo_merge(merge_id=kept.pk, actor_id=olga.pk)

    assert Lead.objects.get(pk=pair[0]).state_reason == "No home"
    assert Lead.objects.get(pk=pair[1]).state == "new"


def test_what_was_bought_stays_bought(pair, olga, alice, grant):
    offer_both(pair, olga)
    grant(alice, 200)
    market.hold_lead(lead_id=pair[1], buyer=alice)
    market.check_out(buyer=alice, idempotency_key="once")
    kept = merged(pair, olga)
    events.deliver_all()

    services.undo_merge(merge_id=kept.pk, actor_id=olga.pk)
    events.deliver_all()

    assert not Listing.objects.offered().exists()


def test_a_merge_is_undone_once_and_from_the_last_to_the_first(pair, open_source, olga):
    first = merged(pair, olga)
    third = bring(open_source, external_id="z", **NOWHERE, zip="78705", phones=()).lead_id
    services.merge_leads(winner_id=third, loser_id=pair[0], actor_id=olga.pk)
    second = Merge.objects.latest("merged_at")

    with pytest.raises(errors.NotUndoable):
        services.undo_merge(merge_id=first.pk, actor_id=olga.pk)
    services.undo_merge(merge_id=second.pk, actor_id=olga.pk)
    services.undo_merge(merge_id=first.pk, actor_id=olga.pk)
    with pytest.raises(errors.NotUndoable):
        services.undo_merge(merge_id=first.pk, actor_id=olga.pk)

    assert set(Lead.objects.values_list("state", flat=True)) == {"new"}


@settings(
    max_examples=at_length(short=10, soak=200),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    facts=st.lists(
        st.fixed_dictionaries(
            {
                "beds": st.sampled_from([None, 2, 3]),
                "baths": st.sampled_from([None, 1.5]),
                "asking_price": st.sampled_from([None, Decimal("250000.50"), Decimal(300_000)]),
                "title": st.text(max_size=20).filter(lambda text: "\0" not in text),
                "property_type": st.sampled_from([None, "condo"]),
            }
        ),
        min_size=2,
        max_size=4,
    )
)
def test_undoing_restores_whatever_two_leads_said(open_source, olga, facts):
    example = next(_examples)
    ids = []
    for number, told in enumerate(facts):
        item = record(external_id=f"{example}-{number}", **NOWHERE, zip=f"7870{number}", phones=(), **told)
        ids.append(services.ingest(record=item, source=open_source).lead_id)
    before = rows()
    for loser in ids[1:]:
        services.merge_leads(winner_id=ids[0], loser_id=loser, actor_id=olga.pk)

    for kept in Merge.objects.filter(winner=ids[0]).order_by("-merged_at", "-pk"):
        services.undo_merge(merge_id=kept.pk, actor_id=olga.pk)

    assert rows() == before
