"""Thresholds: tried on the leads of late before they are put in force."""

import pytest
from django.urls import reverse

from leads.models import JudgingPolicy, Lead
from tests.leads.test_policies import bring

pytestmark = pytest.mark.django_db

POLICY = "admin:leads_judgingpolicy_set_policy"
NUMBERS = {
    "name": "Strict",
    "review_from": "20",
    "reject_from": "90",
    **dict.fromkeys(("text", "price", "contact", "images", "seller", "facts"), "100"),
}


def test_the_form_tells_what_would_happen_before_it_does(operator, open_source):
    bring(open_source, description="I am overseas.")

    shown = operator.post(reverse(POLICY), NUMBERS).content.decode()

    assert "the last 1 leads that were judged" in shown
    assert "Would wait for review</dt><dd>1; by the version in force 0" in shown
    assert not JudgingPolicy.objects.exists()
    assert Lead.objects.get().state == "active"


def test_what_is_confirmed_is_in_force(operator):
    operator.post(reverse(POLICY), {**NUMBERS, "step": "confirm"})

    policy = JudgingPolicy.objects.get()
    assert (policy.name, policy.review_from, policy.weights["images"]) == ("Strict", 20, 100)
    assert 'name="review_from" value="20"' in operator.get(reverse(POLICY)).content.decode()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"reject_from": "19"}, "reject_from"), ({"text": "301"}, "text"), ({"name": ""}, "name")],
)
def test_numbers_that_contradict_each_other_are_refused(operator, wrong, field):
    answer = operator.post(reverse(POLICY), {**NUMBERS, **wrong, "step": "confirm"})

    assert answer.status_code == 422
    assert answer.context["form"].errors[field]
    assert not JudgingPolicy.objects.exists()
