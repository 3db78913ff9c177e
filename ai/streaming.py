"""Answers that come piece by piece: the course of one talk over the steps of its route.

Until a first piece has been handed out, a step that fails is tried again or passed over as ``ai.asking`` does it,
and the local model answers in the end. After that nobody can take back what was read: a stream that breaks is an
error that carries what came so far. Each attempt is one line of the ledger, settled once, also when whoever reads
leaves.
"""

import hashlib
import json
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid4

import structlog
from asgiref.sync import sync_to_async
from django.db import close_old_connections

from ai import breakers, budgets, clients, failures, replies, routes, wire
from ai.breakers import Door, Report, Ticket
from ai.budgets import NewCall, Reply
from ai.failures import Failed
from ai.models import ModelCall
from ai.providers import Endpoint, Model, Price, Provider
from ai.questions import LOCAL, LOCAL_ROLE, WhyLocal
from ai.redaction import Cover
from ai.routes import Rules, Step
from ai.said import Chunk, Tokens
from ai.talks import Ended, Gathered, Message, Part, StreamBroke, Talk, TextPart, Tool, ToolCall
from aiqleads.core import transactions
from aiqleads.core.personal_data import keyed_hash

Outcome = ModelCall.Outcome

ATTEMPTS: Final = 2
"""A reader waits: a step is asked again once."""
SHARE_OF_A_STEP: Final = 0.6
LEAST_SECONDS: Final = 0.25

log = structlog.get_logger(__name__)


async def stream(talk: Talk) -> AsyncGenerator[Part, None]:
    """The answer to a talk, piece by piece, and ``Ended`` as its last.

    :raises StreamBroke: it ended early, after some of it had been handed out
    :raises TransactionManagementError: the caller is inside a transaction
    """
    course = await _in_database(_Course.of, talk)
    why: WhyLocal = "providers failed" if course.steps else "no provider"
    for place, step in enumerate(course.steps):
        try:
            async with aclosing(course.parts(step, is_last=place == len(course.steps) - 1)) as parts:
                async for part in parts:
                    yield part
                return
        except _StepIsOver as over:
            why = "budget" if over.is_over_budget else why
    for said in await _in_database(talk.locally):
        yield said
    yield Ended(role=LOCAL_ROLE, provider=LOCAL, model=talk.local_version, why_local=why)


class _StepIsOver(Exception):
    """The step has nothing to say; the next one is asked."""

    def __init__(self, *, is_over_budget: bool = False) -> None:
        super().__init__()
        self.is_over_budget = is_over_budget


class _TryAgain(Exception):
    """The same step may answer, after a pause."""

    def __init__(self, *, pause_seconds: float) -> None:
        super().__init__()
        self.pause_seconds = pause_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One attempt at a step, which is in the ledger."""

    id: UUID
    ticket: Ticket
    endpoint: Endpoint
    provider: Provider
    price: Price
    body: dict[str, Any]
    seconds: float
    began: float = field(default_factory=time.monotonic)


@dataclass(slots=True)
class _Ending:
    """How an attempt ended, for ledger and breaker; as it stands when nobody says otherwise, the reader left."""

    outcome: ModelCall.Outcome = Outcome.CUT
    report: Report = Report.UNKNOWN
    is_free: bool = False
    tokens: Tokens | None = None
    heard: Gathered = field(default_factory=Gathered)


@dataclass(slots=True)
class _Course:
    """What all steps of a talk share."""

    talk: Talk
    rules: Rules
    today: date
    steps: tuple[Step, ...]
    cover: Cover
    messages: list[dict[str, Any]]
    ends_at: float
    so_far: str = ""

    @classmethod
    def of(cls, talk: Talk) -> "_Course":
        """Begin one. In a thread of the database."""
        transactions.refuse_transaction()
        in_force, cover = routes.look_up(talk.purpose), Cover(talk.personal)
        said = [_covered(message, cover) for message in talk.messages]
        return cls(
            talk=talk,
            rules=in_force.rules,
            today=in_force.today,
            steps=in_force.rules.usable_steps(),
            cover=cover,
            messages=[{"role": "system", "content": talk.prompt.system}, *said],
            ends_at=time.monotonic() + in_force.rules.deadline_seconds,
        )

    async def parts(self, step: Step, *, is_last: bool) -> AsyncGenerator[Part, None]:
        """What a step says.

        :raises _StepIsOver: nothing, and nothing was handed out
        """
        share = 1.0 if is_last else SHARE_OF_A_STEP
        ends_at = time.monotonic() + (self.ends_at - time.monotonic()) * share
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with aclosing(self._attempt(step, ends_at, attempt)) as parts:
                    async for part in parts:
                        yield part
                    return
            except _TryAgain as again:
                if attempt == ATTEMPTS or ends_at - time.monotonic() < again.pause_seconds + LEAST_SECONDS:
                    raise _StepIsOver from None
                await clients.pause(again.pause_seconds)

    async def _attempt(self, step: Step, ends_at: float, attempt: int) -> AsyncGenerator[Part, None]:
        asked = await _in_database(self._ask, step, ends_at - time.monotonic())
        ending = _Ending()
        try:
            heard = wire.stream(asked.endpoint, asked.body, seconds=asked.seconds)
            async with aclosing(self._restored(heard, ending)) as parts:
                async for part in parts:
                    yield part
            yield self._ended(step, asked, ending)
        except Failed as failed:
            ending.outcome, ending.is_free = failed.outcome, failed.is_free and not ending.heard.text
            ending.report = _report_of(failed)
            if self.so_far:
                raise StreamBroke(failed.outcome, so_far=self.so_far) from None
            if not failed.is_worth_another:
                raise _StepIsOver from None
            pause = failures.pause_seconds(attempt, asked_for=failed.retry_after_seconds)
            raise _TryAgain(pause_seconds=pause) from None
        finally:
            await _in_database(self._settle, asked, ending)

    async def _restored(
        self, chunks: AsyncGenerator[Chunk, None], ending: _Ending
    ) -> AsyncGenerator[TextPart | ToolCall, None]:
        """The words with their personal values, and at the end the tool calls."""
        restoring, heard = self.cover.stream(), ending.heard
        async with aclosing(chunks) as coming:
            async for chunk in coming:
                _gather(heard, chunk)
                ending.tokens = chunk.tokens or ending.tokens
                if text := self._new(restoring.feed(chunk.text)):
                    yield TextPart(text=text)
        if rest := self._new(restoring.end()):
            yield TextPart(text=rest)
        calls = self._calls(heard)
        flaw = _flaw(heard, has_words=bool(self.so_far), calls=calls)
        if flaw is not None:
            raise Failed(flaw, is_free=False)
        for call in calls or ():
            yield call

    def _new(self, text: str) -> str:
        """Words that may be handed out: an answer that is blank so far is not one yet."""
        new = text if self.so_far else text.lstrip()
        self.so_far += new
        return new

    def _calls(self, heard: Gathered) -> list[ToolCall] | None:
        """The tool calls; None where one cannot be read, or is of a tool that was not offered."""
        offered = {tool.name for tool in self.talk.tools}
        calls = []
        for _, (call_id, name, arguments) in sorted(heard.calls.items()):
            try:
                told = json.loads(arguments or "{}")
            except ValueError:
                return None
            if name not in offered or not isinstance(told, dict):
                return None
            calls.append(ToolCall(id=call_id, name=name, arguments=self.cover.restore_all(told)))
        return calls

    def _ended(self, step: Step, asked: _Asked, ending: _Ending) -> Ended:
        ending.outcome, ending.report = Outcome.ANSWERED, Report.WELL
        return Ended(
            role=step.role,
            provider=asked.provider.name,
            model=ending.heard.answered_by or step.model,
            is_cut_short=ending.heard.finish == "length",
            call_id=asked.id,
        )

    def _ask(self, step: Step, seconds: float) -> _Asked:
        """Take a place and set the cost aside. In a thread of the database.

        :raises _StepIsOver: neither can be had
        :raises _TryAgain: there may be a place soon
        """
        provider, model, endpoint = step.known_provider, step.known_model, step.endpoint()
        if endpoint is None or seconds < LEAST_SECONDS:
            raise _StepIsOver
        ticket = breakers.enter(provider, seconds=seconds + 1)
        if ticket.door is Door.FULL:
            raise _TryAgain(pause_seconds=failures.pause_seconds(1, asked_for=None))
        if ticket.door is Door.RESTING:
            raise _StepIsOver
        body = self._body(step, provider, model)
        price = model.price_on(self.today)
        call = self._call(step, body, price, seconds)
        try:
            is_reserved = budgets.reserve(call) == "reserved"
        except BaseException:
            ticket.leave(Report.UNKNOWN)
            raise
        if not is_reserved:
            ticket.leave(Report.UNKNOWN)
            raise _StepIsOver(is_over_budget=True)
        return _Asked(
            id=call.id, ticket=ticket, endpoint=endpoint, provider=provider, price=price, body=body, seconds=seconds
        )

    def _body(self, step: Step, provider: Provider, model: Model) -> dict[str, Any]:
        tools = {"tools": [_offered(tool) for tool in self.talk.tools]} if self.talk.tools else {}
        return {
            "model": model.id,
            "messages": self.messages,
            provider.longest: self.rules.max_tokens,
            **tools,
            **provider.streams,
            **model.extra,
            **step.parameters,
        }

    def _call(self, step: Step, body: Mapping[str, Any], price: Price, seconds: float) -> NewCall:
        """A line of the ledger. No talk is the same as another, so none is remembered or waited for."""
        call_id = uuid4()
        return NewCall(
            id=call_id,
            purpose=self.talk.purpose,
            route_id=self.rules.route_id,
            role=step.role,
            provider=step.provider,
            model=step.model,
            prompt=str(self.talk.prompt),
            input_hash=keyed_hash(str(call_id), purpose="model talk"),
            subject_kind=self.talk.subject.kind,
            subject_id=str(self.talk.subject.id),
            deadline_seconds=seconds,
            daily_budget_cents=self.rules.daily_budget_cents,
            monthly_budget_cents=self.rules.monthly_budget_cents,
            most_cents=budgets.most_cents(
                price, prompt_bytes=len(json.dumps(body).encode()), max_tokens=self.rules.max_tokens
            ),
        )

    def _settle(self, asked: _Asked, ending: _Ending) -> None:
        """Write what became of an attempt, once. In a thread of the database."""
        tokens, heard = ending.tokens, ending.heard
        cost = Decimal(0) if ending.is_free else None
        if tokens is not None:
            cost = asked.price.cost_cents(
                tokens_in=tokens.read, tokens_cached=tokens.cached, tokens_out=tokens.written
            )
        said = json.dumps({"text": heard.text, "refusal": heard.refusal, "tool_calls": list(heard.calls.values())})
        try:
            budgets.settle(
                asked.id,
                ending.outcome,
                cost_cents=cost,
                tokens=tokens,
                answered_by=heard.answered_by,
                latency_seconds=time.monotonic() - asked.began,
                reply=Reply(answers=str(asked.id), raw=said, is_usable=False) if said else None,
            )
        finally:
            asked.ticket.leave(ending.report)


def _gather(heard: Gathered, chunk: Chunk) -> None:
    heard.text += chunk.text
    heard.refusal += chunk.refusal
    heard.finish = chunk.finish or heard.finish
    heard.answered_by = chunk.answered_by or heard.answered_by
    for place, call_id, name, arguments in chunk.calls:
        call = heard.calls.setdefault(place, ["", "", ""])
        call[0], call[1], call[2] = call[0] or call_id, call[1] or name, call[2] + arguments


def _flaw(heard: Gathered, *, has_words: bool, calls: Sequence[ToolCall] | None) -> ModelCall.Outcome | None:
    """Why a stream that came to its end is no answer; None where it is one."""
    if not heard.finish:
        return Outcome.CUT
    if heard.refusal or heard.finish == "content_filter":
        return Outcome.DECLINED
    if calls is None or not (has_words or calls):
        return Outcome.UNUSABLE
    return None


def _report_of(failed: Failed) -> Report:
    if failed.is_hopeless:
        return Report.HOPELESS
    is_ours = failed.outcome in (Outcome.REFUSED, Outcome.DECLINED, Outcome.UNUSABLE)
    return Report.UNKNOWN if is_ours else Report.BADLY


def _covered(message: Message, cover: Cover) -> dict[str, Any]:
    told: dict[str, Any] = {"role": message.role, "content": cover.hide(message.text)}
    if message.tool_calls:
        told["tool_calls"] = [_said_before(call, cover) for call in message.tool_calls]
    if message.answers:
        told["tool_call_id"] = _short(message.answers)
    return told


def _said_before(call: ToolCall, cover: Cover) -> dict[str, Any]:
    arguments = json.dumps(cover.hide_all(dict(call.arguments)), ensure_ascii=False)
    return {"id": _short(call.id), "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _short(call_id: str) -> str:
    """A call's id as every provider takes it: another one may have made it, and Mistral wants nine signs."""
    return hashlib.blake2b(call_id.encode()).hexdigest()[:9]


def _offered(tool: Tool) -> dict[str, Any]:
    function = {
        "name": tool.name,
        "description": tool.description,
        "parameters": replies.strict(tool.arguments),
    }
    return {"type": "function", "function": function}


async def _in_database(work: Any, *arguments: Any) -> Any:
    """Run ``work`` in a thread that may use the database."""

    def connected() -> Any:
        close_old_connections()
        try:
            return work(*arguments)
        finally:
            close_old_connections()

    return await sync_to_async(connected)()
