"""Providers are asked in turn, what they say is read by one shape, and what it cost is written once."""

from decimal import Decimal

import pytest
from django.db import connection

from ai import gateway
from ai.models import ModelCall, ModelReply, Spend
from ai.sandbox import Does
from tests.ai.asking import Reading, question

Outcome = ModelCall.Outcome
GOOD = '{"motivation": "moving", "beds": 3}'
BAD = '{"motivation": "moving"}'


def outcomes() -> list[tuple[str, str]]:
    return list(ModelCall.objects.order_by("asked_at").values_list("provider", "outcome"))


def spent() -> dict[str, tuple[Decimal, Decimal]]:
    return {row.period: (row.reserved_cents, row.spent_cents) for row in Spend.objects.all()}


def costs() -> Decimal:
    return sum((call.cost_cents for call in ModelCall.objects.all()), Decimal(0))


def test_the_first_provider_answers_and_its_cost_is_written_once(give_keys):
    models = give_keys("openai", "deepseek")
    models.sandbox.tell(Does.SAYS, text=GOOD)

    answer = gateway.ask(question())

    call = ModelCall.objects.get()
    assert (answer.reply, answer.role, answer.provider, answer.model, answer.why_local, answer.call_id) == (
        Reading(motivation="moving", beds=3),
        "primary reader",
        "openai",
        "gpt-6-luna",
        "",
        call.pk,
    )
    assert (call.outcome, call.answered_by, call.prompt, call.subject_kind) == (
        Outcome.ANSWERED,
        "gpt-6-luna",
        "read_advert.v1",
        "lead",
    )
    exact = (call.tokens_in * Decimal("0.125") + call.tokens_out * Decimal("0.5")) / 10_000
    assert 0 <= call.cost_cents - exact < Decimal("0.000001")
    assert call.reserved_cents > call.cost_cents > 0
    assert spent() == {"day": (0, call.cost_cents), "month": (0, call.cost_cents)}
    assert not answer.is_remembered


def test_the_same_question_is_paid_once(give_keys):
    models = give_keys("openai")
    models.sandbox.tell(Does.SAYS, text=GOOD)
    first = gateway.ask(question())

    again = gateway.ask(question())

    assert (again.reply, again.model, again.call_id, again.is_remembered) == (
        first.reply,
        first.model,
        first.call_id,
        True,
    )
    assert len(models.sandbox.sent) == 1
    assert ModelCall.objects.count() == 1


def test_what_came_back_is_kept_encrypted(give_keys):
    models = give_keys("openai")
    models.sandbox.tell(Does.SAYS, text=GOOD)
    gateway.ask(question())

    with connection.cursor() as cursor:
        cursor.execute("SELECT raw FROM ai_modelreply")
        [(raw,)] = cursor.fetchall()

    assert b"moving" not in bytes(raw)
    assert "moving" in ModelReply.objects.get().raw


@pytest.mark.parametrize(
    ("does", "asked", "outcome", "is_free"),
    [
        (Does.LIMITED, 3, Outcome.BUSY, True),
        (Does.BROKE, 1, Outcome.REFUSED, True),
        (Does.UNAUTHORISED, 1, Outcome.REFUSED, True),
        (Does.GONE, 1, Outcome.REFUSED, True),
        (Does.BROKEN, 3, Outcome.FAILED, True),
        (Does.OVERLOADED, 3, Outcome.FAILED, True),
        (Does.PROXY, 3, Outcome.FAILED, True),
        (Does.REFUSED_REQUEST, 1, Outcome.REFUSED, True),
        (Does.CUT, 1, Outcome.CUT, False),
        (Does.HANGS_UP, 1, Outcome.CUT, False),
        (Does.HTML, 1, Outcome.UNUSABLE, False),
        (Does.WRONG_JSON, 2, Outcome.UNUSABLE, False),
        (Does.NOT_JSON, 2, Outcome.UNUSABLE, False),
        (Does.EMPTY, 2, Outcome.UNUSABLE, False),
        (Does.SHORT, 1, Outcome.UNUSABLE, False),
        (Does.REFUSES, 1, Outcome.DECLINED, False),
        (Does.FILTERED, 1, Outcome.DECLINED, False),
        (Does.NO_CHOICES, 1, Outcome.UNUSABLE, False),
    ],
)
def test_where_the_first_provider_fails_the_second_answers(give_keys, does, asked, outcome, is_free):
    models = give_keys("openai", "deepseek")
    models.sandbox.tell(does, provider="openai", retry_after_seconds=0.0)
    models.sandbox.tell(Does.SAYS, provider="deepseek", text=GOOD)

    answer = gateway.ask(question())

    assert (answer.provider, answer.role, answer.reply.beds) == ("deepseek", "second reader", 3)
    assert outcomes() == [("openai", outcome)] * asked + [("deepseek", Outcome.ANSWERED)]
    failed = ModelCall.objects.filter(provider="openai")
    assert all((call.cost_cents == 0) is is_free for call in failed)
    assert spent() == {"day": (0, costs()), "month": (0, costs())}
    assert ModelReply.objects.filter(is_usable=True).count() == 1
