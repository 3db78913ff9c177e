"""Providers are asked in turn, what they say is read by one shape, and what it cost is written once."""

import time
from decimal import Decimal

import pytest
from django.db import connection

from ai import asking, breakers, gateway
from ai.breakers import Door, Report
from ai.models import ModelCall, ModelReply, Spend
from ai.providers import provider
from ai.purposes import Purpose
from ai.questions import InvalidReply, Subject
from ai.routes import SHIPPED, Step
from ai.sandbox import Does
from aiqleads.core.redis import breaker
from tests.ai.asking import Reading, question
from tests.ai.ledger import put_in_force

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


def test_a_question_like_none_before_is_two_statements(give_keys, django_assert_num_queries):
    give_keys("openai").sandbox.tell(Does.SAYS, text=GOOD)
    gateway.ask(question("The first of its route."))

    with django_assert_num_queries(2):
        answer = gateway.ask(question("Another."))

    assert (answer.provider, answer.is_remembered) == ("openai", False)


def test_a_route_counts_from_the_next_question_on(give_keys):
    give_keys("openai", "deepseek").sandbox.tell(Does.SAYS, text=GOOD)
    gateway.ask(question("Before."))
    route = put_in_force(Step(role="reader", provider="deepseek", model="deepseek-flash"))

    answer = gateway.ask(question("After."))

    assert (answer.provider, ModelCall.objects.get(pk=answer.call_id).route) == ("deepseek", route)


def test_an_answer_of_a_later_step_is_remembered_too(give_keys):
    models = give_keys("openai", "deepseek")
    models.sandbox.tell(Does.REFUSES, provider="openai")
    models.sandbox.tell(Does.SAYS, provider="deepseek", text=GOOD)
    gateway.ask(question())
    asked = len(models.sandbox.sent)

    again = gateway.ask(question())

    assert (again.provider, again.is_remembered, len(models.sandbox.sent)) == ("deepseek", True, asked)


def test_what_is_remembered_needs_no_provider(give_keys):
    models = give_keys("openai")
    models.sandbox.tell(Does.SAYS, text=GOOD, calls=1)
    models.sandbox.tell(Does.UNAUTHORISED)
    gateway.ask(question())
    gateway.ask(question("The key is refused, so the provider rests."))

    again = gateway.ask(question())

    assert (again.provider, again.is_remembered) == ("openai", True)


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


def test_a_reply_that_does_not_parse_is_asked_for_once_more_with_what_is_wrong(give_keys):
    models = give_keys("openai")
    models.sandbox.tell(Does.SAYS, text=BAD, calls=1)
    models.sandbox.tell(Does.SAYS, text=GOOD)

    answer = gateway.ask(question())

    assert answer.reply.beds == 3
    [_, mending] = [sent.told["messages"] for sent in models.sandbox.sent]
    assert [message["role"] for message in mending] == ["system", "user", "assistant", "user"]
    assert "beds: Field required." in mending[-1]["content"]
    assert outcomes() == [("openai", Outcome.UNUSABLE), ("openai", Outcome.ANSWERED)]
    assert gateway.ask(question()).is_remembered


def refuse_few_beds(reading: Reading) -> Reading:
    if reading.beds == 3:
        raise InvalidReply("beds: the advert of Casey Homeowner says 4.")
    return reading


def test_a_reply_that_cannot_be_is_no_answer(give_keys):
    models = give_keys("openai")
    models.sandbox.tell(Does.SAYS, text=GOOD)

    answer = gateway.ask(question(verify=refuse_few_beds, personal=["Casey Homeowner"]))

    assert (answer.provider, answer.why_local) == ("local", "providers failed")
    assert outcomes() == [("openai", Outcome.UNUSABLE)] * 2
    assert "Casey" not in models.sandbox.wire
    assert not ModelReply.objects.filter(is_usable=True).exists()


def test_what_is_remembered_is_checked_again(give_keys):
    models = give_keys("openai")
    models.sandbox.tell(Does.SAYS, text=GOOD, calls=1)
    models.sandbox.tell(Does.SAYS, text='{"motivation": "moving", "beds": 4}')
    gateway.ask(question())

    stricter = gateway.ask(question(verify=refuse_few_beds))
    again = gateway.ask(question(verify=refuse_few_beds))

    assert (stricter.reply.beds, stricter.is_remembered) == (4, False)
    assert (again.reply.beds, again.is_remembered) == (4, True)
    assert len(models.sandbox.sent) == 2


def test_personal_values_never_leave_and_are_back_in_the_answer(give_keys):
    models = give_keys("openai")
    models.sandbox.tell(Does.SAYS, text='{"motivation": "call [PHONE_1]", "beds": 3}')

    answer = gateway.ask(question("Call 512-555-0142.", personal=["512-555-0142"]))

    assert "0142" not in models.sandbox.wire
    assert answer.reply.motivation == "call 512-555-0142"
    assert "0142" not in ModelReply.objects.get().raw


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-6-luna"),
        ("deepseek", "deepseek-flash"),
        ("mistral", "mistral-medium-latest"),
        ("qwen", "qwen3.7-plus"),
        ("qwen", "qwen3.7-flash"),
        ("anthropic", "claude-haiku-4-5-20251001"),
        ("compatible", "llama-local"),
    ],
)
def test_each_provider_is_asked_for_the_shape_in_its_own_way(give_keys, provider, model):
    models = give_keys(provider)
    put_in_force(Step(role="reader", provider=provider, model=model))

    answer = gateway.ask(question())

    assert (answer.provider, answer.model, answer.role, answer.why_local) == (provider, model, "reader", "")
    assert len(models.sandbox.sent) == 1
    assert (ModelCall.objects.get().cost_cents > 0) is (provider != "compatible")


def test_without_money_the_local_model_answers_and_nobody_is_asked(give_keys):
    models = give_keys("openai")
    put_in_force(Step(role="reader", provider="openai", model="gpt-4o"), daily_budget_cents=0)

    answer = gateway.ask(question())

    assert (answer.provider, answer.role, answer.why_local) == ("local", "local reader", "budget")
    assert not models.sandbox.sent
    assert not ModelCall.objects.exists()


def test_a_dearer_step_that_is_over_budget_leaves_the_question_to_a_cheaper_one(give_keys):
    give_keys("openai", "deepseek").sandbox.tell(Does.SAYS, text=GOOD)
    dear = Step(role="first", provider="openai", model="gpt-4o")
    cheap = Step(role="second", provider="deepseek", model="deepseek-flash")
    put_in_force(dear, cheap, daily_budget_cents=1, max_tokens=2_000)

    answer = gateway.ask(question())

    assert (answer.role, outcomes()) == ("second", [("deepseek", Outcome.ANSWERED)])


def test_a_slow_provider_is_left_in_time_for_the_next(give_keys):
    models = give_keys("openai", "deepseek")
    models.sandbox.tell(Does.SAYS, provider="openai", text=GOOD, seconds=5)
    models.sandbox.tell(Does.SAYS, provider="deepseek", text=GOOD)
    first, second = SHIPPED[Purpose.SCORE_LEAD].steps
    put_in_force(first, second, deadline_seconds=1)

    began = time.monotonic()
    answer = gateway.ask(question())

    assert (answer.provider, time.monotonic() - began < 1.5) == ("deepseek", True)
    slow = ModelCall.objects.get(provider="openai")
    assert (slow.outcome, slow.cost_cents) == (Outcome.TIMED_OUT, slow.reserved_cents)


def test_a_provider_that_asks_for_more_patience_than_there_is_is_passed_over(give_keys):
    models = give_keys("openai", "deepseek")
    models.sandbox.tell(Does.LIMITED, provider="openai", retry_after_seconds=3600.0)
    models.sandbox.tell(Does.SAYS, provider="deepseek", text=GOOD)

    assert gateway.ask(question()).provider == "deepseek"
    assert outcomes() == [("openai", Outcome.BUSY), ("deepseek", Outcome.ANSWERED)]


def test_a_provider_that_keeps_failing_rests_until_one_call_goes_well(give_keys):
    models = give_keys("openai")
    models.sandbox.tell(Does.REFUSES, calls=1)  # an answer, though none that can be used
    models.sandbox.tell(Does.HANGS_UP)
    for number in range(breakers.FAILURES + 3):
        gateway.ask(question(f"Home {number}"))
    assert len(models.sandbox.sent) == 1 + breakers.FAILURES

    models.sandbox.tell(Does.SAYS, text=GOOD)
    assert gateway.ask(question("Next")).why_local == "providers failed"
    breakers.client().delete(breakers.keys("openai")[2])  # the rest is over

    assert gateway.ask(question("Next")).provider == "openai"
    assert gateway.ask(question("After that")).provider == "openai"
    assert not breakers.client().exists(*breakers.keys("openai"))


def test_a_wrong_key_is_not_tried_again_and_again(give_keys):
    models = give_keys("openai")
    models.sandbox.tell(Does.UNAUTHORISED)

    for number in range(3):
        gateway.ask(question(f"Home {number}"))

    assert len(models.sandbox.sent) == 1


def test_without_redis_providers_are_asked_all_the_same(give_keys, settings):
    give_keys("openai").sandbox.tell(Does.SAYS, text=GOOD)
    breaker._asked_again_at_seconds = time.monotonic() + 60  # as after a failure of Redis
    try:
        answers = gateway.ask_many([question(f"Home {number}") for number in range(30)])
    finally:
        breaker.close()

    assert {answer.provider for answer in answers} == {"openai"}


def test_places_that_were_left_while_redis_was_away_are_free_when_it_is_back(give_keys):
    give_keys("openai")
    openai = provider("openai")
    tickets = [breakers.enter(openai, seconds=60) for _ in range(openai.concurrency)]
    assert breakers.enter(openai, seconds=60).door is Door.FULL

    breaker._asked_again_at_seconds = time.monotonic() + 60  # as after a failure of Redis
    try:
        for ticket in tickets:
            ticket.leave(Report.WELL)
        there = breakers.enter(openai, seconds=60)
        there.leave(Report.WELL)
    finally:
        breaker.close()

    assert there.is_local
    again = breakers.enter(openai, seconds=60)
    assert (again.door, again.is_local, breakers.client().zcard(breakers.keys("openai")[0])) == (Door.IN, False, 1)


def test_a_failure_of_the_askers_own_code_is_still_settled(give_keys):
    give_keys("openai").sandbox.tell(Does.SAYS, text=GOOD)

    def break_down(reading: Reading) -> Reading:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        gateway.ask(question(verify=break_down))

    assert ModelCall.objects.get().outcome == Outcome.UNUSABLE
    assert spent()["day"][0] == 0


def test_an_asker_that_is_stopped_half_way_leaves_nothing_open(give_keys):
    """As when a worker's time is up; one that is killed is left to ``budgets.sweep``."""
    give_keys("openai")
    course = asking.course(question())
    assert isinstance(course.send(None), asking.Send)
    assert outcomes() == [("openai", Outcome.ASKED)]

    course.close()

    call = ModelCall.objects.get()
    assert (call.outcome, call.cost_cents) == (Outcome.LOST, call.reserved_cents)
    assert spent()["day"] == (0, call.reserved_cents)
    assert not breakers.client().exists(breakers.keys("openai")[0])


def test_texts_become_vectors_by_the_same_ledger(give_keys):
    models = give_keys("openai")

    embedded = gateway.embed(["A home by the lake.", "Call 512-555-0142"], subject=Subject(kind="leads", id="2"))

    call = ModelCall.objects.get()
    assert [len(vector) for vector in embedded.vectors] == [1536, 1536]
    assert (call.purpose, call.outcome, call.model, embedded.call_id) == (
        "embed",
        Outcome.ANSWERED,
        "text-embedding-3-small",
        call.pk,
    )
    assert call.cost_cents > 0
    assert "0142" not in models.sandbox.wire


def test_without_a_provider_there_are_no_vectors(give_keys):
    models = give_keys("openai")
    models.sandbox.tell(Does.REFUSED_REQUEST)

    assert gateway.embed(["A home."], subject=Subject(kind="lead", id="1")) is None
    assert gateway.embed([], subject=Subject(kind="lead", id="1")) is None
    assert outcomes() == [("openai", Outcome.REFUSED)]
