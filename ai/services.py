"""Public writes: routes in versions, and forgetting what was said about a subject."""

from collections.abc import Sequence
from typing import Any

from ai import providers, routes
from ai.errors import UnusableRoute
from ai.models import ModelReply, Route
from ai.purposes import Purpose
from ai.questions import Subject
from ai.routes import LONGEST_DEADLINE_SECONDS, MOST_STEPS, Step
from aiqleads.core import audit, clock, transactions


@transactions.write
def set_route(
    *,
    purpose: Purpose,
    name: str,
    steps: Sequence[Step],
    deadline_seconds: int,
    daily_budget_cents: int,
    monthly_budget_cents: int,
    max_tokens: int,
    actor_id: int | None,
) -> Route:
    """Put a new version of a purpose's route in force; what is asked from now on follows it.

    :param steps: asked in this order; none at all leaves the purpose to the local model
    :param deadline_seconds: of a whole question, up to ``routes.LONGEST_DEADLINE_SECONDS``
    :raises UnusableRoute: as it says; nothing was changed
    """
    _refuse_unknown(purpose, steps)
    if not 1 <= deadline_seconds <= LONGEST_DEADLINE_SECONDS:
        says = f"A question waits from 1 to {LONGEST_DEADLINE_SECONDS} seconds."
        raise UnusableRoute(says, field="deadline_seconds")
    if daily_budget_cents > monthly_budget_cents:
        raise UnusableRoute("A day is allowed more than its whole month.", field="daily_budget_cents")
    if min(daily_budget_cents, max_tokens - 1) < 0:
        raise UnusableRoute("Budgets are 0 or more, and a reply is a token or more.", field="max_tokens")
    before = _told(routes.in_force(purpose))
    after = {
        "steps": [step.told() for step in steps],
        "deadline_seconds": deadline_seconds,
        "daily_budget_cents": daily_budget_cents,
        "monthly_budget_cents": monthly_budget_cents,
        "max_tokens": max_tokens,
    }
    route = Route.objects.create(purpose=purpose, name=name, in_force_at=clock.Now(), **after)
    audit.record(
        actor_id=actor_id,
        action="route.set",
        subject=route,
        purpose=Purpose(purpose).value,
        **audit.changes(before, after),
    )
    return route


def _told(rules: routes.Rules) -> dict[str, Any]:
    return {
        "steps": [step.told() for step in rules.steps],
        "deadline_seconds": rules.deadline_seconds,
        "daily_budget_cents": rules.daily_budget_cents,
        "monthly_budget_cents": rules.monthly_budget_cents,
        "max_tokens": rules.max_tokens,
    }


def _refuse_unknown(purpose: Purpose, steps: Sequence[Step]) -> None:
    if len(steps) > MOST_STEPS or len({step.role for step in steps}) < len(steps):
        raise UnusableRoute(f"A route has up to {MOST_STEPS} steps, each in a role of its own.", field="steps")
    for step in steps:
        try:
            model = step.known_model
        except providers.UnknownModel as unknown:
            raise UnusableRoute(str(unknown), field="steps") from None
        if not step.role or bool(model.dimensions) is not (purpose is Purpose.EMBED):
            raise UnusableRoute(f"{step.model} is not a model for this purpose.", field="steps")


def forget(subject: Subject) -> int:
    """Delete what providers said about a subject, in the caller's transaction; return how many replies.

    The calls stay in the ledger: they hold ids, never words.
    """
    transactions.require_transaction()
    replies = ModelReply.objects.filter(call__subject_kind=subject.kind, call__subject_id=str(subject.id))
    return replies.delete()[0]
