"""What a call may cost, set aside before it is made and settled when it is over: one statement each.

The database counts (``ai/migrations/0002_guards.py``): no order of events spends more than was allowed, and
what a call cost is written once. A call whose process died is settled by the sweep at the most it can have cost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, cast
from uuid import UUID

from django.db import connection
from django.db.models import F

from ai.models import ModelCall
from ai.providers import Price
from ai.routes import InForce
from ai.said import Tokens
from aiqleads.core import clock
from aiqleads.core.personal_data import encrypt

GRACE_SECONDS: Final = 60
"""So much longer than its question's deadline a call may take before the sweep takes it for lost."""

Reserved = Literal["reserved", "under way", "remembered", "over budget", "outdated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCall:
    """A line of the ledger before the call is made."""

    id: UUID
    purpose: str
    route_id: int | None
    role: str
    provider: str
    model: str
    prompt: str
    input_hash: str
    subject_kind: str
    subject_id: str
    deadline_seconds: float
    daily_budget_cents: int
    monthly_budget_cents: int
    most_cents: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """What a caller takes for granted about a new call, to be looked up together with it.

    :ivar in_force: its route, and the day
    :ivar unanswered: hashes of inputs of which none was answered before
    """

    in_force: InForce
    unanswered: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back, with personal values covered; ``answers`` is the hash of what it answers."""

    answers: str
    raw: str
    is_usable: bool


def most_cents(price: Price, *, prompt_bytes: int, max_tokens: int) -> Decimal:
    """The most that a call can cost: no tokeniser makes more tokens of a request than it has bytes as JSON."""
    return price.cost_cents(tokens_in=prompt_bytes, tokens_cached=0, tokens_out=max_tokens)


def reserve(call: NewCall, *, assumed: Assumed | None = None) -> Reserved:
    """Write a call and set aside the most that it can cost, or say why not.

    "under way": somebody else is asking the same; "remembered": the same was answered before; "over budget": it
    would take the day or the month over its limit; "outdated": another route is in force than ``assumed``, or it is
    another day. Nothing is written then.

    :param assumed: None where the caller has looked
    """
    in_force = assumed.in_force if assumed else None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ai_reserve(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                call.id,
                call.purpose,
                call.route_id,
                call.role,
                call.provider,
                call.model,
                call.prompt,
                call.input_hash,
                call.subject_kind,
                call.subject_id,
                call.deadline_seconds + GRACE_SECONDS,
                call.daily_budget_cents,
                call.monthly_budget_cents,
                call.most_cents,
                in_force.since if in_force else None,
                in_force.today if in_force else None,
                list(assumed.unanswered) if assumed else [],
            ],
        )
        return cast("Reserved", cursor.fetchone()[0])


_SETTLE: Final = """
    WITH settled AS (
        UPDATE ai_modelcall
        SET outcome = %s, settled_at = core_clock(), cost_cents = coalesce(%s, reserved_cents), answered_by = %s,
            tokens_in = %s, tokens_cached = %s, tokens_out = %s, latency_ms = %s
        WHERE id = %s AND outcome = 'asked'
        RETURNING id
    ), kept AS (
        INSERT INTO ai_modelreply (call_id, input_hash, is_usable, raw)
        SELECT id, %s, %s, %s FROM settled WHERE %s
        ON CONFLICT (input_hash) WHERE is_usable DO NOTHING
    )
    SELECT (SELECT count(*) FROM settled), CASE WHEN %s THEN set_config('synchronous_commit', 'off', true) END
"""
"""Nobody waits for the disk here: should the server fall down within the second, the sweep settles the call at what
was set aside, and that was on the disk before the call was made."""


def settle(
    call_id: UUID,
    outcome: ModelCall.Outcome,
    *,
    cost_cents: Decimal | None,
    tokens: Tokens | None = None,
    answered_by: str = "",
    latency_seconds: float,
    reply: Reply | None = None,
) -> bool:
    """Write what became of a call, and what it cost; return whether it had not been written before.

    :param cost_cents: None where nobody knows: then it is what was set aside
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _SETTLE,
            [
                outcome,
                cost_cents,
                answered_by,
                tokens.read if tokens else None,
                tokens.cached if tokens else None,
                tokens.written if tokens else None,
                round(latency_seconds * 1000),
                call_id,
                reply.answers if reply else "",
                bool(reply and reply.is_usable),
                encrypt(reply.raw.encode()) if reply else b"",
                reply is not None,
                not connection.in_atomic_block,  # a transaction of the caller's decides for itself
            ],
        )
        return bool(cursor.fetchone()[0])


def sweep() -> int:
    """Settle calls whose askers are gone, at the most that they can have cost; return how many.

    Safe to run twice.
    """
    return ModelCall.objects.filter(outcome=ModelCall.Outcome.ASKED, give_up_at__lt=clock.Now()).update(
        outcome=ModelCall.Outcome.LOST, settled_at=clock.Now(), cost_cents=F("reserved_cents")
    )
