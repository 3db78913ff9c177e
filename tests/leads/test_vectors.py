"""Vectors follow what the public may know of live leads, and what is near is found whole."""

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from ai.embedding import LOCAL, Recipe, embed
from aiqleads.core.postgres import violated_constraint
from leads import nearest, services, vectors
from leads.fair_housing import PROTECTED_TERMS
from leads.models import Lead, LeadVector, VectorDue, VectorRecipe
from leads.public_text import WORDS_OF, PublicHome, text_of
from leads.reading.catalogue import FEATURES, labels
from tests.leads.erased import empty
from tests.marketplace.guards import take_away

pytestmark = pytest.mark.django_db
NEXT = Recipe(
    name=LOCAL.name, provider="local", model=LOCAL.model, dimensions=384, precision="float32", text_version=2
)
FEATURED = list(FEATURES)[:2]
HOME = PublicHome(
    kind="fsbo",
    city="Austin",
    state_code="TX",
    property_type="condo",
    beds=Decimal(2),
    baths=Decimal(1),
    features=FEATURED,
    parts={"moving", "phone", "price cuts", "freshness"},
)


def judge_anew(lead, **evidence):
    """A newer score of a lead, whose evidence has these parts."""
    newest = lead.scores.latest("scored_at")
    newest.pk, newest._state.adding = None, True
    newest.quality_evidence = [
        {"part": part, "points": 0, "field": "", "says": says} for part, says in evidence.items()
    ]
    newest.scored_at = newest.scored_at + timedelta(seconds=1)
    newest.save(force_insert=True)


def vector_of(lead):
    return np.array(LeadVector.objects.get(lead=lead).vector, dtype=np.float32)


def is_due(lead):
    return VectorDue.objects.filter(lead=lead).exists()


def test_the_text_tells_what_the_public_may_know():
    assert text_of(HOME) == (
        f"2-bed, 1-bath condo with {', '.join(labels(FEATURED))}. For sale by owner. Austin, Texas. "
        "The owner speaks of moving. The price was cut."
    )


def test_our_own_words_name_no_protected_class():
    said = [*WORDS_OF.values(), *labels(list(FEATURES))]
    words = {word.strip(".,").lower() for says in said for word in says.split()}

    assert words & PROTECTED_TERMS == set()


def test_live_leads_get_the_vectors_of_their_texts(make_lead):
    lead, other = make_lead(), Lead.objects.create(kind="fsbo", state="withdrawn")
    assert is_due(lead)

    assert vectors.write_due() == 1

    assert not is_due(lead)
    assert list(LeadVector.objects.values_list("lead", flat=True)) == [lead.pk]
    expected = embed(["3-bed, 2-bath home. For sale by owner. Austin, Texas."])[0]
    assert np.abs(vector_of(lead) - expected).max() < 5e-4  # half floats
    assert not is_due(other)
    assert vectors.write_due() == 0


def test_a_vector_is_made_again_only_when_its_text_says_something_new(make_lead):
    lead = make_lead()
    vectors.write_due()
    before = vector_of(lead)

    judge_anew(lead, freshness="Posted today.")
    assert is_due(lead)
    vectors.write_due()
    assert np.array_equal(vector_of(lead), before)

    judge_anew(lead, moving="The advert says “relocating”.")
    vectors.write_due()
    assert before @ vector_of(lead) < 0.99


@pytest.mark.parametrize("changed", [{"beds": 5}, {"city": "Waco"}, {"features": ["a feature"]}])
def test_another_fact_makes_a_lead_due(make_lead, changed):
    lead = make_lead()
    vectors.write_due()

    Lead.objects.filter(pk=lead.pk).update(**changed)

    assert is_due(lead)


@pytest.mark.parametrize("state", ["rejected", "withdrawn", "erased"])
def test_a_lead_that_leaves_takes_its_vector_along(make_lead, state):
    lead = make_lead()
    vectors.write_due()

    empty(lead) if state == "erased" else Lead.objects.filter(pk=lead.pk).update(state=state)

    assert not LeadVector.objects.exists()
    assert not is_due(lead)


def test_a_merged_lead_takes_its_vector_along_and_gets_it_back(make_lead, olga):
    winner, loser = make_lead(address_line="", street=""), make_lead(address_line="", street="")
    vectors.write_due()

    services.merge_leads(winner_id=winner.pk, loser_id=loser.pk, actor_id=olga.pk)
    assert list(LeadVector.objects.values_list("lead", flat=True)) == [winner.pk]

    services.undo_merge(merge_id=winner.merges.get().pk, actor_id=olga.pk)
    vectors.write_due()
    assert set(LeadVector.objects.values_list("lead", flat=True)) == {winner.pk, loser.pk}


def test_a_lead_that_is_taken_is_left_to_its_worker_until_it_has_had_its_time(make_lead, clock):
    make_lead()
    vectors.follow(recipe=LOCAL)
    VectorDue.objects.update(taken_until=timezone.now() + timedelta(minutes=5))

    assert vectors.write_due() == 0

    clock.advance(minutes=6)
    assert vectors.write_due() == 1


def test_who_waits_for_over_an_hour_is_told_of(make_lead, clock):
    make_lead()
    assert list(vectors.late()) == []

    clock.advance(hours=2)

    [finding] = vectors.late()
    assert finding.key == "vectors:due"
    assert finding.says.startswith("1 lead has waited for over an hour")
    vectors.write_due()
    assert list(vectors.late()) == []


def test_what_is_asked_for_meanwhile_stays_due(make_lead):
    lead = make_lead()
    taken = vectors._take(10)
    judge_anew(lead, moving="Soon.")

    made = vectors._make(vectors.follow(recipe=LOCAL), list(taken))
    vectors._write(made=made, taken=taken)

    assert LeadVector.objects.count() == 1
    assert is_due(lead)


def test_a_lead_that_left_meanwhile_gets_no_vector(make_lead):
    lead = make_lead()
    taken = vectors._take(10)
    made = vectors._make(vectors.follow(recipe=LOCAL), list(taken))

    empty(lead)
    vectors._write(made=made, taken=taken)

    assert not LeadVector.objects.exists()


def test_the_old_recipe_serves_until_the_new_one_is_followed_for_all(make_lead):
    leads = [make_lead() for _ in range(3)]
    vectors.write_due()
    old = vectors.serving()

    vectors.write_due(recipe=NEXT, most=2)
    assert vectors.serving() == old
    assert LeadVector.objects.filter(recipe=old).count() == 3
    assert len(nearest.nearest_to_lead(leads[0].pk, limit=9)) == 2  # none twice: recipes are not mixed

    vectors.write_due(recipe=NEXT, most=2)
    assert vectors.serving().recipe == NEXT
    assert set(LeadVector.objects.values_list("recipe", flat=True)) == {vectors.serving().pk}
    assert VectorRecipe.objects.get(pk=old.pk).state == VectorRecipe.State.RETIRED


def test_a_recipe_may_be_taken_up_again(make_lead):
    make_lead()
    vectors.write_due()
    vectors.write_due(recipe=NEXT)

    vectors.write_due(recipe=LOCAL)

    assert vectors.serving().recipe == LOCAL
    assert VectorRecipe.objects.count() == 2


def test_the_nearest_come_first_and_none_is_missed(make_lead):
    condo = make_lead(property_type="condo", beds=1, city="Miami", state_code="FL")
    alike = make_lead(property_type="condo", beds=2, city="Miami", state_code="FL")
    land = make_lead(property_type="land", beds=None, baths=None, city="Tulsa", state_code="OK")
    vectors.write_due()

    found = nearest.nearest_to_lead(condo.pk, limit=5)

    assert [item.lead_id for item in found] == [alike.pk, land.pk]
    assert found[0].similarity == pytest.approx(float(vector_of(condo) @ vector_of(alike)), abs=1e-3)
    assert nearest.nearest_to_lead(condo.pk, limit=1) == found[:1]
    only_land = Lead.objects.filter(property_type="land").values("pk")
    assert [item.lead_id for item in nearest.nearest_to_lead(condo.pk, limit=5, among=only_land)] == [land.pk]
    in_oklahoma = nearest.nearest_to_lead(condo.pk, limit=5, state_code="OK")
    assert [item.lead_id for item in in_oklahoma] == [land.pk]
    assert nearest.nearest_to_lead(condo.pk, limit=5, state_code="OK", among=only_land.none()) == []
    assert nearest.nearest_to_text("Land in Oklahoma", limit=1)[0].lead_id == land.pk


def test_a_lead_that_moves_is_found_in_its_state_at_once(make_lead):
    lead = make_lead()
    vectors.write_due()

    Lead.objects.filter(pk=lead.pk).update(state_code="OK")

    assert nearest.nearest_to_text("a house", limit=5, state_code="TX") == []
    assert [item.lead_id for item in nearest.nearest_to_text("a house", limit=5, state_code="OK")] == [lead.pk]


def test_equally_near_leads_come_in_one_order(make_lead):
    twins = sorted(make_lead().pk for _ in range(4))
    vectors.write_due()

    found = [item.lead_id for item in nearest.nearest_to_text("a house", limit=4)]

    assert found == twins


def test_before_there_are_vectors_nothing_is_near(make_lead):
    assert nearest.nearest_to_lead(make_lead().pk, limit=5) == []
    assert nearest.nearest_to_text("a house", limit=5) == []


def refused_by(statement: str) -> str:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except IntegrityError as error:
        return violated_constraint(error)
    return ""


def copied(name: str, state: str, times: int = 1) -> str:
    """Recipes like the one there is, under other names (or its own) and in this state."""
    return f"""INSERT INTO leads_vectorrecipe (name, provider, model, dimensions, precision, text_version, state)
        SELECT {name}, provider, model, dimensions, precision, text_version, '{state}'
        FROM leads_vectorrecipe, generate_series(1, {times}) AS number"""


BREAK_INS = {
    "vector_of_live_lead": "INSERT INTO leads_leadvector (lead_id, recipe_id, text_hash, vector) "
    "SELECT l.id, recipe_id, text_hash, vector "
    "FROM leads_leadvector, leads_lead l WHERE l.state = 'withdrawn'",
    "vector_of_recipe_in_use": "UPDATE leads_vectorrecipe SET state = 'retired'; "
    "UPDATE leads_leadvector SET text_hash = ''",
    "vector_recipe_written_once": "UPDATE leads_vectorrecipe SET text_version = 7",
    "vector_has_length_one": "UPDATE leads_leadvector SET vector = array_fill(1, ARRAY[384])::halfvec",
    "vector_recipe_once": copied("name", "retired"),
    "one_recipe_serves": copied("'other'", "serving"),
    "one_recipe_is_built": copied("number::text", "building", times=2),
}
GUARDS = {
    "vector_of_live_lead": "vector_is_of_use",
    "vector_of_recipe_in_use": "vector_is_of_use",
    "vector_recipe_written_once": "vector_recipe_stays",
}


@pytest.mark.parametrize("guard", BREAK_INS)
def test_what_the_database_refuses_goes_through_without_its_guard(make_lead, guard):
    make_lead()
    Lead.objects.create(kind="fsbo", state="withdrawn")
    vectors.write_due()
    assert refused_by(BREAK_INS[guard]) == guard

    take_away(GUARDS.get(guard, guard))

    assert refused_by(BREAK_INS[guard]) == ""


@pytest.mark.parametrize("trigger", ["lead_says_otherwise", "score_says_otherwise"])
def test_without_its_trigger_a_change_goes_unnoticed(make_lead, trigger):
    lead = make_lead()
    vectors.write_due()
    take_away(trigger)

    if trigger.startswith("lead"):
        empty(lead)
        assert LeadVector.objects.filter(lead=lead).exists()
    else:
        judge_anew(lead, moving="Soon.")
        assert not is_due(lead)
