"""The back office: every screen answers, looks change nothing, and actions call services."""

import pytest
from django.contrib import admin
from django.urls import reverse

from aiqleads.core.models import AuditEntry
from leads.models import Contact, Lead
from marketplace import services

pytestmark = pytest.mark.django_db

OURS = ("core", "leads", "scraping", "billing", "marketplace")
SCREENS = [model for model in admin.site._registry if model._meta.app_label in OURS]


@pytest.fixture
def operator(client, olga):
    client.force_login(olga)
    return client


@pytest.mark.parametrize("model", SCREENS, ids=lambda model: model._meta.label)
def test_every_list_answers(operator, lead, alice, grant, model):
    grant(alice, 50)
    services.hold_lead(lead_id=lead.pk, buyer=alice)
    services.check_out(buyer=alice, idempotency_key="k")

    answer = operator.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))

    assert answer.status_code == 200


def test_a_lead_shows_no_name_and_no_phone(operator, lead):
    Contact.objects.create(
        lead=lead, observation=lead.observations.get(), name="Casey Homeowner", phone="+15125550142"
    )

    answer = operator.get(reverse("admin:leads_lead_change", args=[lead.pk]))

    assert answer.status_code == 200
    assert "Casey" not in answer.content.decode()
    assert "5550142" not in answer.content.decode()


@pytest.mark.parametrize(("action", "state"), [("approve", "active"), ("reject", "rejected")])
def test_an_operator_settles_a_doubtful_lead_and_it_is_audited(operator, lead, olga, action, state):
    Lead.objects.filter(pk=lead.pk).update(state=Lead.State.REVIEW)

    operator.post(
        reverse("admin:leads_lead_changelist"), {"action": action, "_selected_action": [str(lead.pk)]}, follow=True
    )

    assert Lead.objects.get().state == state
    assert AuditEntry.objects.filter(actor=olga, subject=f"leads.lead:{lead.pk}").count() == 1


def test_the_ledger_cannot_be_changed_here(operator, alice, grant):
    grant(alice, 50)
    from billing.models import Account

    wallet = Account.objects.get(organisation=alice.organisation)
    answer = operator.post(reverse("admin:billing_account_change", args=[wallet.pk]), {"balance": "999"})

    assert answer.status_code == 403
    assert Account.objects.get(pk=wallet.pk).balance == 50


def test_an_agent_is_sent_away(client, alice):
    client.force_login(alice.user)

    assert client.get(reverse("admin:index")).status_code == 302
