"""What Prometheus is told of calls: those of today (UTC), from the ledger, so that all processes tell the same."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, Q, Sum

from ai import local_answers, spending
from ai.models import ModelCall
from aiqleads.core import clock

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

AREA: Final = "models"
LATENCY_SECONDS: Final = (0.25, 0.5, 1, 2, 5, 10, 20, 40, 90)

Outcome = ModelCall.Outcome


def figures() -> "Iterator[Metric]":
    """Calls, tokens, cents and latency by purpose, provider and outcome; local answers; how full budgets are."""
    from prometheus_client.core import (  # noqa: PLC0415
        CounterMetricFamily,
        GaugeMetricFamily,
        HistogramMetricFamily,
    )

    calls = CounterMetricFamily(
        "aiqleads_model_calls", "Calls settled today (UTC).", labels=["purpose", "provider", "outcome"]
    )
    tokens = CounterMetricFamily(
        "aiqleads_model_tokens",
        "Tokens today; cached ones are of those in.",
        labels=["purpose", "provider", "kind"],
    )
    cents = CounterMetricFamily("aiqleads_model_cents", "US cents spent today.", labels=["purpose", "provider"])
    latency = HistogramMetricFamily(
        "aiqleads_model_latency_seconds", "How long calls took today.", labels=["purpose", "provider"]
    )
    for outcome in _by_outcome():
        calls.add_metric([outcome["purpose"], outcome["provider"], outcome["outcome"]], outcome["calls"])
    for row in _by_provider():
        labels = [row["purpose"], row["provider"]]
        for kind in ("in", "cached", "out"):
            tokens.add_metric([*labels, kind], row[f"sum_{kind}"] or 0)
        cents.add_metric(labels, float(row["cents"]))
        latency.add_metric(labels, _buckets(row), (row["sum_ms"] or 0) / 1000)
    local = CounterMetricFamily(
        "aiqleads_model_local_answers", "Answers that no provider gave today.", labels=["purpose", "why"]
    )
    for purpose, why, number in local_answers.counts(clock.now().date()):
        local.add_metric([purpose, why], number)
    taken = GaugeMetricFamily(
        "aiqleads_model_budget_taken_ratio", "How much of a budget is taken.", labels=["purpose", "period"]
    )
    for spend in spending.budgets():
        for budget in (spend.day, spend.month):
            taken.add_metric([spend.purpose.value, budget.period], budget.percent / 100)
    yield from (calls, tokens, cents, latency, local, taken)


def _todays() -> Any:
    return ModelCall.objects.filter(day=clock.now().date()).exclude(outcome=Outcome.ASKED).order_by()


def _by_outcome() -> Any:
    return _todays().values("purpose", "provider", "outcome").annotate(calls=Count("pk"))


def _by_provider() -> Any:
    slow = {
        f"below_{number}": Count("pk", filter=Q(latency_ms__lte=seconds * 1000))
        for number, seconds in enumerate(LATENCY_SECONDS)
    }
    return (
        _todays()
        .values("purpose", "provider")
        .annotate(
            calls=Count("latency_ms"),
            sum_in=Sum("tokens_in"),
            sum_cached=Sum("tokens_cached"),
            sum_out=Sum("tokens_out"),
            sum_ms=Sum("latency_ms"),
            cents=Sum("cost_cents"),
            **slow,
        )
    )


def _buckets(row: dict[str, Any]) -> list[tuple[str, float]]:
    below = [(str(float(seconds)), float(row[f"below_{number}"])) for number, seconds in enumerate(LATENCY_SECONDS)]
    return [*below, ("+Inf", float(row["calls"]))]
