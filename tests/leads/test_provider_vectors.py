"""A provider's vectors stand beside our own: paid for once, never mixed, serving while none is missing."""

import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction

from ai.models import ModelCall
from ai.sandbox import Does
from aiqleads.core.postgres import violated_constraint
from leads import nearest, provider_vectors, vectors
from leads.models import Lead, ProviderVector, VectorRecipe
from tests.ai.conftest import forget_breakers, point_at
from tests.leads.erased import empty
from tests.marketplace.guards import take_away

pytestmark = pytest.mark.django_db


@pytest.fixture
def openai(models, settings):
    """The stand-in, with a key for it."""
    settings.MODEL_PROVIDERS = point_at(models, "openai")
    forget_breakers()
    yield models
    forget_breakers()


@pytest.fixture
def leads(make_lead):
    """Three homes with vectors of our own."""
    made = [make_lead(beds=beds) for beds in (1, 2, 5)]
    vectors.write_due()
    return made


def recipes():
    return dict(VectorRecipe.objects.exclude(provider="local").values_list("name", "state"))


def test_all_texts_are_embedded_in_batches_and_then_serve(openai, leads):
    assert provider_vectors.catch_up(at_once=2) == 3

    assert recipes() == {"text-embedding-3-small": "serving"}
    kept = ProviderVector.objects.get(lead=leads[0])
    assert len(kept.vector) == 512
    assert np.linalg.norm(np.array(kept.vector)) == pytest.approx(1, abs=1e-2)
    assert ModelCall.objects.filter(purpose="embed", outcome="answered").count() == 2
    assert not any(lead.address_line in openai.sandbox.wire for lead in leads)


def test_nothing_is_paid_for_twice(openai, leads):
    provider_vectors.catch_up()
    calls = ModelCall.objects.count()

    assert provider_vectors.catch_up() == 0
    assert ModelCall.objects.count() == calls

    Lead.objects.filter(pk=leads[0].pk).update(city="Waco")
    vectors.write_due()
    assert provider_vectors.catch_up() == 1


def test_a_lead_is_compared_within_one_table(openai, leads):
    provider_vectors.catch_up()

    by_provider = nearest.nearest_to_lead(leads[0].pk, limit=9)
    VectorRecipe.objects.exclude(provider="local").update(state="building")
    by_us = nearest.nearest_to_lead(leads[0].pk, limit=9)

    assert {item.lead_id for item in by_provider} == {item.lead_id for item in by_us} == {leads[1].pk, leads[2].pk}
    VectorRecipe.objects.exclude(provider="local").update(state="serving")
    assert nearest.nearest_to_lead(leads[0].pk, limit=9, state_code="TX") == by_provider
    assert nearest.nearest_to_lead(leads[0].pk, limit=9, state_code="OK") == []
    assert by_provider[0].similarity != by_us[0].similarity


def test_while_the_provider_fails_our_own_serve(openai, leads, make_lead):
    provider_vectors.catch_up()
    make_lead(city="Tulsa")
    vectors.write_due()
    openai.sandbox.tell(Does.REFUSED_REQUEST)

    assert provider_vectors.catch_up() == 0

    assert recipes() == {"text-embedding-3-small": "building"}
    assert ProviderVector.objects.count() == 3


def test_without_a_key_nothing_is_asked_or_kept(leads, settings):
    settings.MODEL_PROVIDERS = {}

    assert provider_vectors.catch_up() == 0

    assert not ProviderVector.objects.exists()
    assert not ModelCall.objects.exists()
    assert recipes() == {}


def test_another_model_begins_anew(openai, leads):
    provider_vectors.catch_up()
    old = VectorRecipe.objects.exclude(provider="local").get()
    VectorRecipe.objects.filter(pk=old.pk).update(state="retired")

    provider_vectors.catch_up()

    assert VectorRecipe.objects.exclude(provider="local").get().state == "serving"
    assert set(ProviderVector.objects.values_list("recipe", flat=True)) == {old.pk}


@pytest.mark.parametrize("state", ["erased", "withdrawn"])
def test_a_lead_that_leaves_takes_the_providers_vector_along(openai, leads, state):
    provider_vectors.catch_up()

    empty(leads[0]) if state == "erased" else Lead.objects.filter(pk=leads[0].pk).update(state=state)

    assert set(ProviderVector.objects.values_list("lead", flat=True)) == {leads[1].pk, leads[2].pk}


def refused_by(statement):
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except IntegrityError as error:
        return violated_constraint(error)
    return ""


BREAK_INS = {
    "provider_vector_of_live_lead": "INSERT INTO leads_providervector (lead_id, recipe_id, text_hash, vector) "
    "SELECT l.id, recipe_id, text_hash, vector FROM leads_providervector, leads_lead l WHERE l.state = 'withdrawn' "
    "LIMIT 1",
    "refused_recipe_is_retired": "UPDATE leads_vectorrecipe SET is_refused = true",
    "provider_vector_has_length_one": "UPDATE leads_providervector SET vector = array_fill(1, ARRAY[512])::halfvec",
}
GUARDS = {"provider_vector_of_live_lead": "provider_vector_is_of_use"}


@pytest.mark.parametrize("guard", BREAK_INS)
def test_what_the_database_refuses_goes_through_without_its_guard(openai, leads, guard):
    Lead.objects.create(kind="fsbo", state="withdrawn")
    provider_vectors.catch_up()
    assert refused_by(BREAK_INS[guard]) == guard

    take_away(GUARDS.get(guard, guard))

    assert refused_by(BREAK_INS[guard]) == ""


def test_without_its_trigger_a_providers_vector_stays_behind(openai, leads):
    provider_vectors.catch_up()

    take_away("lead_leaves_provider_vectors")
    empty(leads[0])

    assert ProviderVector.objects.count() == 3
