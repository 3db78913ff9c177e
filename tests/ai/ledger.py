"""Lines of the ledger, written as the gateway writes them."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.db import connection

from ai import budgets, services
from ai.budgets import NewCall, Reply
from ai.models import ModelCall, Route
from ai.purposes import Purpose
from ai.routes import Step


def new_call(**facts: Any) -> NewCall:
    """A call of one cent at most, of a budget of a dollar a day."""
    call = NewCall(
        id=uuid4(),
        purpose="score_lead",
        route_id=None,
        role="primary reader",
        provider="openai",
        model="gpt-6-luna",
        prompt="read_advert.v1",
        input_hash=f"1:{uuid4().hex}",
        subject_kind="lead",
        subject_id="x",
        deadline_seconds=30,
        daily_budget_cents=100,
        monthly_budget_cents=1_000,
        most_cents=Decimal(1),
    )
    return replace(call, **facts)


def reserved(**facts: Any) -> NewCall:
    """A call that is under way."""
    call = new_call(**facts)
    assert budgets.reserve(call) == "reserved"
    return call


def settled(cost_cents: str = "0.5", **facts: Any) -> NewCall:
    """A call that was answered."""
    call = reserved(**facts)
    assert budgets.settle(
        call.id,
        ModelCall.Outcome.ANSWERED,
        cost_cents=Decimal(cost_cents),
        latency_seconds=1.0,
        reply=Reply(answers=call.input_hash, raw="{}", is_usable=True),
    )
    return call


def put_in_force(*steps: Step, purpose: Purpose = Purpose.SCORE_LEAD, **rules: Any) -> Route:
    """A version of a route."""
    allowed = {"deadline_seconds": 20, "daily_budget_cents": 100, "monthly_budget_cents": 1000, "max_tokens": 500}
    named = {"name": "Tried", "actor_id": None, **allowed, **rules}
    return services.set_route(purpose=purpose, steps=steps, **named)


def go_to(moment: str) -> None:
    """Move the database's clock to a moment in UTC."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE test_clock SET shift = %s::timestamptz - statement_timestamp()", [moment])
