"""Questions that can wait: sent together, answered at half the price, applied once whatever breaks."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from ai import batches, waiting
from ai.models import BatchJob, ModelCall, ModelReply, Spend, WaitingQuestion
from ai.questions import Answer, Question
from ai.sandbox import Does
from tests.ai.asking import Reading, question
from tests.ai.ledger import reserved
from tests.marketplace.guards import again, refused_by, take_away, undone

GOOD = '{"motivation": "moving", "beds": 3}'
FREE = Decimal(0)


@dataclass
class Adverts:
    """An app whose questions can wait: its subjects' texts, and what it was answered."""

    texts: dict[str, str] = field(default_factory=dict)
    applied: list[tuple[str, Answer[Any]]] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    breaks: bool = False

    def question(self, subject_id: str) -> Question[Any] | None:
        text = self.texts.get(subject_id)
        return question(text, personal=("Maria Gonzalez",)) if text else None

    def apply(self, subject_id: str, answer: Answer[Any]) -> None:
        assert connection.in_atomic_block
        if self.breaks:
            raise RuntimeError("the app broke")
        self.applied.append((subject_id, answer))

    def give_up(self, subject_id: str) -> None:
        self.given_up.append(subject_id)

    @property
    def read(self) -> list[tuple[str, str]]:
        """Who was answered, and by whom."""
        return sorted((subject_id, answer.provider) for subject_id, answer in self.applied)


ADVERTS = Adverts()
waiting.register("test adverts", ADVERTS)


@pytest.fixture
def adverts() -> Adverts:
    """Three adverts whose questions wait."""
    ADVERTS.texts = {name: f"Moving soon, {name} beds." for name in ("1", "2", "3")}
    ADVERTS.applied, ADVERTS.given_up, ADVERTS.breaks = [], [], False
    waiting.ask_later("test adverts", ADVERTS.texts)
    return ADVERTS


@pytest.fixture
def provider(give_keys, adverts):
    models = give_keys("openai", "deepseek")
    models.sandbox.tell(Does.SAYS, text=GOOD)
    return models


def outcomes() -> list[str]:
    return sorted(ModelCall.objects.values_list("outcome", flat=True))


def is_nothing_set_aside() -> bool:
    return not Spend.objects.exclude(reserved_cents=0).exists()


def waits() -> list[tuple[str, int]]:
    return list(WaitingQuestion.objects.filter(job=None).order_by("subject_id").values_list("subject_id", "tries"))


def test_what_waits_is_sent_together_and_each_answer_is_applied_once_at_half_the_price(provider, adverts):
    sent = batches.send_waiting()
    with_the_provider = (ModelCall.objects.filter(outcome="asked").count(), waits(), batches.send_waiting())
    applied = batches.collect()

    assert (sent, with_the_provider, applied) == (3, (3, [], 0), 3)
    assert adverts.read == [("1", "openai"), ("2", "openai"), ("3", "openai")]
    assert adverts.applied[0][1].reply == Reading(motivation="moving", beds=3)
    assert [one.route for one in provider.sandbox.sent].count("chat") == 0
    call = ModelCall.objects.first()
    usual = (call.tokens_in * Decimal("0.125") + call.tokens_out * Decimal("0.5")) / 10_000
    assert abs(call.cost_cents - usual / 2) < Decimal("0.000002")
    assert Spend.objects.get(period="day").spent_cents == sum(call.cost_cents for call in ModelCall.objects.all())
    assert is_nothing_set_aside()
    assert (batches.collect(), batches.send_waiting(), len(adverts.applied)) == (0, 0, 3)
    assert BatchJob.objects.get().state == "over"


def test_the_provider_is_asked_to_forget_the_questions_and_their_answers(provider, adverts):
    batches.send_waiting()
    batches.collect()

    deleted = [
        one.path.rpartition("/")[2] for one in provider.sandbox.sent if one.body == b"" and "/files/" in one.path
    ]
    assert BatchJob.objects.get().file_id in deleted


def test_personal_values_stay_here_and_come_back(provider, adverts):
    adverts.texts = {"1": "Call Maria at 512-555-0143, she has 3 beds."}
    provider.sandbox.tell(Does.SAYS, text='{"motivation": "[NAME_1] of [PHONE_1]", "beds": 3}')

    batches.send_waiting()
    batches.collect()

    assert [answer.reply.motivation for _, answer in adverts.applied] == ["Maria of 512-555-0143"]
    assert not [value for value in ("Maria", "0143") if value in provider.sandbox.wire]


def test_a_batch_that_is_not_over_is_looked_at_again(provider, adverts):
    provider.sandbox.tell(Does.WAITS, route="batches", calls=2)
    batches.send_waiting()

    applied = [batches.collect() for _ in range(2)]

    assert applied == [0, 3]


def test_a_subject_that_changed_meanwhile_is_asked_again_and_one_that_is_gone_is_not(provider, adverts):
    batches.send_waiting()
    adverts.texts["2"] = "Staying, 2 beds."
    del adverts.texts["3"]

    batches.collect()

    assert adverts.read == [("1", "openai")]
    assert waits() == [("2", 0), ("3", 0)]
    assert outcomes() == ["answered"] * 3
    assert ModelReply.objects.filter(is_usable=True).count() == 1
    batches.send_waiting()
    batches.collect()
    assert adverts.read == [("1", "openai"), ("2", "openai")]
    assert not WaitingQuestion.objects.exists()


@pytest.mark.parametrize(
    ("does", "outcome", "is_free"),
    [
        (Does.BROKEN, "failed", True),
        (Does.LIMITED, "failed", True),
        (Does.REFUSED_REQUEST, "failed", True),
        (Does.NOT_JSON, "unusable", False),
        (Does.WRONG_JSON, "unusable", False),
        (Does.EMPTY, "unusable", False),
        (Does.SHORT, "unusable", False),
        (Does.REFUSES, "declined", False),
        (Does.FILTERED, "declined", False),
    ],
)
def test_a_line_that_was_not_answered_waits_again_and_the_others_are_applied(
    provider, adverts, does, outcome, is_free
):
    provider.sandbox.tell(does, calls=1)
    batches.send_waiting()

    batches.collect()

    assert len(adverts.applied) == 2
    assert [tries for _, tries in waits()] == [1]
    assert outcomes() == sorted(["answered", "answered", outcome])
    assert (ModelCall.objects.get(outcome=outcome).cost_cents == FREE) == is_free
    assert is_nothing_set_aside()


@pytest.mark.parametrize(
    ("does", "is_free"), [(Does.BROKEN, True), (Does.UNAUTHORISED, True), (Does.HANGS_UP, False)]
)
@pytest.mark.parametrize("route", ["files", "batches"])
def test_a_batch_that_is_not_taken_leaves_nothing_half_done(provider, adverts, does, is_free, route):
    provider.sandbox.tell(does, route=route, calls=1)

    sent = batches.send_waiting()

    assert (sent, waits()) == (0, [("1", 1), ("2", 1), ("3", 1)])
    assert BatchJob.objects.get().state == "failed"
    assert all((call.cost_cents == FREE) == is_free for call in ModelCall.objects.all())
    assert is_nothing_set_aside()
    assert (batches.send_waiting(), batches.collect()) == (3, 3)


def test_answers_that_come_half_are_fetched_again(provider, adverts):
    batches.send_waiting()
    provider.sandbox.tell(Does.CUT, route="files", calls=1)

    applied = [batches.collect(), batches.collect()]

    assert applied == [0, 3]
    assert outcomes() == ["answered"] * 3


def test_a_batch_that_expired_or_was_refused_is_paid_as_far_as_it_was_answered(provider, adverts):
    provider.sandbox.tell(Does.EXPIRES, route="batches", calls=2)
    batches.send_waiting()

    batches.collect()

    assert len(adverts.applied) == 1
    assert outcomes() == ["answered", "failed", "failed"]
    assert ModelCall.objects.filter(cost_cents=FREE).count() == 2


def test_a_batch_that_is_never_heard_of_again_counts_as_what_was_set_aside(provider, adverts, clock):
    batches.send_waiting()
    provider.sandbox.tell(Does.WAITS, route="batches")
    clock.advance(hours=27)

    batches.collect()

    assert BatchJob.objects.get().state == "lost"
    assert all(call.cost_cents == call.reserved_cents for call in ModelCall.objects.all())
    assert [tries for _, tries in waits()] == [1, 1, 1]


def test_a_batch_whose_sender_died_is_given_up_and_its_questions_wait_again(db, adverts, clock):
    job = BatchJob.objects.create(provider="openai")
    call = reserved(deadline_seconds=90_000)
    WaitingQuestion.objects.filter(subject_id="1").update(job=job, call_id=call.id)

    batches.collect()
    early = BatchJob.objects.get().state
    clock.advance(minutes=31)
    batches.collect()

    assert (early, BatchJob.objects.get().state, outcomes()) == ("sending", "lost", ["lost"])
    assert waits() == [("1", 1), ("2", 0), ("3", 0)]


def test_an_answer_that_the_app_could_not_take_is_taken_the_next_time(provider, adverts):
    batches.send_waiting()
    adverts.breaks = True
    with pytest.raises(RuntimeError):
        batches.collect()
    adverts.breaks = False

    applied = batches.collect()

    assert (applied, len(adverts.applied)) == (3, 3)
    assert outcomes() == ["answered"] * 3
    assert Spend.objects.get(period="day").spent_cents == sum(call.cost_cents for call in ModelCall.objects.all())


def test_without_money_the_rest_waits_for_later(provider, adverts, route):
    route("score_lead", [("openai", "gpt-6-luna")], daily_budget_cents=1, max_tokens=30_000)

    sent = batches.send_waiting()

    assert 0 < sent < 3
    assert len(waits()) == 3 - sent
    assert all(tries == 0 for _, tries in waits())


def test_a_provider_without_batches_is_asked_one_by_one(give_keys, adverts):
    models = give_keys("deepseek")
    models.sandbox.tell(Does.SAYS, text=GOOD)

    sent = batches.send_waiting()

    assert (sent, adverts.read) == (3, [("1", "deepseek"), ("2", "deepseek"), ("3", "deepseek")])
    assert not BatchJob.objects.exists()
    assert not WaitingQuestion.objects.exists()


def test_what_nobody_answers_leaves_the_queue_in_the_end(give_keys, adverts):
    give_keys("deepseek").sandbox.tell(Does.REFUSED_REQUEST)

    for _ in range(4):
        batches.send_waiting()

    assert (adverts.applied, sorted(adverts.given_up)) == ([], ["1", "2", "3"])
    assert not WaitingQuestion.objects.exists()
    assert ModelCall.objects.count() == 9


def test_without_a_provider_questions_wait_for_a_week(db, settings, adverts, clock):
    settings.MODEL_PROVIDERS = {}
    batches.send_waiting()
    kept = len(waits())
    clock.advance(days=8)
    batches.send_waiting()

    assert (kept, len(waits())) == (3, 0)


def test_a_subject_waits_once_and_what_was_answered_before_is_applied_at_once(provider, adverts):
    waiting.ask_later("test adverts", ["1", "1"])
    batches.send_waiting()
    batches.collect()
    waiting.ask_later("test adverts", ["1"])

    sent = batches.send_waiting()

    assert (sent, len(adverts.applied), adverts.applied[-1][1].is_remembered) == (1, 4, True)
    assert ModelCall.objects.count() == 3


def test_a_kind_has_one_owner():
    with pytest.raises(ValueError, match="Two kinds"):
        waiting.register("test adverts", Adverts())


BREAK_INS = {
    "a_subject_waits_once": again("ai_waitingquestion", "job_id IS NULL", id="-1"),
    "waits_or_is_with_a_provider": "UPDATE ai_waitingquestion SET call_id = NULL WHERE job_id IS NOT NULL",
    "batch_over_or_not": "UPDATE ai_batchjob SET state = 'over' WHERE state = 'sent'",
    "sent_batch_has_a_name": again("ai_batchjob", "state = 'sent'", id="gen_random_uuid()", batch_id="''"),
    "batch_moves_forward": "UPDATE ai_batchjob SET state = 'sending', over_at = NULL WHERE state = 'over'",
}


def test_each_guard_keeps_out_what_it_names_and_nothing_else_does(db, adverts, subtests):
    """The trigger ``batch_guard`` holds the last of them."""
    BatchJob.objects.create(provider="openai", state="over", over_at="2026-11-22T00:00:00Z")
    job = BatchJob.objects.create(provider="openai", state="sent", batch_id="b", file_id="f")
    WaitingQuestion.objects.filter(subject_id="1").update(job=job, call_id=reserved().id)

    for guard, break_in in BREAK_INS.items():
        with subtests.test(guard), undone():
            assert refused_by(break_in) == guard
            take_away(guard)
            assert refused_by(break_in) == ""
