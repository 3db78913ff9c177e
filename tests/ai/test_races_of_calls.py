"""Many questions at once, over real connections and committed transactions."""

import multiprocessing
import signal
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection, connections

from ai import budgets, gateway
from ai.models import ModelCall, Spend
from ai.providers import provider
from ai.purposes import Purpose
from ai.questions import Question
from ai.routes import SHIPPED, Step
from ai.sandbox import Does
from ai.services import set_route
from tests.ai.asking import question
from tests.ai.conftest import forget_breakers, point_at
from tests.ai.ledger import new_call
from tests.ai.served import Models
from tests.aiqleads.conftest import wait_until
from tests.marketplace.test_races import at_once

pytestmark = [pytest.mark.no_cover, pytest.mark.race, pytest.mark.django_db(transaction=True)]

GOOD = '{"motivation": "moving", "beds": 3}'
LONG = f'{{"motivation": "{"moving " * 300}", "beds": 3}}'
"""Dear enough that a hundred one after the other cost more than five cents, too."""
AT_ONCE = 100


@pytest.fixture
def keyed(models, settings):
    """One provider with a key."""
    settings.MODEL_PROVIDERS = point_at(models, "openai")
    models.sandbox.tell(Does.SAYS, text=GOOD)
    forget_breakers()
    yield models
    forget_breakers()


def allow(*, cents: int) -> None:
    reader = Step(role="reader", provider="openai", model="gpt-4o", parameters={"temperature": 0})
    set_route(
        purpose=Purpose.SCORE_LEAD,
        name="Few cents",
        steps=[reader],
        deadline_seconds=60,
        daily_budget_cents=cents,
        monthly_budget_cents=cents,
        max_tokens=1000,
        actor_id=None,
    )


def test_a_hundred_at_once_never_spend_more_than_the_limit(keyed):
    allow(cents=5)
    keyed.sandbox.tell(Does.SAYS, text=LONG)

    answers = at_once([partial(gateway.ask, question(f"Home {number}")) for number in range(AT_ONCE)])

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert {answer.why_local for answer in answers} == {"", "budget"}
    assert sum(answer.provider == "openai" for answer in answers) == len(keyed.sandbox.sent)
    day = Spend.objects.get(period="day")
    assert day.reserved_cents == 0
    costs = ModelCall.objects.values_list("cost_cents", flat=True)
    assert day.spent_cents == sum(costs) <= 5 < AT_ONCE * min(costs)
    at_most = provider("openai").concurrency
    assert keyed.sandbox.most_at_once["openai"] <= 2 * at_most  # twice, where Redis was too busy to say


def test_without_its_constraint_a_hundred_at_once_spend_more(keyed):
    """``spend_within_limit`` is what holds above: the calls themselves never look at the sum."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ai_spend DROP CONSTRAINT spend_within_limit")
    try:
        calls = [new_call(daily_budget_cents=5, most_cents=Decimal(1)) for _ in range(20)]
        assert at_once([partial(budgets.reserve, call) for call in calls]) == ["reserved"] * 20
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE ai_spend ADD CONSTRAINT spend_within_limit"
                " CHECK (limit_cents >= reserved_cents + spent_cents) NOT VALID"
            )


def test_of_twenty_who_ask_the_same_one_pays(keyed):
    keyed.sandbox.tell(Does.SAYS, text=GOOD, seconds=0.2)

    answers = at_once([partial(gateway.ask, question())] * 20)

    assert [answer.reply.beds for answer in answers] == [3] * 20
    assert sum(not answer.is_remembered for answer in answers) == 1
    assert len(keyed.sandbox.sent) == ModelCall.objects.count() == 1


@pytest.fixture
def _four_connections():
    connection.close()
    connection.close_pool()
    pool = connection.settings_dict["OPTIONS"]["pool"]
    before = dict(pool)
    pool.update(max_size=4, timeout=10)
    yield
    pool.update(before)
    connection.close()
    connection.close_pool()


@pytest.mark.usefixtures("_four_connections")
def test_more_threads_than_connections_and_places_are_all_answered(keyed):
    gateway.ask(question("Home that was asked about before"))
    keyed.sandbox.tell(Does.SAYS, text=GOOD, seconds=0.02)

    answers = at_once([partial(gateway.ask, question(f"Home {number}")) for number in range(60)])

    assert [answer.provider for answer in answers] == ["openai"] * 60


def test_the_budget_may_end_in_the_middle_of_many(keyed):
    allow(cents=2)

    answers = gateway.ask_many([question(f"Home {number}") for number in range(40)])

    asked = [answer.provider for answer in answers]
    assert 0 < asked.count("openai") < 40
    assert {answer.why_local for answer in answers if answer.provider == "local"} == {"budget"}
    assert Spend.objects.get(period="day").reserved_cents == 0


def ask_in_a_process_that_is_killed(models: Models, asked: Question[Any]) -> None:
    """A worker, forked as Celery forks its own, is killed while the provider has its question."""
    connections.close_all()
    connection.close_pool()  # or both processes would share its sockets
    worker = multiprocessing.get_context("fork").Process(target=gateway.ask, args=[asked], daemon=True)
    worker.start()
    wait_until(lambda: models.sandbox.sent)
    worker.kill()
    worker.join()
    assert worker.exitcode == -signal.SIGKILL


def test_what_a_killed_process_was_asking_is_counted_once_and_answered_to_the_next_who_asks(keyed, clock):
    keyed.sandbox.tell(Does.SAYS, text=GOOD, calls=1, seconds=60)
    ask_in_a_process_that_is_killed(keyed, question())
    [killed] = ModelCall.objects.all()
    assert (killed.outcome, killed.cost_cents) == ("asked", None)
    assert spent() == {"day": (killed.reserved_cents, 0), "month": (killed.reserved_cents, 0)}

    another = gateway.ask(question("Another home."))
    assert (another.provider, budgets.sweep()) == ("openai", 0)
    clock.advance(seconds=SHIPPED[Purpose.SCORE_LEAD].deadline_seconds + budgets.GRACE_SECONDS)
    assert (budgets.sweep(), budgets.sweep()) == (1, 0)
    again, remembered = gateway.ask(question()), gateway.ask(question())

    assert (again.provider, again.is_remembered, remembered.is_remembered) == ("openai", False, True)
    assert len(keyed.sandbox.sent) == 3
    costs = {call.pk: call.cost_cents for call in ModelCall.objects.all()}
    assert costs[killed.pk] == killed.reserved_cents > costs[again.call_id] > 0
    assert costs.keys() == {killed.pk, another.call_id, again.call_id}
    assert spent() == {"day": (0, sum(costs.values())), "month": (0, sum(costs.values()))}


def spent() -> dict[str, tuple[Decimal, Decimal]]:
    """What is set aside and what is spent, by period."""
    return {row.period: (row.reserved_cents, row.spent_cents) for row in Spend.objects.all()}
