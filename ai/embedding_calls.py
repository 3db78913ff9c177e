"""Vectors from a provider, by the same ledger and budget as answers.

Without a provider there is nothing to fall back on here: the caller has vectors of its own.
"""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

from ai import asking, breakers, budgets, clients, failures, routes, wire
from ai.breakers import Door, Report
from ai.budgets import NewCall
from ai.failures import Failed
from ai.models import ModelCall
from ai.purposes import Purpose
from ai.questions import Subject
from ai.redaction import Cover
from ai.routes import InForce, Step
from aiqleads.core import transactions
from aiqleads.core.personal_data import keyed_hash

Outcome = ModelCall.Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """The vectors of texts, in their order, of ``dimensions`` of the model each."""

    vectors: list[list[float]]
    provider: str
    model: str
    call_id: UUID


def embed(texts: Sequence[str], *, subject: Subject, personal: Collection[str] = ()) -> Embedded | None:
    """Ask the route of the purpose ``embed`` for the vectors of texts, with personal values covered.

    :return: None where no provider has a key, none answers, or the budget is spent: nothing was half done
    :raises TransactionManagementError: the caller is inside a transaction
    """
    transactions.refuse_transaction()
    in_force = routes.look_up(Purpose.EMBED)
    cover = Cover(personal)
    covered = [cover.hide(text) for text in texts]
    ends_at = time.monotonic() + in_force.rules.deadline_seconds
    for step in in_force.rules.usable_steps() if texts else ():
        for _ in range(asking.ATTEMPTS):
            left = ends_at - time.monotonic()
            told = _attempt(step, covered, in_force, subject, seconds=left) if left > asking.LEAST_SECONDS else None
            if isinstance(told, Embedded):
                return told
            if told is None or not told.is_worth_another:
                break
            wait = failures.pause_seconds(1, asked_for=told.retry_after_seconds)
            if wait > ends_at - time.monotonic():
                break
            clients.wait_for(clients.pause(wait))
    return None


def _attempt(
    step: Step, texts: list[str], in_force: InForce, subject: Subject, *, seconds: float
) -> Embedded | Failed | None:
    """One call; None where it may not be made."""
    ticket = breakers.enter(step.known_provider, seconds=seconds + asking.LEASE_SECONDS)
    if ticket.door is not Door.IN:
        return None
    report = Report.UNKNOWN
    try:
        call = _call(step, texts, in_force, subject, seconds=seconds)
        if budgets.reserve(call) != "reserved":
            return None
        told = _sent(step, texts, call, in_force.today, seconds=seconds)
        report = asking.report_of(told) if isinstance(told, Failed) else Report.WELL
        return told
    finally:
        ticket.leave(report)


def _call(step: Step, texts: list[str], in_force: InForce, subject: Subject, *, seconds: float) -> NewCall:
    rules = in_force.rules
    price = step.known_model.price_on(in_force.today)
    read = "\0".join([step.provider, step.model, *texts])
    return NewCall(
        id=uuid4(),
        purpose=Purpose.EMBED,
        route_id=rules.route_id,
        role=step.role,
        provider=step.provider,
        model=step.model,
        prompt="",
        input_hash=keyed_hash(read, purpose=asking.HASHED_FOR),
        subject_kind=subject.kind,
        subject_id=str(subject.id),
        deadline_seconds=seconds,
        daily_budget_cents=rules.daily_budget_cents,
        monthly_budget_cents=rules.monthly_budget_cents,
        most_cents=budgets.most_cents(price, prompt_bytes=len(read.encode()), max_tokens=0),
    )


def _sent(step: Step, texts: list[str], call: NewCall, today: date, *, seconds: float) -> Embedded | Failed:
    """What came back, written into the ledger."""
    endpoint, model = step.endpoint(), step.known_model
    assert endpoint is not None  # noqa: S101 - steps without a key are not asked
    began = time.monotonic()
    try:
        vectors, tokens = clients.wait_for(
            wire.embed(endpoint, step.model, texts, dimensions=model.dimensions, seconds=seconds)
        )
    except Failed as failed:
        cost = Decimal(0) if failed.is_free else None
        budgets.settle(call.id, failed.outcome, cost_cents=cost, latency_seconds=time.monotonic() - began)
        return failed
    price = model.price_on(today)
    budgets.settle(
        call.id,
        Outcome.ANSWERED,
        cost_cents=price.cost_cents(tokens_in=tokens.read, tokens_cached=0, tokens_out=0) if tokens else None,
        tokens=tokens,
        answered_by=step.model,
        latency_seconds=time.monotonic() - began,
    )
    return Embedded(vectors=vectors, provider=step.provider, model=step.model, call_id=call.id)
