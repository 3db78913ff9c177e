"""Questions that can wait, handed to providers many at once at a lower price; their answers fetched and applied.

Every fifteen minutes what waits is sent (``send_waiting``) and what came is taken (``collect``). Budget, ledger and
memory are those of single calls: a question's cost is set aside before its batch is sent, its line is settled once,
and what was answered before is not asked. A provider without batches is asked one by one. What no provider answers
goes on waiting, a few times; whoever queued it has the local model's answer meanwhile.

What is sent is written down before it is sent, and what came is applied in the transaction in which the question
leaves the queue: a process may die anywhere, and nothing is applied twice or paid without being counted.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import structlog
from django.db.models import F
from pydantic import BaseModel, ValidationError

from ai import asking, batch_files, budgets, clients, gateway, routes, waiting
from ai.asking import Prepared
from ai.budgets import Reply
from ai.failures import Failed
from ai.models import BatchJob, ModelCall, WaitingQuestion
from ai.providers import Endpoint, Provider, provider
from ai.purposes import Purpose
from ai.questions import LOCAL, Answer, Question
from ai.replies import Unusable
from ai.said import Said, read_completion
from aiqleads.core import clock, transactions

Outcome = ModelCall.Outcome
State = BatchJob.State

MOST_AT_ONCE: Final = 500
MOST_ALONE: Final = 100
"""So many are asked one by one at a time: the task that asks must end within its limit."""
MOST_TRIES: Final = 3
"""A question that was not answered so often leaves the queue."""
WAITS_AT_MOST: Final = timedelta(days=7)
ANSWERED_WITHIN: Final = timedelta(hours=26)
"""Providers promise 24 hours; by then a batch is lost."""
SENT_WITHIN: Final = timedelta(minutes=30)
"""A batch that was not sent by then never will be: whoever sent it died."""
UPLOAD_SECONDS: Final = 60.0
OVER: Final = frozenset({"completed", "expired", "cancelled", "failed"})

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One question that waits, made anew."""

    row: WaitingQuestion
    question: Question[Any]
    prepared: Prepared[Any] | None


class _Response(BaseModel):
    status_code: int
    body: dict[str, Any]


class _Told(BaseModel):
    """One line of what a provider answers to a batch."""

    custom_id: UUID
    response: _Response | None = None
    error: dict[str, Any] | None = None


def are_taken(purpose: Purpose) -> bool:
    """Whether the first provider that would be asked for a purpose takes batches, so that waiting pays."""
    steps = routes.in_force(purpose).usable_steps()
    return bool(steps) and steps[0].known_provider.has_batches


def send_waiting() -> int:
    """Send what waits; return how many questions were sent or answered. Safe to run twice: each is taken once."""
    transactions.refuse_transaction()
    _forget_old()
    rows = list(WaitingQuestion.objects.filter(job=None).order_by("queued_at", "pk")[:MOST_AT_ONCE])
    lines = [line for row in rows if (line := _line(row)) is not None and line.prepared is not None]
    new = [line for line in lines if not _is_answered(line)]
    alone = [line for line in new if not _has_batches(line)]
    by_endpoint: dict[Endpoint, list[Line]] = {}
    for line in new:
        if line.prepared is not None and _has_batches(line):
            by_endpoint.setdefault(line.prepared.endpoint, []).append(line)
    together = sum(_send(endpoint, lines) for endpoint, lines in by_endpoint.items())
    return len(lines) - len(new) + _ask_alone(alone[:MOST_ALONE]) + together


def collect() -> int:
    """Take the answers of batches that are over; return how many were applied. Safe to run twice."""
    transactions.refuse_transaction()
    for job in BatchJob.objects.filter(state=State.SENDING, made_at__lt=clock.Now() - SENT_WITHIN):
        _end(job, State.LOST, outcome=Outcome.LOST, is_free=False)
    return sum(_collect(job) for job in BatchJob.objects.filter(state=State.SENT).order_by("made_at"))


def _forget_old() -> None:
    """Questions that nobody could answer leave the queue: they were read locally."""
    old = WaitingQuestion.objects.filter(job=None)
    for row in old.filter(tries__gte=MOST_TRIES):
        if kind := waiting.kind_called(row.kind):
            kind.give_up(row.subject_id)
        row.delete()
    old.filter(queued_at__lt=clock.Now() - WAITS_AT_MOST).delete()


def _line(row: WaitingQuestion) -> Line | None:
    """A question as it is asked now; None, and out of the queue, where there is nothing to ask any more."""
    kind = waiting.kind_called(row.kind)
    question = kind.question(row.subject_id) if kind else None
    if question is None:
        WaitingQuestion.objects.filter(pk=row.pk, job=None).delete()
        return None
    return Line(row=row, question=question, prepared=asking.prepare(question))


def _has_batches(line: Line) -> bool:
    return line.prepared is not None and line.prepared.provider.has_batches


def _is_answered(line: Line) -> bool:
    """Whether the same was answered before, so that it is applied at once."""
    remembered = line.prepared and line.prepared.remembered()
    if remembered:
        _apply(row_id=line.row.pk, job=None, answer=remembered)
    return bool(remembered)


def _ask_alone(lines: Sequence[Line]) -> int:
    """Ask one by one, several at a time; what only the local model answers goes on waiting."""
    answers = gateway.ask_many([line.question for line in lines])
    for line, answer in zip(lines, answers, strict=True):
        if answer.provider != LOCAL:
            _apply(row_id=line.row.pk, job=None, answer=answer)
        elif answer.why_local == "providers failed":
            WaitingQuestion.objects.filter(pk=line.row.pk, job=None).update(tries=F("tries") + 1)
    return sum(answer.provider != LOCAL for answer in answers)


def _send(endpoint: Endpoint, lines: Sequence[Line]) -> int:
    """Send questions together; return how many were."""
    asked_of = next(line.prepared.provider for line in lines if line.prepared)
    job, sent = _claim(asked_of=asked_of, lines=lines)
    if job is None:
        return 0
    content = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in sent).encode()
    try:
        file_id, batch_id = clients.wait_for(
            batch_files.send_batch(endpoint, content, job=str(job.pk), seconds=UPLOAD_SECONDS)
        )
    except Failed as failed:
        log.warning("models.batch_not_taken", provider=job.provider, outcome=failed.outcome)
        _end(job, State.FAILED, outcome=failed.outcome, is_free=failed.is_free)
        return 0
    BatchJob.objects.filter(pk=job.pk, state=State.SENDING).update(
        state=State.SENT, file_id=file_id, batch_id=batch_id
    )
    return len(sent)


@transactions.write
def _claim(*, asked_of: Provider, lines: Sequence[Line]) -> tuple[BatchJob | None, list[dict[str, Any]]]:
    """Take questions out of the queue and set their cost aside, as far as the money goes."""
    pks = [line.row.pk for line in lines]
    free = WaitingQuestion.objects.select_for_update(skip_locked=True).filter(pk__in=pks, job=None)
    waits = set(free.order_by("pk").values_list("pk", flat=True))
    job = BatchJob.objects.create(provider=asked_of.name)
    sent = [told for line in lines if line.row.pk in waits and (told := _reserved(line, job, asked_of.batch_ratio))]
    if not sent:
        job.delete()
        return None, []
    job.questions = len(sent)
    job.save(update_fields=["questions"])
    return job, sent


def _reserved(line: Line, job: BatchJob, ratio: Decimal) -> dict[str, Any] | None:
    """A line of the file that is sent; None where there is no money for it, or somebody asks the same just now."""
    assert line.prepared is not None  # noqa: S101 - what no step can be asked is not sent
    call = line.prepared.call(seconds=ANSWERED_WITHIN.total_seconds(), ratio=ratio)
    if budgets.reserve(call) != "reserved":
        return None
    WaitingQuestion.objects.filter(pk=line.row.pk).update(job=job, call_id=call.id)
    url = "/v1/chat/completions"
    return {"custom_id": str(call.id), "method": "POST", "url": url, "body": line.prepared.body}


def _collect(job: BatchJob) -> int:
    """Take a batch's answers, if it is over; return how many were applied."""
    known = provider(job.provider)
    endpoint = known.endpoint()
    try:
        if endpoint is None:
            raise Failed(Outcome.FAILED, is_free=False)
        state, file_ids = clients.wait_for(batch_files.batch_state(endpoint, job.batch_id, seconds=UPLOAD_SECONDS))
        if state not in OVER:
            raise Failed(Outcome.TIMED_OUT, is_free=False)
        told = _told(endpoint, file_ids)
    except Failed as failed:
        if job.made_at < clock.now() - ANSWERED_WITHIN:
            _end(job, State.LOST, outcome=failed.outcome, is_free=False)
        return 0
    rows = list(WaitingQuestion.objects.filter(job=job).order_by("pk"))
    applied = sum(_take(row, told.get(row.call_id), known) for row in rows)
    # Whatever the batch did not speak of was not answered, and is not paid.
    _end(job, State.OVER, outcome=Outcome.FAILED, is_free=True)
    _have_forgotten(endpoint, [job.file_id, *file_ids])
    return applied


def _told(endpoint: Endpoint, file_ids: Iterable[str]) -> Mapping[UUID | None, _Told]:
    """What was answered to each question, by its call."""
    told: dict[UUID | None, _Told] = {}
    for file_id in file_ids:
        for written in clients.wait_for(batch_files.file_lines(endpoint, file_id, seconds=UPLOAD_SECONDS)):
            try:
                line = _Told.model_validate_json(written)
            except ValidationError:
                continue  # as if the question had not been answered
            told[line.custom_id] = line
    return told


def _take(row: WaitingQuestion, told: _Told | None, known: Provider) -> bool:
    """Settle one question's call and apply its answer; return whether there was one."""
    call_id = row.call_id
    assert call_id is not None  # noqa: S101 - what is with a provider has a call
    if told is None or told.response is None or told.response.status_code != 200:
        _give_back(row_id=row.pk, call_id=call_id, outcome=Outcome.FAILED, is_free=True)
        return False
    said = read_completion(json.dumps(told.response.body, ensure_ascii=False))
    line = _again(row)
    outcome, answer = _read(line, said, row)
    tokens, ratio = said.tokens, known.batch_ratio
    prepared = line.prepared if line else None
    budgets.settle(
        call_id,
        outcome,
        cost_cents=prepared.cost_cents(tokens, ratio=ratio) if prepared and tokens else None,
        tokens=tokens,
        answered_by=said.answered_by,
        latency_seconds=(clock.now() - row.queued_at).total_seconds(),
        reply=Reply(answers=prepared.input_hash if prepared else "", raw=said.raw, is_usable=answer is not None),
    )
    if answer is None:
        _wait_on(row_id=row.pk, call_id=call_id, is_tried=outcome != Outcome.ANSWERED)
        return False
    return _apply(row_id=row.pk, job=row.job_id, answer=answer)


def _again(row: WaitingQuestion) -> Line | None:
    """The question as it would be asked now; None where nobody would."""
    kind = waiting.kind_called(row.kind)
    question = kind.question(row.subject_id) if kind else None
    return Line(row=row, question=question, prepared=asking.prepare(question)) if question else None


def _read(line: Line | None, said: Said, row: WaitingQuestion) -> tuple[ModelCall.Outcome, Answer[Any] | None]:
    """What became of a call, and its answer, where it is one to what would be asked now."""
    assert row.call is not None  # noqa: S101 - what is with a provider has a call
    if said.flaw is not None:
        return said.flaw, None
    prepared = line.prepared if line else None
    if prepared is None or prepared.input_hash != row.call.input_hash:
        return Outcome.ANSWERED, None  # the subject has changed or is gone: what was answered is of no use
    try:
        return Outcome.ANSWERED, prepared.answer(said, call_id=row.call.pk)
    except Unusable:
        return Outcome.UNUSABLE, None


@transactions.write
def _apply(*, row_id: int, job: UUID | None, answer: Answer[Any]) -> bool:
    """Hand an answer over and take its question out of the queue, both or neither; return whether it was there."""
    row = WaitingQuestion.objects.select_for_update().filter(pk=row_id, job=job).first()
    kind = waiting.kind_called(row.kind) if row else None
    if row is None or kind is None:
        return False
    kind.apply(row.subject_id, answer)
    row.delete()
    return True


def _wait_on(*, row_id: int, call_id: UUID, is_tried: bool) -> None:
    """Have a question wait again, unless somebody saw to it: it may be with a provider anew."""
    WaitingQuestion.objects.filter(pk=row_id, call_id=call_id).update(
        job=None, call=None, tries=F("tries") + int(is_tried)
    )


def _give_back(*, row_id: int, call_id: UUID, outcome: ModelCall.Outcome, is_free: bool) -> None:
    """Settle a call that was not answered, and have its question wait again."""
    budgets.settle(call_id, outcome, cost_cents=Decimal(0) if is_free else None, latency_seconds=0)
    _wait_on(row_id=row_id, call_id=call_id, is_tried=True)


def _end(job: BatchJob, state: BatchJob.State, *, outcome: ModelCall.Outcome, is_free: bool) -> None:
    """Close a batch: what of it is still with the provider was not answered."""
    for row in WaitingQuestion.objects.filter(job=job).order_by("pk"):
        if row.call_id is not None:
            _give_back(row_id=row.pk, call_id=row.call_id, outcome=outcome, is_free=is_free)
    BatchJob.objects.filter(pk=job.pk, over_at=None).update(state=state, over_at=clock.Now())


def _have_forgotten(endpoint: Endpoint, file_ids: Sequence[str]) -> None:
    """Questions and answers need not stay with the provider. Where they do, they are covered."""
    try:
        clients.wait_for(batch_files.remove_files(endpoint, file_ids, seconds=UPLOAD_SECONDS))
    except Failed as failed:
        log.info("models.batch_files_stay", outcome=failed.outcome)
