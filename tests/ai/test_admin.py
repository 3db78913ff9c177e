"""What operators see and set: routes in versions, budgets, and what a run would cost."""

import pytest
from django.urls import reverse

from ai.models import ModelReply, Route
from ai.routes import Step
from aiqleads.core.models import AuditEntry
from tests.ai.ledger import put_in_force, settled
from tests.conftest import log_in

pytestmark = pytest.mark.django_db

FORM = "admin:ai_route_set_score_lead"
SAID = {
    "name": "Cheaper",
    "model_1": "deepseek/deepseek-flash",
    "role_1": "primary reader",
    "temperature_1": "0",
    "model_2": "compatible/",
    "role_2": "our own reader",
    "own_model": "llama-local",
    "deadline_seconds": "30",
    "daily_budget_usd": "1.50",
    "monthly_budget_usd": "20",
    "max_tokens": "900",
}


@pytest.fixture
def operator(client, olga):
    log_in(client, olga)
    return client


def test_what_is_confirmed_is_in_force_and_in_the_audit_trail(operator, olga):
    shown = operator.post(reverse(FORM), SAID).content.decode()
    assert "primary reader: deepseek-flash (has no key yet); our own reader: llama-local" in shown
    assert not Route.objects.exists()

    operator.post(reverse(FORM), {**SAID, "step": "confirm"})

    route = Route.objects.get()
    assert (route.purpose, route.steps, route.daily_budget_cents, route.monthly_budget_cents) == (
        "score_lead",
        [
            {
                "role": "primary reader",
                "provider": "deepseek",
                "model": "deepseek-flash",
                "parameters": {"temperature": 0.0},
            },
            {"role": "our own reader", "provider": "compatible", "model": "llama-local", "parameters": {}},
        ],
        150,
        2000,
    )
    entry = AuditEntry.objects.get(action="route.set")
    assert (entry.actor_id, entry.details["daily_budget_cents"]) == (olga.pk, [500, 150])
    again = operator.get(reverse(FORM)).content.decode()
    assert 'name="own_model" value="llama-local"' in again
    assert 'name="daily_budget_usd" value="1.5"' in again


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"model_1": "openai/gpt-3"}, "model_1"),
        ({"role_1": ""}, "role_1"),
        ({"own_model": ""}, "own_model"),
        ({"role_2": "primary reader"}, "__all__"),
        ({"deadline_seconds": "91"}, "deadline_seconds"),
        ({"monthly_budget_usd": "1"}, "__all__"),
        ({"max_tokens": "0"}, "max_tokens"),
    ],
)
def test_a_route_that_makes_no_sense_is_refused(operator, wrong, field):
    answer = operator.post(reverse(FORM), {**SAID, **wrong, "step": "confirm"})

    assert answer.status_code == 422
    assert answer.context["form"].errors[field]
    assert not Route.objects.exists()


def test_the_list_shows_what_is_in_force_and_whom_it_passes_over(operator, settings):
    settings.MODEL_PROVIDERS = {"openai": {"key": "k", "url": ""}}
    put_in_force(
        Step(role="primary reader", provider="openai", model="gpt-4o"),
        Step(role="second reader", provider="deepseek", model="deepseek-flash"),
        name="Two readers",
    )

    page = operator.get(reverse("admin:ai_route_changelist")).content.decode()

    assert "Primary reader: gpt-4o <small>gpt-4o shuts down on 14 January 2027." in page
    assert "Second reader: deepseek-flash <small>Has no key: passed over.</small>" in page
    assert page.count("As shipped") == 5


def test_a_call_leads_to_what_it_is_about(operator):
    settled(subject_id="11111111-1111-4111-8111-111111111111")
    settled(subject_kind="leads", subject_id="22222222-2222-4222-8222-222222222222")

    page = operator.get(reverse("admin:ai_modelcall_changelist")).content.decode()

    assert '<a href="/admin/leads/lead/11111111-1111-4111-8111-111111111111/change/">lead</a>' in page
    assert "22222222" not in page


def test_spend_is_told_by_day_purpose_and_provider_with_a_forecast(operator, clock):
    settled("40", daily_budget_cents=100)
    settled("2.5", provider="deepseek")

    answer = operator.get(reverse("admin:ai_spend_changelist"))

    assert [(line.purpose, line.provider, line.calls, line.cents) for line in answer.context["lines"]] == [
        ("score_lead", "deepseek", 1, 2.5),
        ("score_lead", "openai", 1, 40),
    ]
    reading = answer.context["budgets"][0]
    assert (reading.day.taken_cents, reading.day.percent, reading.month.taken_cents) == (42.5, 8, 42.5)
    assert "0.43 of 5.00 USD" in answer.content.decode() or "0.42 of 5.00 USD" in answer.content.decode()


def test_a_call_shows_what_was_said_with_personal_values_covered(operator):
    call = settled()
    assert ModelReply.objects.get().raw == "{}"

    page = operator.get(reverse("admin:ai_modelcall_change", args=[call.id])).content.decode()

    assert "{}" in page
    assert "read_advert.v1" in page


def test_a_run_is_estimated_before_it_is_started(operator, settings):
    settings.MODEL_PROVIDERS = {"openai": {"key": "k", "url": ""}}
    put_in_force(Step(role="reader", provider="openai", model="gpt-4o"), max_tokens=500, monthly_budget_cents=9000)
    asked = {"purpose": "score_lead", "count": "10000", "characters_each": "1500"}

    answer = operator.post(reverse("admin:ai_spend_estimate"), asked)

    estimate = answer.context["form"].estimate
    # 1,075 tokens in at 2.50 USD a million, and half of 500 out at 10.00
    assert (estimate.model, estimate.expected_cents, estimate.days) == ("gpt-4o", pytest.approx(5187.5), 52)
    assert estimate.most_cents > 2 * estimate.expected_cents
    assert "51.88 USD" in answer.content.decode() or "51.87 USD" in answer.content.decode()
