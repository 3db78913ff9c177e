"""Whatever a provider does, for whichever purpose: somebody answers, and each call is settled and paid once."""

from decimal import Decimal
from itertools import cycle

import pytest
from django.db.models import Sum

from ai import gateway
from ai.models import ModelCall, ModelReply, Spend
from ai.purposes import Purpose
from ai.questions import Subject
from ai.sandbox import Does
from tests.ai.asking import question
from tests.ai.conftest import forget_breakers

pytestmark = pytest.mark.django_db

GOOD = '{"motivation": "moving", "beds": 3}'
ASKED = [purpose for purpose in Purpose if purpose != Purpose.EMBED]
OF_BATCHES = {Does.WAITS, Does.FAILS, Does.EXPIRES}
GOES_WELL = {Does.WELL, Does.SAYS, Does.CALLS, Does.OBEYS, Does.FENCED, Does.NO_USAGE}
FAILURES = [does for does in Does if does not in OF_BATCHES | GOES_WELL]


def questions(failure: Does):
    """One for each purpose, which nobody has asked before."""
    return [
        question(f"Moving soon, 3 beds ({failure}, {purpose}).", purpose=purpose, subject=subject(failure, purpose))
        for purpose in ASKED
    ]


def subject(failure: Does, purpose: Purpose) -> Subject:
    return Subject(kind=str(failure), id=str(purpose))


def is_whole() -> bool:
    """Whether each call was settled, once, and what was spent is what the calls cost."""
    costs = ModelCall.objects.values("purpose").annotate(cents=Sum("cost_cents")).values_list("purpose", "cents")
    spent = Spend.objects.filter(period="day").values_list("purpose", "spent_cents")
    nothing_is_open = not ModelCall.objects.filter(outcome="asked").exists()
    return nothing_is_open and not Spend.objects.exclude(reserved_cents=0).exists() and dict(costs) == dict(spent)


def test_where_one_provider_fails_the_next_answers_every_purpose(give_keys, route, subtests):
    models = give_keys("openai", "deepseek")
    for purpose in ASKED:
        route(purpose, [("openai", "gpt-6-luna"), ("deepseek", "deepseek-flash")])
    for failure in FAILURES:
        forget_breakers()
        models.sandbox.control.forget()
        models.sandbox.tell(failure, provider="openai", retry_after_seconds=0)
        models.sandbox.tell(Does.SAYS, provider="deepseek", text=GOOD)

        answers = gateway.ask_many(questions(failure))

        with subtests.test(str(failure)):
            assert {(answer.provider, answer.reply.beds, answer.why_local) for answer in answers} == {
                ("deepseek", 3, "")
            }
            assert is_whole()
            assert {
                str(call.pk) for call in ModelCall.objects.filter(subject_kind=failure, outcome="answered")
            } == {str(answer.call_id) for answer in answers}
    assert ModelReply.objects.filter(is_usable=True).count() == len(FAILURES) * len(ASKED)


def test_where_all_fail_the_local_model_answers_and_says_so(give_keys, route, subtests):
    models = give_keys("openai")
    for purpose in ASKED:
        route(purpose, [("openai", "gpt-6-luna")])
    for failure, asked in zip(FAILURES, cycle(ASKED), strict=False):
        forget_breakers()
        models.sandbox.control.forget()
        models.sandbox.tell(failure, retry_after_seconds=0)

        answers = gateway.ask_many([one for one in questions(failure) if one.purpose == asked])

        with subtests.test(str(failure)):
            assert {(answer.provider, answer.role, answer.why_local) for answer in answers} == {
                ("local", "local reader", "providers failed")
            }
            assert is_whole()
    assert not ModelReply.objects.filter(is_usable=True).exists()


OF_WORDS = {Does.WRONG_JSON, Does.NOT_JSON, Does.EMPTY, Does.SHORT, Does.REFUSES, Does.FILTERED, Does.NO_CHOICES}


def test_where_vectors_fail_there_are_none_and_the_call_is_settled(give_keys, subtests):
    models = give_keys("openai")
    for failure in set(FAILURES) - OF_WORDS:
        forget_breakers()
        models.sandbox.control.forget()
        models.sandbox.tell(failure, retry_after_seconds=0)

        embedded = gateway.embed([f"A home ({failure})."], subject=subject(failure, Purpose.EMBED))

        with subtests.test(str(failure)):
            assert embedded is None
            assert is_whole()


def test_an_answer_that_does_not_say_what_it_cost_counts_as_the_most_that_it_may_have(give_keys):
    give_keys("openai").sandbox.tell(Does.NO_USAGE)

    gateway.ask(question())

    call = ModelCall.objects.get()
    assert call.cost_cents == call.reserved_cents > Decimal(0)
    assert is_whole()


def test_the_budget_that_ends_in_the_middle_leaves_the_rest_to_the_local_model(give_keys, route):
    give_keys("openai").sandbox.tell(Does.SAYS, text=GOOD)
    route(Purpose.SCORE_LEAD, [("openai", "gpt-6-luna")], daily_budget_cents=1, max_tokens=6_000)

    answers = gateway.ask_many([question(f"Moving soon, 3 beds, number {number}.") for number in range(40)])

    by = [answer.why_local for answer in answers]
    assert set(by) == {"", "budget"}
    assert ModelCall.objects.count() == by.count("")
    assert Spend.objects.get(period="day").spent_cents <= 1
    assert is_whole()
