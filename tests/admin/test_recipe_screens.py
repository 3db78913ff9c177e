"""Recipes of vectors: a page that says how far each is, and doors to let one serve or do without a provider's."""

from dataclasses import replace

import pytest
from django.urls import reverse

from ai.models import ModelCall
from aiqleads.core.models import AuditEntry
from leads import provider_vectors, vectors
from leads.models import Lead, LeadVector, ProviderVector, VectorRecipe
from tests.ai.conftest import forget_breakers, point_at
from tests.back_office import SCREENS

pytestmark = pytest.mark.django_db

OTHER = replace(vectors.CURRENT, name="other")
SAID = {"because": "Enough of them."}
CONFIRMED = {**SAID, "step": "confirm"}


def door(name, recipe):
    return reverse(f"admin:leads_vectorrecipe_{name}", args=[recipe.pk])


def states():
    return dict(VectorRecipe.objects.values_list("name", "state"))


@pytest.fixture
def followed(make_lead):
    """Two leads with vectors, and another recipe that is followed since."""
    for beds in (2, 3):
        make_lead(beds=beds)
    vectors.write_due()
    return vectors.follow(recipe=OTHER)


@pytest.fixture
def theirs(make_lead, models, settings):
    """A lead with a vector of the stand-in's, which serves."""
    settings.MODEL_PROVIDERS = point_at(models, "openai")
    forget_breakers()
    make_lead()
    vectors.write_due()
    provider_vectors.catch_up()
    yield VectorRecipe.objects.exclude(provider="local").get()
    forget_breakers()


def test_the_list_says_how_far_each_recipe_is_and_what_says_something_old(operator, followed):
    vectors.write_due(recipe=OTHER, most=1)
    Lead.objects.filter(vectors__recipe=followed).update(city="Waco")

    listed = operator.get(reverse("admin:leads_vectorrecipe_changelist"))

    screen = SCREENS[VectorRecipe]
    rows = {
        row.name: (screen.standing(row), screen.made(row), screen.stale(row))
        for row in listed.context["cl"].result_list
    }
    assert rows == {
        "other": ("Being followed for all leads", "1 of 2 (50%)", "1"),
        vectors.CURRENT.name: ("Serving", "2 of 2 (100%)", "2"),
    }
    assert "1 of 2 (50%)" in listed.content.decode()


def test_a_recipe_serves_before_its_time_when_an_operator_says_why(operator, olga, followed):
    vectors.write_due(recipe=OTHER, most=1)
    assert operator.post(door("serve_now", followed), {"because": ""}).status_code == 422
    asked = operator.post(door("serve_now", followed), SAID).content.decode()
    assert "1 of 2 leads" in asked
    assert states() == {vectors.CURRENT.name: "serving", "other": "building"}

    assert operator.post(door("serve_now", followed), CONFIRMED).status_code == 302

    assert states() == {vectors.CURRENT.name: "retired", "other": "serving"}
    assert set(LeadVector.objects.values_list("recipe", flat=True)) == {followed.pk}
    entry = AuditEntry.objects.get(action="vector_recipe.served")
    assert (entry.actor_id, entry.details["reason"]) == (olga.pk, "Enough of them.")
    again = operator.post(door("serve_now", followed), CONFIRMED)
    assert (again.status_code, AuditEntry.objects.filter(action="vector_recipe.served").count()) == (422, 1)


def test_a_providers_vectors_are_done_without_and_taken_up_again(operator, theirs):
    assert operator.post(door("refuse", theirs), CONFIRMED).status_code == 302

    theirs.refresh_from_db()
    assert (theirs.state, theirs.is_refused, ProviderVector.objects.count()) == ("retired", True, 0)
    calls = ModelCall.objects.count()
    assert (provider_vectors.catch_up(), ModelCall.objects.count()) == (0, calls)
    assert operator.post(door("refuse", theirs), CONFIRMED).status_code == 422

    assert operator.post(door("allow", theirs), CONFIRMED).status_code == 302

    assert (provider_vectors.catch_up(), ProviderVector.objects.count()) == (1, 1)
    assert states()[theirs.name] == "serving"
    actions = AuditEntry.objects.filter(action__startswith="vector_recipe.").order_by("at")
    assert list(actions.values_list("action", flat=True)) == ["vector_recipe.refused", "vector_recipe.allowed"]


def test_our_own_recipe_cannot_be_refused(operator, followed):
    for name in ("refuse", "allow"):
        assert operator.post(door(name, followed), CONFIRMED).status_code == 422
    assert states() == {vectors.CURRENT.name: "serving", "other": "building"}
    assert not VectorRecipe.objects.filter(is_refused=True).exists()
