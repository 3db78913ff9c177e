"""Who is asked for a purpose, in what order, how long and for how much: the newest version in force, or as shipped.

The roles are ours, the models are settings: what answers as "primary reader" may be another model tomorrow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from django.db import connection

from ai import providers
from ai.models import Route
from ai.providers import Endpoint, Model, Provider
from ai.purposes import Purpose
from aiqleads.core import clock

LONGEST_DEADLINE_SECONDS: Final = 90
"""Below the limits of the tasks that ask (``ai.checks``)."""
MOST_STEPS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One provider's model, and the role in which it answers.

    :ivar parameters: what its requests carry besides, such as {"temperature": 0}
    """

    role: str
    provider: str
    model: str
    parameters: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def known_provider(self) -> Provider:
        """
        :raises UnknownModel: there is none of the name
        """
        return providers.provider(self.provider)

    @property
    def known_model(self) -> Model:
        """
        :raises UnknownModel: there is none of the name
        """
        return self.known_provider.model(self.model)

    def endpoint(self) -> Endpoint | None:
        """Where it is asked; None without a key, or where the table no longer knows it."""
        try:
            return self.known_provider.endpoint() if self.known_model else None
        except providers.UnknownModel:
            return None

    def told(self) -> dict[str, Any]:
        """As a row keeps it."""
        return {
            "role": self.role,
            "provider": self.provider,
            "model": self.model,
            "parameters": dict(self.parameters),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """A version of a route.

    :ivar deadline_seconds: for the whole question, all steps together
    :ivar max_tokens: the longest reply
    :ivar route_id: None for what was shipped
    """

    steps: tuple[Step, ...]
    deadline_seconds: int
    daily_budget_cents: int
    monthly_budget_cents: int
    max_tokens: int
    route_id: int | None = None

    @property
    def daily_budget_usd(self) -> Decimal:
        return Decimal(self.daily_budget_cents) / 100

    @property
    def monthly_budget_usd(self) -> Decimal:
        return Decimal(self.monthly_budget_cents) / 100

    def usable_steps(self) -> tuple[Step, ...]:
        """The steps whose providers have a key."""
        return tuple(step for step in self.steps if step.endpoint() is not None)


_READERS: Final = (
    Step(role="primary reader", provider="openai", model="gpt-6-luna", parameters={"temperature": 0}),
    Step(role="second reader", provider="deepseek", model="deepseek-flash", parameters={"temperature": 0}),
)
_WRITERS: Final = (
    Step(role="primary writer", provider="openai", model="gpt-6-sol", parameters={"temperature": 0.4}),
    Step(role="second writer", provider="deepseek", model="deepseek-v4-pro", parameters={"temperature": 0.4}),
)


def _shipped(steps: Sequence[Step], *, seconds: int, day_cents: int, month_cents: int, max_tokens: int) -> Rules:
    return Rules(
        steps=tuple(steps),
        deadline_seconds=seconds,
        daily_budget_cents=day_cents,
        monthly_budget_cents=month_cents,
        max_tokens=max_tokens,
    )


SHIPPED: Final[Mapping[Purpose, Rules]] = {
    Purpose.SCORE_LEAD: _shipped(_READERS, seconds=40, day_cents=500, month_cents=10_000, max_tokens=1_500),
    Purpose.CLEAN_LISTING: _shipped(_READERS, seconds=40, day_cents=300, month_cents=6_000, max_tokens=1_500),
    Purpose.CHAT: _shipped(_WRITERS, seconds=60, day_cents=500, month_cents=10_000, max_tokens=1_000),
    Purpose.MARKET_NOTE: _shipped(_WRITERS, seconds=60, day_cents=200, month_cents=3_000, max_tokens=800),
    Purpose.ENGAGEMENT: _shipped(_WRITERS, seconds=60, day_cents=300, month_cents=5_000, max_tokens=1_200),
    Purpose.EMBED: _shipped(
        [Step(role="embedder", provider="openai", model="text-embedding-3-small")],
        seconds=30,
        day_cents=100,
        month_cents=2_000,
        max_tokens=1,
    ),
}


_NEWEST: Final = """
    SELECT (core_now() AT TIME ZONE 'UTC')::date, id, in_force_at FROM (SELECT) once LEFT JOIN LATERAL (
        SELECT id, in_force_at FROM ai_route WHERE purpose = %s AND in_force_at <= core_now()
        ORDER BY in_force_at DESC, id DESC LIMIT 1
    ) route ON true
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """What counted for a purpose when it was looked up.

    :ivar since: when the version came into force; None for what was shipped
    :ivar today: the day (UTC) that it was
    """

    rules: Rules
    since: datetime | None
    today: date


def in_force(purpose: Purpose) -> Rules:
    """What counts for a purpose now."""
    return look_up(purpose).rules


def look_up(purpose: Purpose) -> InForce:
    """What counts for a purpose now, and the day that it is."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, [purpose.value])
        today, route_id, since = cursor.fetchone()
    rules = SHIPPED[purpose] if route_id is None else _version(route_id, since)
    _seen[purpose] = InForce(rules=rules, since=since, today=today)
    return _seen[purpose]


def last_seen(purpose: Purpose) -> InForce | None:
    """What counted when this process looked last; who goes by it has it looked up again by ``budgets.reserve``."""
    return _seen.get(purpose)


_seen: Final[dict[Purpose, InForce]] = {}


@lru_cache(maxsize=64)
def _version(route_id: int, in_force_at: datetime) -> Rules:
    """A version, which is written once and so read once."""
    return of_row(Route.objects.get(pk=route_id, in_force_at=in_force_at))


def newest(purpose: Purpose) -> Route | None:
    """The newest version that an operator put in force; None where none did."""
    return (
        Route.objects.filter(purpose=purpose, in_force_at__lte=clock.Now()).order_by("-in_force_at", "-pk").first()
    )


def of_row(row: Route) -> Rules:
    """A stored version as the gateway reads it."""
    return Rules(
        steps=tuple(Step(**step) for step in row.steps),
        deadline_seconds=row.deadline_seconds,
        daily_budget_cents=row.daily_budget_cents,
        monthly_budget_cents=row.monthly_budget_cents,
        max_tokens=row.max_tokens,
        route_id=row.pk,
    )
