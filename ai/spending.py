"""What models cost: so far, by day, purpose and provider; by the end of the month; and before a run is started."""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_UP, Decimal
from typing import Final

from django.db.models import Count, Q, Sum

from ai import routes
from ai.models import ModelCall, Spend
from ai.purposes import Purpose
from ai.routes import Rules
from aiqleads.core import clock
from aiqleads.core.alerts import Finding

AREA: Final = "models.budget"
WARNED_PERCENT: Final = 80
PACE_DAYS: Final = 7
"""The forecast goes on as the last days went."""
SHOWN_DAYS: Final = 14
MEASURED_CALLS: Final = 200
CHARACTERS_PER_TOKEN: Final = 4
"""Of English, as the providers' tokenisers cut it, roughly; the most a run can cost does not rest on it."""
PROMPT_TOKENS: Final = 700
"""What surrounds a text: the prompt and the shape of the reply."""
MOST_BYTES_PER_CHARACTER: Final = 4
CENTS_PER_USD: Final = Decimal(100)
_CENT: Final = Decimal("0.01")

Outcome = ModelCall.Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a purpose may spend in a period and has spent, in cents; ``taken`` counts what is set aside, too."""

    period: str
    spent_cents: Decimal
    taken_cents: Decimal
    allowed_cents: int

    @property
    def percent(self) -> int:
        """How much of it is taken, rounded down; 100 where nothing is allowed."""
        return int(100 * self.taken_cents / self.allowed_cents) if self.allowed_cents else 100

    @property
    def taken_usd(self) -> Decimal:
        return self.taken_cents / CENTS_PER_USD

    @property
    def allowed_usd(self) -> Decimal:
        return self.allowed_cents / CENTS_PER_USD

    @property
    def left_cents(self) -> Decimal:
        return max(Decimal(0), self.allowed_cents - self.taken_cents)


@dataclass(frozen=True, slots=True, kw_only=True)
class PurposeSpend:
    """A purpose's day and month, and what the month will have cost, going on as lately."""

    purpose: Purpose
    day: Budget
    month: Budget
    forecast_cents: Decimal
    is_asked: bool

    @property
    def forecast_usd(self) -> Decimal:
        return self.forecast_cents / CENTS_PER_USD


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one provider did for a purpose on a day."""

    day: date
    purpose: str
    provider: str
    calls: int
    answered: int
    tokens_in: int
    tokens_cached: int
    tokens_out: int
    cents: Decimal

    @property
    def purpose_label(self) -> str:
        return str(Purpose(self.purpose).label)


def budgets() -> list[PurposeSpend]:
    """Every purpose's budget today and this month."""
    today = clock.now().date()
    rows = {
        (row.purpose, row.period): row
        for row in Spend.objects.filter(
            Q(period=Spend.Period.DAY, since=today) | Q(period=Spend.Period.MONTH, since=today.replace(day=1))
        )
    }
    pace = _cents_per_day(today)
    return [
        _spend(purpose, rows.get((purpose, "day")), rows.get((purpose, "month")), pace.get(purpose), today)
        for purpose in Purpose
    ]


def _spend(
    purpose: Purpose, day: Spend | None, month: Spend | None, cents_per_day: Decimal | None, today: date
) -> PurposeSpend:
    rules = routes.in_force(purpose)
    this_month = _budget("month", month, rules.monthly_budget_cents)
    days_left = calendar.monthrange(today.year, today.month)[1] - today.day
    return PurposeSpend(
        purpose=purpose,
        day=_budget("day", day, rules.daily_budget_cents),
        month=this_month,
        forecast_cents=_forecast(this_month, cents_per_day or Decimal(0), days_left),
        is_asked=bool(rules.usable_steps()),
    )


def _budget(period: str, row: Spend | None, allowed_cents: int) -> Budget:
    spent = row.spent_cents if row else Decimal(0)
    reserved = row.reserved_cents if row else Decimal(0)
    return Budget(period=period, spent_cents=spent, taken_cents=spent + reserved, allowed_cents=allowed_cents)


def _forecast(month: Budget, cents_per_day: Decimal, days_left: int) -> Decimal:
    """A month ends at its limit at the latest."""
    going_on = month.taken_cents + cents_per_day * days_left
    return min(max(Decimal(month.allowed_cents), month.taken_cents), going_on).quantize(_CENT, ROUND_UP)


def _cents_per_day(today: date) -> dict[str, Decimal]:
    """By purpose, over the whole days of the last ``PACE_DAYS`` and today."""
    recent = Spend.objects.filter(period=Spend.Period.DAY, since__gt=today - timedelta(days=PACE_DAYS))
    sums = recent.values_list("purpose").annotate(Sum("spent_cents"))
    return {purpose: cents / PACE_DAYS for purpose, cents in sums}


def lines(*, days: int = SHOWN_DAYS) -> list[Line]:
    """What was spent by day, purpose and provider, the newest day first."""
    since = clock.now().date() - timedelta(days=days - 1)
    counted = (
        ModelCall.objects.filter(day__gte=since)
        .exclude(outcome=Outcome.ASKED)
        .values("day", "purpose", "provider")
        .annotate(
            calls=Count("pk"),
            answered=Count("pk", filter=Q(outcome=Outcome.ANSWERED)),
            sum_in=Sum("tokens_in"),
            sum_cached=Sum("tokens_cached"),
            sum_out=Sum("tokens_out"),
            cents=Sum("cost_cents"),
        )
        .order_by("-day", "purpose", "provider")
    )
    return [
        Line(
            day=row["day"],
            purpose=row["purpose"],
            provider=row["provider"],
            calls=row["calls"],
            answered=row["answered"],
            tokens_in=row["sum_in"] or 0,
            tokens_cached=row["sum_cached"] or 0,
            tokens_out=row["sum_out"] or 0,
            cents=row["cents"],
        )
        for row in counted
    ]


def nearly_spent() -> Iterator[Finding]:
    """Budgets of which ``WARNED_PERCENT`` or all are taken, where there is anybody to ask."""
    for spend in budgets():
        for budget in (spend.day, spend.month):
            if not spend.is_asked or budget.percent < WARNED_PERCENT:
                continue
            over = "is spent: the local model answers until it begins anew" if budget.percent >= 100 else ""
            yield Finding(
                key=f"{AREA}:{spend.purpose.value}/{budget.period}",
                says=f"{spend.purpose.label}: the budget of this {budget.period} "
                f"({budget.allowed_cents / 100:.2f} USD) {over or f'is taken to {budget.percent} %'}.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a run will cost, before it is started.

    :ivar expected_cents: as the last calls of the purpose went, or from the length of the texts
    :ivar most_cents: what it cannot exceed, each question asked once
    :ivar days: how many days' budgets it takes; 0 where it costs nothing
    """

    model: str
    calls: int
    expected_cents: Decimal
    most_cents: Decimal
    left_today_cents: Decimal
    left_this_month_cents: Decimal
    days: int

    @property
    def expected_usd(self) -> Decimal:
        return self.expected_cents / CENTS_PER_USD

    @property
    def most_usd(self) -> Decimal:
        return self.most_cents / CENTS_PER_USD

    @property
    def left_today_usd(self) -> Decimal:
        return self.left_today_cents / CENTS_PER_USD

    @property
    def left_this_month_usd(self) -> Decimal:
        return self.left_this_month_cents / CENTS_PER_USD


def estimate(purpose: Purpose, *, count: int, characters_each: int) -> Estimate:
    """What asking ``count`` questions of ``characters_each`` would cost at the first provider that has a key."""
    rules = routes.in_force(purpose)
    steps = rules.usable_steps()
    [spend] = [one for one in budgets() if one.purpose is purpose]
    if not steps:
        return _free(count, spend)
    today = clock.now().date()
    price = steps[0].known_model.price_on(today)
    expected = count * price.cost_cents(
        tokens_in=characters_each // CHARACTERS_PER_TOKEN + PROMPT_TOKENS,
        tokens_cached=0,
        tokens_out=_usual_reply_tokens(purpose, rules),
    )
    most = count * price.cost_cents(
        tokens_in=(characters_each + PROMPT_TOKENS * CHARACTERS_PER_TOKEN) * MOST_BYTES_PER_CHARACTER,
        tokens_cached=0,
        tokens_out=rules.max_tokens,
    )
    per_day = rules.daily_budget_cents
    return Estimate(
        model=steps[0].model,
        calls=count,
        expected_cents=expected.quantize(_CENT, ROUND_UP),
        most_cents=most.quantize(_CENT, ROUND_UP),
        left_today_cents=spend.day.left_cents,
        left_this_month_cents=spend.month.left_cents,
        days=int((expected / per_day).to_integral_value(ROUND_CEILING)) if per_day else 0,
    )


def _free(count: int, spend: PurposeSpend) -> Estimate:
    nothing = Decimal(0)
    return Estimate(
        model="",
        calls=count,
        expected_cents=nothing,
        most_cents=nothing,
        left_today_cents=spend.day.left_cents,
        left_this_month_cents=spend.month.left_cents,
        days=0,
    )


def _usual_reply_tokens(purpose: Purpose, rules: Rules) -> int:
    """How long replies are, by the last calls; with none yet, half of the longest that is allowed."""
    newest = ModelCall.objects.filter(purpose=purpose, outcome=Outcome.ANSWERED).order_by("-asked_at")
    lengths = [tokens or 0 for tokens in newest.values_list("tokens_out", flat=True)[:MEASURED_CALLS]]
    return round(sum(lengths) / len(lengths)) if lengths else rules.max_tokens // 2
