"""What was read from adverts is kept once, follows its lead, and ends with it."""

import pytest
from django.db import IntegrityError, connection, transaction

from aiqleads.core import events
from aiqleads.core.postgres import violated_constraint
from leads import readings, services
from leads.events import LeadErased
from leads.models import Lead, Observation, Reading, Score
from leads.reading import local
from marketplace.models import Listing
from tests.leads.erased import empty
from tests.leads.test_pipeline import record

pytestmark = pytest.mark.django_db

WORDS = "Quiet street near the lake. Relocating, must sell. The home is vacant."


def listed(open_source, description: str = WORDS, **facts) -> Lead:
    """A lead that came in and went through the pipeline."""
    taken = services.ingest(
        record=record(**{"title": "House", "description": description, **facts}), source=open_source
    )
    events.deliver_all()
    return Lead.objects.get(pk=taken.lead_id)


def add_reading(lead: Lead, *passages: tuple[str, str, str], recipe: str = "read_listing.v1") -> Reading:
    """What a model read, as a task keeps it: topic, name and the words."""
    observation = lead.observations.get()
    text = readings.text_of(observation)
    rows = [
        {
            "topic": topic,
            "name": name,
            "quote": words,
            "start": text.index(words),
            "end": text.index(words) + len(words),
        }
        for topic, name, words in passages
    ]
    hashed = Reading.objects.get(provider="local").text_hash
    return Reading.objects.create(
        observation=observation,
        text_hash=hashed,
        recipe=recipe,
        role="primary reader",
        provider="sandbox",
        model="model-1",
        passages=rows,
    )


def test_an_advert_is_read_at_once_and_the_public_reads_our_words(open_source):
    lead = listed(open_source)

    reading = Reading.objects.get()
    assert (reading.role, reading.provider, reading.recipe) == ("local reader", "local", local.RECIPE)
    assert lead.features == ["near a lake", "quiet street"]
    listing = Listing.objects.get()
    assert listing.features == ["near a lake", "quiet street"]
    assert "Quiet street near the lake" not in listing.feature_words
    assert Listing.objects.filter(search="waterfront").exists()  # another word for the same
    assert not Listing.objects.filter(search="vacant").exists()
    kept = Score.objects.get().facts["reading"]
    assert {"topic": "occupancy", "name": "vacant", "quote": "is vacant"} in kept


def test_the_same_text_is_read_once_however_often_and_wherever_it_stands(open_source):
    lead = listed(open_source)
    services.assess_lead(lead_id=lead.pk)
    listed(open_source, external_id="a2", url="https://homes.example.com/a2", line="9 Pine Rd", phones=())

    assert Observation.objects.count() == 2
    assert Reading.objects.count() == 1


def test_a_models_reading_adds_to_the_rules_and_takes_nothing_away(open_source):
    lead = listed(open_source)
    before = lead.scores.latest("scored_at")
    add_reading(lead, ("feature", "bright rooms", "Quiet street"), ("occupancy", "owner lives there", "vacant"))

    services.assess_lead(lead_id=lead.pk)

    lead.refresh_from_db()
    assert lead.features == ["bright rooms", "near a lake", "quiet street"]
    [read] = readings.readings_of([lead.observations.get()]).values()
    told = [item.fact.key for item in read.passages]
    assert "occupancy: vacant" in told
    assert "occupancy: owner lives there" not in told
    assert [item.model for item in read.readings] == [local.RECIPE, "model-1"]
    assert lead.scores.latest("scored_at").quality_score == before.quality_score
    assert services.replay(before.pk).is_same


def test_an_advert_without_words_is_not_read(open_source):
    listed(open_source, description=None, title=None)

    assert not Reading.objects.exists()


def test_features_come_from_adverts_that_are_there_and_may_be_listed(open_source, clock):
    lead = listed(open_source)

    lead.observations.update(gone_at="2026-01-01T00:00:00Z")
    services.assess_lead(lead_id=lead.pk)

    lead.refresh_from_db()
    assert lead.features == []


def test_readings_are_erased_with_their_lead_and_not_before(open_source):
    lead = listed(open_source)

    with pytest.raises(IntegrityError, match="kept until its lead is erased"):
        services.erase_readings(lead_id=lead.pk)
    assert Reading.objects.count() == 1

    empty(lead)
    with transaction.atomic():
        events.publish(LeadErased(lead_id=lead.pk))
    events.deliver_all()
    assert not Reading.objects.exists()


AGAIN = (
    "INSERT INTO leads_reading SELECT (jsonb_populate_record(r, jsonb_build_object('id', gen_random_uuid(){}))).* "
    "FROM leads_reading r"
)


@pytest.mark.parametrize(
    ("guard", "drop", "break_in"),
    [
        (
            "reading_kept_until_erased",
            "DROP TRIGGER reading_kept_until_erased ON leads_reading",
            "DELETE FROM leads_reading",
        ),
        (
            "text_read_once",
            "ALTER TABLE leads_reading DROP CONSTRAINT text_read_once",
            AGAIN.format(""),
        ),
        (
            "reading_names_text_and_reader",
            "ALTER TABLE leads_reading DROP CONSTRAINT reading_names_text_and_reader",
            AGAIN.format(", 'recipe', 'other', 'model', ''"),
        ),
        (
            "rows are written once",
            "DROP TRIGGER reading_is_written_once ON leads_reading",
            "UPDATE leads_reading SET role = 'nobody'",
        ),
    ],
)
def test_each_guard_of_readings_is_what_keeps_them(open_source, guard, drop, break_in):
    listed(open_source)
    with connection.cursor() as cursor:
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            cursor.execute(break_in)
        assert guard in f"{violated_constraint(refused.value)} {refused.value}"

        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(drop)
        cursor.execute(break_in)
