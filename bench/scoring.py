"""Scoring: how fast leads are judged beside reading their rows, and how well a learnt model knows a known truth.

Outcomes come from ``leads.scoring.simulator``; its sales are learnt from, calibrated and tested in their order, as
real ones are. Beside the model stand the raw scorecard, read as if its points were percent, and boosting that may
mix features and needs no monotony.
"""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from itertools import cycle, islice
from typing import Any, Final
from uuid import UUID

import numpy as np

from bench.measuring import Figure
from leads import judging, services
from leads.batch_reads import observations_of
from leads.facts import LeadFacts, from_json
from leads.models import Lead, Score
from leads.scoring import PRIOR, measures, simulator, training
from leads.scoring.examples import reached_of, table_of
from leads.scoring.fitting import prior_scores
from leads.tasks import AT_ONCE
from leads.validation import SHIPPED

LEADS: Final = 2_000
SCORED: Final = 10_000
SALES: Final = 60_000
SEED: Final = 5
SLOWEST_RATE: Final = 500.0
SLOWEST_WHOLE_RATE: Final = 250.0
"""Half of what is aimed at: it waits for the database most of the time, and a busy machine may be in the way."""
MOST_CALIBRATION_ERROR: Final = 0.02
LEAST_LIFT_RATIO: Final = 0.95

FIGURES: Final = (
    "scoring: leads judged for the first time",
    "scoring: leads judged again, everything read",
    "scoring: facts scored and checked",
    "scoring: calibration error, simulated sales",
    "scoring: AUC, simulated sales",
    "scoring: lift of the best tenth, simulated sales",
)


def figures() -> Iterator[Figure]:
    lead_ids = list(Lead.objects.order_by("pk").values_list("pk", flat=True)[:LEADS])
    first = _rate(lead_ids, _judge)
    read = _rate(lead_ids, lambda some: observations_of(Lead.objects.filter(pk__in=some)))
    yield Figure(
        name="scoring: leads judged for the first time",
        value=first,
        unit="/s",
        beside="reading the rows",
        other=read,
    )
    yield Figure(
        name="scoring: leads judged again, everything read",
        value=_rate(lead_ids, _judge),
        unit="/s",
        at_least=SLOWEST_WHOLE_RATE,
        beside="reading the rows",
        other=read,
    )
    kept = [from_json(facts) for facts in _facts_kept() if facts]
    scored = _rate(list(islice(cycle(kept), SCORED)), _score)
    yield Figure(
        name="scoring: facts scored and checked",
        value=scored,
        unit="/s",
        at_least=SLOWEST_RATE,
        beside="reading the rows",
        other=_rate_of_reading(),
    )
    yield from _known_truth()


def _facts_kept() -> Any:
    return Score.objects.filter(facts__isnull=False).order_by("pk").values_list("facts", flat=True)[:LEADS]


def _rate_of_reading() -> float:
    started_at = time.perf_counter()
    rows = list(_facts_kept())
    return len(rows) / (time.perf_counter() - started_at)


def _judge(lead_ids: list[UUID]) -> None:
    services.assess_leads(lead_ids=lead_ids)


def _score(kept: list[tuple[LeadFacts, datetime]]) -> None:
    for facts, judged_at in kept:
        judging.judge(facts, SHIPPED, now=judged_at).columns()


def _rate(items: list[Any], work: Callable[[list[Any]], object]) -> float:
    """How many a second, ``AT_ONCE`` at a time."""
    started_at, rest = time.perf_counter(), iter(items)
    while some := list(islice(rest, AT_ONCE)):
        work(some)
    return len(items) / (time.perf_counter() - started_at)


def _known_truth() -> Iterator[Figure]:
    world = simulator.simulate(count=SALES, seed=SEED)
    report = _trained().report["candidate"]
    edge, end = round(0.8 * SALES), round(0.6 * SALES)
    tested = table_of(world.examples[edge:], world.features)
    reached, learnt = reached_of(world.examples[edge:]), reached_of(world.examples[:end])
    raw = prior_scores(tested, world.features) / 100
    free = _unbounded(table_of(world.examples[:end], world.features), learnt, tested)
    yield Figure(
        name="scoring: calibration error, simulated sales",
        value=report["calibration_error"],
        unit="",
        at_most=MOST_CALIBRATION_ERROR,
        beside="raw scorecard",
        other=measures.calibration_error(reached, raw),
    )
    yield Figure(
        name="scoring: AUC, simulated sales",
        value=report["auc"],
        unit="",
        beside="the truth itself",
        other=measures.auc(reached, world.chances[edge:]),
    )
    boosted = measures.lift(reached, free)
    yield Figure(
        name="scoring: lift of the best tenth, simulated sales",
        value=report["lift"],
        unit="×",
        at_least=LEAST_LIFT_RATIO * boosted,
        beside="unbounded boosting",
        other=boosted,
    )


@cache
def _trained() -> training.Trained:
    world = simulator.simulate(count=SALES, seed=SEED)
    return training.train(world.examples, baseline=PRIOR, shares=world.shares, version="bench", seed=1)


def _unbounded(table: measures.Floats, reached: measures.Floats, tested: measures.Floats) -> measures.Floats:
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415  (half a second to load)

    model = HistGradientBoostingClassifier(early_stopping=True, random_state=1).fit(table, reached)
    return np.asarray(model.predict_proba(tested)[:, 1], dtype=np.float64)
