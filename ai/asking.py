"""The course of one question: which steps are asked, what is tried again, what is paid, and who answers in the end.

A course is a generator: it yields what to do over the network and is sent what came of it. So whoever drives it
(``ai.gateway``) decides how many run side by side, and all that touches the database stays in one thread.
This is the one layer that tries again.
"""

import json
import time
from collections.abc import Generator, Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_UP, Decimal
from typing import Any, Final, Generic, TypeVar
from uuid import UUID, uuid4

from django.db import connection

from ai import breakers, budgets, clients, failures, local_answers, replies, routes, wire
from ai.breakers import Door, Report
from ai.budgets import Assumed, NewCall, Reply, Reserved
from ai.failures import Failed
from ai.models import ModelCall, ModelReply
from ai.providers import MILLIONTH_CENT, Endpoint, Model, Price, Provider
from ai.questions import LOCAL, LOCAL_ROLE, Answer, Question, ReplyT, WhyLocal
from ai.redaction import Cover
from ai.replies import Messages, Unusable
from ai.routes import InForce, Step
from ai.said import Said, Tokens, read_completion
from aiqleads.core.personal_data import keyed_hash, keyed_hashes

Outcome = ModelCall.Outcome
R = TypeVar("R")

ATTEMPTS: Final = 3
"""So often one step is asked where it fails in a way that may pass."""
SHARE_OF_A_STEP: Final = 0.6
"""So much of the time that is left a step may take while others wait behind it."""
LEAST_SECONDS: Final = 0.25
"""With less time left nobody is asked."""
POLL_SECONDS: Final = 0.05
LEASE_SECONDS: Final = 5
"""So much longer than its call a place among the provider's calls is kept, should the process die."""
HASHED_FOR: Final = "model input"


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Ask a provider."""

    endpoint: Endpoint
    body: dict[str, Any]
    seconds: float

    async def done(self) -> "Said | Failed":
        """What came back, or how it failed."""
        try:
            return await wire.complete(self.endpoint, self.body, seconds=self.seconds)
        except Failed as failed:
            return failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Let some time pass."""

    seconds: float

    async def done(self) -> None:
        """When it has passed."""
        await clients.pause(self.seconds)


Command = Send | Rest
Told = Said | Failed | None
Course = Generator[Command, Told, R]


class _StepIsOver(Exception):
    """The step has no answer; the next one is asked."""

    def __init__(self, *, is_over_budget: bool = False) -> None:
        super().__init__()
        self.is_over_budget = is_over_budget


class _NotSure(Exception):
    """What is taken for granted does not hold, or cannot be looked up: begin anew, looking first."""


def course(question: Question[ReplyT]) -> Course[Answer[ReplyT]]:
    """Ask the steps of the purpose's route in turn; the local model answers where none of them can.

    :raises WrongValues: the prompt's places and the values differ
    """
    question.prompt.fill(question.values)
    seen = routes.last_seen(question.purpose)
    if seen is not None and seen.rules.usable_steps():
        try:
            return (yield from _course(_Asked(question, seen, is_sure=False)))
        except _NotSure:
            pass
    return (yield from _course(_Asked(question, routes.look_up(question.purpose), is_sure=True)))


def _course(asked: "_Asked[ReplyT]") -> Course[Answer[ReplyT]]:
    """The course of a question by the rules that are in force, or seem to be.

    :raises _NotSure: they may be others, or the answer may be known
    """
    question = asked.question
    tries = [_Try(asked, step) for step in asked.rules.usable_steps()]
    if not tries:
        return locally(question, "no provider")
    asked.input_hashes = [input_hash for one in tries for input_hash in one.input_hashes]
    answer = asked.remembered(asked.input_hashes) if asked.is_sure else None
    if answer is not None:
        return answer
    why: WhyLocal = "providers failed"
    for one in tries:
        try:
            return (yield from one.course(is_last=one is tries[-1]))
        except _StepIsOver as over:
            why = "budget" if over.is_over_budget else why
    local_answers.note(question.purpose, why, day=asked.today)
    return locally(question, why)


def locally(question: Question[ReplyT], why: WhyLocal) -> Answer[ReplyT]:
    """The local model's answer, and why it was asked."""
    return Answer(
        reply=question.locally(),
        role=LOCAL_ROLE,
        provider=LOCAL,
        model=question.local_version,
        why_local=why,
    )


class _Asked(Generic[ReplyT]):
    """A question under way: what all its steps share.

    Most questions are new and most routes stay, so a process goes by what it saw last, and its first call has both
    looked up in the statement that writes it. Where that finds otherwise, all begins anew, looking first.

    :ivar is_sure: whether somebody looked
    """

    def __init__(self, question: Question[ReplyT], in_force: InForce, *, is_sure: bool) -> None:
        self.question = question
        self.in_force = in_force
        self.is_sure = is_sure
        self.rules = in_force.rules
        self.today = in_force.today
        self.cover = Cover(question.personal)
        self.ends_at = time.monotonic() + self.rules.deadline_seconds
        self.input_hashes: list[str] = []

    @property
    def seconds_left(self) -> float:
        """Until the question's deadline."""
        return self.ends_at - time.monotonic()

    def reserve(self, call: NewCall) -> Reserved:
        """Write a call that is about to be made, or say why not.

        :raises _NotSure: what was taken for granted does not hold
        """
        if self.is_sure:
            return budgets.reserve(call)
        told = budgets.reserve(call, assumed=Assumed(in_force=self.in_force, unanswered=self.input_hashes))
        if told != "reserved":
            raise _NotSure
        self.is_sure = True
        return told

    def remembered(self, input_hashes: Iterable[str]) -> Answer[ReplyT] | None:
        """What the same question was answered before, by one of the steps; None where that cannot be used."""
        found = _usable_replies(list(input_hashes))
        if not found:
            return None
        for reply in ModelReply.objects.filter(pk__in=found).select_related("call").order_by("at"):
            said = read_completion(reply.raw or "")
            try:
                return self.answer(
                    said,
                    call_id=reply.call_id,
                    role=reply.call.role,
                    provider=reply.call.provider,
                    is_remembered=True,
                )
            except Unusable:
                continue
        return None

    def answer(
        self, said: Said, *, call_id: UUID, role: str, provider: str, is_remembered: bool = False
    ) -> Answer[ReplyT]:
        """
        :raises Unusable: what was said is not what was asked for
        """
        return Answer(
            reply=replies.read(said.text, self.question, self.cover),
            role=role,
            provider=provider,
            model=said.answered_by,
            call_id=call_id,
            is_remembered=is_remembered,
        )


def _usable_replies(input_hashes: list[str]) -> list[int]:
    """Most questions are new: whether there is anything to remember is asked without building models."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM ai_modelreply WHERE is_usable AND input_hash = ANY(%s)", [input_hashes])
        return [reply_id for (reply_id,) in cursor.fetchall()]


class _Try(Generic[ReplyT]):
    """One step of a question: asked up to ``ATTEMPTS`` times, and once more to mend a reply that does not parse."""

    def __init__(self, asked: _Asked[ReplyT], step: Step) -> None:
        endpoint = step.endpoint()
        assert endpoint is not None  # noqa: S101 - steps without a key are not tried
        self.asked = asked
        self.step = step
        self.endpoint: Endpoint = endpoint
        self.provider: Provider = step.known_provider
        self.model: Model = step.known_model
        self.price: Price = self.model.price_on(asked.today)
        self.messages: Messages = replies.messages(asked.question, asked.cover, model=self.model)
        self.recipe = json.dumps([self.provider.name, self._body(max_tokens=0)], sort_keys=True)
        self.failures = 0
        self.is_repaired = False
        self.unusable_memories = 0
        self.pause_seconds = 0.0

    @property
    def input_hashes(self) -> list[str]:
        """Under which an answer is remembered; the newest key's comes first. A memory that cannot be used any more
        is passed over for good."""
        return keyed_hashes(f"{self.unusable_memories} {self.recipe}", purpose=HASHED_FOR)

    @property
    def input_hash(self) -> str:
        """Under which an answer will be remembered."""
        return keyed_hash(f"{self.unusable_memories} {self.recipe}", purpose=HASHED_FOR)

    def course(self, *, is_last: bool) -> Course[Answer[ReplyT]]:
        """Ask until there is an answer.

        :param is_last: whether no other step waits for some of the time
        :raises _StepIsOver: there is none
        """
        ends_at = time.monotonic() + self.asked.seconds_left * (1.0 if is_last else SHARE_OF_A_STEP)
        while True:
            left = ends_at - time.monotonic()
            if left < LEAST_SECONDS or left < self.pause_seconds:
                raise _StepIsOver
            if self.pause_seconds:
                yield Rest(seconds=self.pause_seconds)
                left -= self.pause_seconds
            self.pause_seconds = 0.0
            answer = yield from self._attempt(left)
            if answer is not None:
                return answer

    def _attempt(self, seconds: float) -> Course[Answer[ReplyT] | None]:
        """Ask once.

        :return: None where another attempt is worth it, after ``pause_seconds``
        :raises _StepIsOver: it is not
        """
        ticket = breakers.enter(self.provider, seconds=seconds + LEASE_SECONDS)
        if ticket.door is not Door.IN:
            self._turned_away(ticket.door)
            return None
        report = Report.UNKNOWN
        try:
            body = self._body(max_tokens=self.asked.rules.max_tokens)
            call = self._call(body, seconds)
            reserved = self.asked.reserve(call)
            if reserved != "reserved":
                return self._not_reserved(reserved)
            began = time.monotonic()
            try:
                told = yield Send(endpoint=self.endpoint, body=body, seconds=seconds)
            except GeneratorExit:
                self._settle(call.id, Outcome.LOST, began=began)
                raise
            if isinstance(told, Said):
                report = Report.WELL
                return self._said(call.id, told, began=began)
            assert told is not None  # noqa: S101 - what was sent comes back somehow
            report = report_of(told)
            self._failed(call.id, told, began=began)
            return None
        finally:
            ticket.leave(report)

    def _turned_away(self, door: Door) -> None:
        if not self.asked.is_sure:
            raise _NotSure
        if door is Door.RESTING:
            raise _StepIsOver
        self.pause_seconds = POLL_SECONDS

    def _not_reserved(self, why: str) -> Answer[ReplyT] | None:
        if why == "over budget":
            raise _StepIsOver(is_over_budget=True)
        if why == "under way":
            self.pause_seconds = POLL_SECONDS
            return None
        answer = self.asked.remembered(self.input_hashes)
        if answer is None:
            self.unusable_memories += 1
        return answer

    def _failed(self, call_id: UUID, failed: Failed, *, began: float) -> None:
        self._settle(call_id, failed.outcome, began=began, cost_cents=Decimal(0) if failed.is_free else None)
        self.failures += 1
        if not failed.is_worth_another or self.failures == ATTEMPTS:
            raise _StepIsOver
        self.pause_seconds = failures.pause_seconds(self.failures, asked_for=failed.retry_after_seconds)

    def _said(self, call_id: UUID, said: Said, *, began: float) -> Answer[ReplyT] | None:
        outcome, answer = said.flaw or Outcome.UNUSABLE, None
        try:
            if said.flaw is None:
                answer = self.asked.answer(said, call_id=call_id, role=self.step.role, provider=self.provider.name)
                outcome = Outcome.ANSWERED
        except Unusable as unusable:
            if not self.is_repaired:
                self.messages = replies.repair(self.messages, said.text, unusable.says)
                self.is_repaired = True
                return None
            raise _StepIsOver from None
        finally:
            self._settle(call_id, outcome, began=began, said=said)
        if answer is None:
            raise _StepIsOver
        return answer

    def _settle(
        self,
        call_id: UUID,
        outcome: ModelCall.Outcome,
        *,
        began: float,
        cost_cents: Decimal | None = None,
        said: Said | None = None,
    ) -> None:
        tokens = said.tokens if said else None
        if tokens:
            cost_cents = self.price.cost_cents(
                tokens_in=tokens.read, tokens_cached=tokens.cached, tokens_out=tokens.written
            )
        budgets.settle(
            call_id,
            outcome,
            cost_cents=cost_cents,
            tokens=tokens,
            answered_by=said.answered_by if said else "",
            latency_seconds=time.monotonic() - began,
            reply=Reply(answers=self.input_hash, raw=said.raw, is_usable=outcome == Outcome.ANSWERED)
            if said
            else None,
        )

    def _call(self, body: dict[str, Any], seconds: float) -> NewCall:
        question, rules = self.asked.question, self.asked.rules
        return NewCall(
            id=uuid4(),
            purpose=question.purpose,
            route_id=rules.route_id,
            role=self.step.role,
            provider=self.provider.name,
            model=self.model.id,
            prompt=str(question.prompt),
            input_hash=self.input_hash,
            subject_kind=question.subject.kind,
            subject_id=str(question.subject.id),
            deadline_seconds=seconds,
            daily_budget_cents=rules.daily_budget_cents,
            monthly_budget_cents=rules.monthly_budget_cents,
            most_cents=budgets.most_cents(
                self.price, prompt_bytes=len(json.dumps(body)), max_tokens=rules.max_tokens
            ),
        )

    def _body(self, *, max_tokens: int) -> dict[str, Any]:
        return replies.request(
            self.messages,
            self.asked.question.reply,
            provider=self.provider,
            model=self.model,
            parameters=self.step.parameters,
            max_tokens=max_tokens,
        )


def report_of(failed: Failed) -> Report:
    """What a failure says about the provider's next call."""
    if failed.is_hopeless:
        return Report.HOPELESS
    return Report.UNKNOWN if failed.outcome == Outcome.REFUSED else Report.BADLY


class Prepared(Generic[ReplyT]):
    """A question made ready for the first step of its route, for whoever sends it in another way than a course."""

    def __init__(self, question: Question[ReplyT], in_force: InForce, step: Step) -> None:
        self._asked = _Asked(question, in_force, is_sure=True)
        self._try = _Try(self._asked, step)
        self.provider = self._try.provider
        self.endpoint = self._try.endpoint
        self.input_hash = self._try.input_hash

    @property
    def body(self) -> dict[str, Any]:
        """The request, as the protocol has it."""
        return self._try._body(max_tokens=self._asked.rules.max_tokens)

    def remembered(self) -> Answer[ReplyT] | None:
        """What the same was answered before, or None."""
        return self._asked.remembered(self._try.input_hashes)

    def call(self, *, seconds: float, ratio: Decimal) -> NewCall:
        """Its line of the ledger.

        :param ratio: of the usual price
        """
        call = self._try._call(self.body, seconds)
        return replace(call, most_cents=(call.most_cents * ratio).quantize(MILLIONTH_CENT, ROUND_UP))

    def cost_cents(self, tokens: Tokens, *, ratio: Decimal) -> Decimal:
        """What an answer cost."""
        usual = self._try.price.cost_cents(
            tokens_in=tokens.read, tokens_cached=tokens.cached, tokens_out=tokens.written
        )
        return (usual * ratio).quantize(MILLIONTH_CENT, ROUND_UP)

    def answer(self, said: Said, *, call_id: UUID) -> Answer[ReplyT]:
        """
        :raises Unusable: what was said is not what was asked for
        """
        return self._asked.answer(said, call_id=call_id, role=self._try.step.role, provider=self.provider.name)


def prepare(question: Question[ReplyT]) -> Prepared[ReplyT] | None:
    """Make a question ready for the first step that can be asked; None where there is none."""
    in_force = routes.look_up(question.purpose)
    steps = in_force.rules.usable_steps()
    return Prepared(question, in_force, steps[0]) if steps else None
