"""Correcting a lead's field at its page, and taking the correction back."""

import pytest
from django.urls import reverse

from leads.models import Lead
from tests.leads.test_grouping import bring

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead_id(open_source):
    return bring(open_source, external_id="a").lead_id


def act(operator, door, lead_id, **said):
    return operator.post(reverse(f"admin:leads_lead_{door}", args=[lead_id]), said)


def test_a_corrected_field_is_shown_as_corrected_until_it_is_taken_back(operator, lead_id):
    act(operator, "correct", lead_id, field="beds", value="4", reason="Asked the owner")
    corrected = Lead.objects.get().beds
    page = operator.get(reverse("admin:leads_lead_change", args=[lead_id])).content.decode()

    act(operator, "take_back", lead_id, field=["beds"])

    assert (corrected, Lead.objects.get().beds) == (4, 3)
    assert "Corrected by an operator</strong>: beds" in page


def test_a_value_that_cannot_be_is_refused_beside_its_field(operator, lead_id):
    answer = act(operator, "correct", lead_id, field="beds", value="many", reason="Asked the owner")

    assert answer.status_code == 422
    assert 'id="id_value_error"' in answer.content.decode()
    assert Lead.objects.get().beds == 3
