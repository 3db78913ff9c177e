"""What start-up looks at, and what operators are told of models and money."""

import json
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import transaction

from ai import checks, model_lists, spending, tasks
from ai.models import ModelCall, ModelReply
from ai.providers import UnknownModel, provider, providers
from ai.questions import Subject
from ai.routes import SHIPPED, Step
from ai.sandbox import Does
from ai.services import forget
from aiqleads.celery import app
from aiqleads.core import alerts, retention
from aiqleads.core.models import Alert
from aiqleads.core.queues import AI_SOFT_SECONDS
from tests.ai.ledger import go_to, put_in_force, reserved, settled
from tests.conftest import log_in

TODAY = date(2026, 11, 22)


def test_what_is_shipped_names_known_models_that_stay(db):
    steps = [step for rules in SHIPPED.values() for step in rules.steps]

    assert [checks.wrong_with(step, TODAY) for step in steps] == [""] * len(steps)
    assert checks.check_deadlines(None) == []
    assert checks.check_routes(None, databases=["default"]) == []


@pytest.mark.parametrize(("name", "value"), [("CELERY_TASK_SOFT_TIME_LIMIT", 90), ("CELERY_TASK_TIME_LIMIT", 120)])
def test_limits_that_a_question_may_outlive_stop_start_up(settings, name, value):
    setattr(settings, name, value)

    assert [error.id for error in checks.check_deadlines(None)] == ["ai.E001"]


def test_tasks_of_the_queue_ai_have_time_for_a_question():
    app.loader.import_default_modules()
    waiting = [task for name, task in app.tasks.items() if app.amqp.router.route({}, name)["queue"].name == "ai"]

    assert {"ai.tasks.check_models", "ai.tasks.ask_in_batches", "leads.tasks.read_adverts"} <= {
        task.name for task in waiting
    }
    assert [task.name for task in waiting if not AI_SOFT_SECONDS <= task.soft_time_limit < task.time_limit] == []


@pytest.mark.parametrize(
    ("url", "is_fine"),
    [
        ("", True),
        ("https://models.example.com/v1", True),
        ("http://127.0.0.1:8080/v1", True),
        ("http://models.example.com/v1", False),
        ("ftp://127.0.0.1/v1", False),
        ("https://", False),
        ("http://[", False),
    ],
)
def test_a_key_goes_nowhere_in_the_clear(settings, url, is_fine):
    settings.MODEL_PROVIDERS = {"openai": {"key": "k", "url": url}}

    assert [error.id for error in checks.check_addresses(None)] == ([] if is_fine else ["ai.E002"])


def test_a_routed_model_that_is_shut_down_soon_is_warned_of(clock):
    put_in_force(Step(role="reader", provider="openai", model="gpt-4o"))

    assert checks.wrong_with(Step(role="x", provider="openai", model="gpt-4o"), date(2026, 10, 15)) == ""
    [warning] = checks.check_routes(None, databases=["default"])
    assert warning.msg == "gpt-4o shuts down on 14 January 2027. gpt-6-luna replaces it."
    assert checks.check_routes(None) == []


def test_prices_go_by_the_day():
    flash = provider("deepseek").model("deepseek-v4-flash")

    def cost(day):
        return flash.price_on(day).cost_cents(tokens_in=1_000_000, tokens_cached=400_000, tokens_out=100_000)

    assert cost(date(2026, 8, 15)) == Decimal("8.4") + Decimal("0.112") + Decimal("2.8")
    assert cost(date(2026, 9, 10)) == 18 + Decimal("0.24") + 12
    assert cost(date(2020, 1, 1)) == cost(date(2026, 4, 24))


def test_the_table_of_providers_is_whole():
    for name, facts in providers().items():
        assert facts.name == name
        for model in facts.models.values():
            assert list(model.prices) == sorted(model.prices, key=lambda price: price.since)
            assert all(price.input >= price.cached >= 0 for price in model.prices)
            assert not model.replaced_by or model.replaced_by in facts.models
    with pytest.raises(UnknownModel):
        provider("openai").model("gpt-3")
    with pytest.raises(UnknownModel):
        provider("nobody")


def keys():
    return set(alerts.open_alerts().filter(key__startswith=model_lists.AREA).values_list("key", flat=True))


def test_a_routed_model_that_is_listed_no_more_is_an_alert_until_it_is_routed_no_more(give_keys, capsys):
    give_keys("openai", "deepseek")
    kept = Step(role="second reader", provider="deepseek", model="deepseek-flash")
    put_in_force(Step(role="reader", provider="openai", model="gpt-4o-mini"), kept)

    call_command("check_models", json=True)

    told = json.loads(capsys.readouterr().out)
    assert set(told["listed"]) == {"openai", "deepseek"}
    assert [finding["key"] for finding in told["findings"]] == ["models.routed:openai/gpt-4o-mini"]
    assert keys() == {"models.routed:openai/gpt-4o-mini"}

    put_in_force(kept)
    tasks.check_models()

    assert keys() == set()


def test_while_a_provider_does_not_answer_its_alerts_stay(give_keys):
    models = give_keys("openai")
    put_in_force(Step(role="reader", provider="openai", model="gpt-4o"))
    alerts.open_alert(key="models.routed:openai/gpt-4o-mini", says="Gone.")
    models.sandbox.tell(Does.BROKEN, route="models")

    looked = model_lists.check_models()

    assert looked.listed == {"openai": None}
    assert "models.routed:openai/gpt-4o-mini" in keys()


@pytest.mark.parametrize(
    ("cents", "says"),
    [
        ("79", None),
        ("80", "Read adverts: the budget of this day (1.00 USD) is taken to 80 %."),
        ("100", "Read adverts: the budget of this day (1.00 USD) is spent:"),
    ],
)
def test_a_budget_that_is_nearly_spent_is_told(settings, clock, cents, says):
    settings.MODEL_PROVIDERS = {"openai": {"key": "k", "url": ""}}
    put_in_force(Step(role="reader", provider="openai", model="gpt-6-luna"))
    reserved(most_cents=Decimal(cents), daily_budget_cents=100)

    alerts.check_all()

    told = Alert.objects.filter(key="models.budget:score_lead/day").values_list("says", flat=True)
    assert [alert.startswith(says) for alert in told] == ([] if says is None else [True])


def test_the_month_is_forecast_at_the_pace_of_the_last_days_up_to_what_it_allows(clock):
    for day in range(4, 11):
        go_to(f"2027-03-{day:02} 12:00Z")
        settled("7", most_cents=Decimal(7), daily_budget_cents=10_000, monthly_budget_cents=10_000)

    assert spending.budgets()[0].forecast_cents == 49 + 21 * 7
    put_in_force(daily_budget_cents=10, monthly_budget_cents=60)
    assert spending.budgets()[0].forecast_cents == 60


def test_what_was_said_about_a_subject_is_forgotten_and_its_cost_is_not(db):
    call = settled(subject_id="one")
    settled(subject_id="other")

    with transaction.atomic():
        assert forget(Subject(kind="lead", id="one")) == 1

    assert not ModelReply.objects.filter(call_id=call.id).exists()
    assert ModelReply.objects.count() == 1


def test_what_was_said_goes_after_its_time_and_its_cost_does_not(clock, settings, tmp_path):
    settings.EMAIL_FILE_PATH = settings.SMS_SANDBOX_PATH = settings.FOLLOW_UP_BOSS_SANDBOX_PATH = tmp_path
    old = [settled(subject_id=name) for name in ("one", "two")]
    clock.advance(days=89)
    young = settled(subject_id="three")
    clock.advance(days=2)

    assert retention.purge(is_dry=True)["model replies"] == 2
    assert retention.purge()["model replies"] == 2

    assert [reply.call_id for reply in ModelReply.objects.all()] == [young.id]
    assert ModelCall.objects.filter(pk__in=[call.id for call in old]).count() == 2


def test_figures_are_for_operators_and_for_whoever_brings_the_token(client, olga, settings, clock):
    settled("1.5", most_cents=Decimal(2))
    settings.METRICS_TOKEN = "a-token"

    refused = [client.get("/metrics"), client.get("/metrics", headers={"Authorization": "Bearer other"})]
    told = client.get("/metrics", headers={"Authorization": "Bearer a-token"})
    log_in(client, olga)

    assert [answer.status_code for answer in refused] == [401, 401]
    assert client.get("/metrics").content == told.content
    text = told.content.decode()
    assert 'aiqleads_model_calls_total{outcome="answered",provider="openai",purpose="score_lead"} 1.0' in text
    assert 'aiqleads_model_cents_total{provider="openai",purpose="score_lead"} 1.5' in text
    assert 'aiqleads_model_latency_seconds_bucket{le="1.0",provider="openai",purpose="score_lead"} 1.0' in text
    assert 'aiqleads_model_latency_seconds_count{provider="openai",purpose="score_lead"} 1.0' in text
