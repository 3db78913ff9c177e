"""A model from outcomes, measured on later ones, and put in force only where it is better and treats areas alike.

The oldest three fifths are learnt from, the next fifth tells how likely each score is, the newest fifth measures:
nothing is measured on what was learnt from, nor on what came before it. ``docs/subsystems/scoring.md`` explains the
report.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np

from aiqleads.core import audit, transactions
from leads.errors import LeakyFeature, TooFewOutcomes
from leads.models import ScoringModel
from leads.scoring import measures, parity, registry
from leads.scoring.examples import Example, count_untold, examples_of_sales, reached_of, table_of
from leads.scoring.features import FEATURES, Feature
from leads.scoring.fitting import calibrate, fit, scores_of
from leads.scoring.measures import Floats
from leads.scoring.parity import Parity, Shares
from leads.scoring.scorecard import Scorecard

FEWEST_EXAMPLES: Final = 400
FEWEST_OF_EACH: Final = 20
"""So many that were reached, and so many that were not, must lie in each of the three slices."""
LEAKS_FROM: Final = 0.9
"""No single thing that is known of a lead before it is sold tells that well what becomes of it."""
SURE_Z: Final = 1.645
"""How many standard errors a gain lies above nothing: it is no luck in nineteen of twenty times."""
LEAST_LIFT_RATIO: Final = 0.95
"""A tenth is a small sample: it may lift a little less by chance where all the rest is better."""
_EDGES: Final = (0.0, 0.6, 0.8, 1.0)
_SHOWN_MOST: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A candidate and what was found of it; ``objections`` say why it must not come into force by itself."""

    scorecard: Scorecard
    report: dict[str, Any]
    parity: Parity
    objections: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Slice:
    """Some examples as arrays."""

    examples: Sequence[Example]
    table: Floats
    reached: Floats


@transactions.write
def keep(trained: Trained, *, is_simulated: bool) -> ScoringModel:
    """Keep a candidate with its report; it comes into force where nothing speaks against it."""
    because = "It learnt from outcomes that were made up." if is_simulated else " ".join(trained.objections)
    model = ScoringModel.objects.create(
        version=trained.scorecard.version,
        scorecard=trained.scorecard.as_json(),
        report=trained.report,
        parity=trained.parity.status,
        is_simulated=is_simulated,
        kept_because=because[:500],
    )
    if not because:
        before = registry.promote(model)
        audit.record(actor_id=None, action="scoring_model.promoted", subject=model, version=[before, model.version])
    model.refresh_from_db()
    return model


def train_on_sales(*, seed: int) -> Trained:
    """Learn from every sale whose outcome is told, against what scores now.

    :raises TooFewOutcomes | LeakyFeature: as they say
    """
    return train(
        examples_of_sales(),
        baseline=registry.scorers_now().in_force,
        shares=parity.known_shares(),
        version=registry.next_version(),
        seed=seed,
        untold=count_untold(),
    )


def train(
    examples: Sequence[Example],
    *,
    baseline: Scorecard,
    shares: Shares,
    version: str,
    seed: int,
    features: Sequence[Feature] = FEATURES,
    untold: int = 0,
) -> Trained:
    """Learn, calibrate and measure; nothing is written.

    :param examples: the oldest first
    :param baseline: what the candidate has to beat
    :raises TooFewOutcomes | LeakyFeature: as they say
    """
    learnt, calibrated, tested = _sliced(examples, features)
    _refuse_leaks(learnt, tested, features)
    candidate = fit(learnt.table, learnt.reached, features, version=version, seed=seed)
    candidate = calibrate(candidate, scores_of(candidate, calibrated.table, features), calibrated.reached)
    current = calibrate(baseline, scores_of(baseline, calibrated.table, features), calibrated.reached)
    ours, theirs = _predictions(candidate, tested, features), _predictions(current, tested, features)
    found = parity.compare([one.zip_code for one in tested.examples], *ours, tested.reached, shares)
    gains = (theirs[1] - tested.reached) ** 2 - (ours[1] - tested.reached) ** 2
    report = {
        "outcomes": _told_of(examples, untold),
        "slices": {"learn": len(learnt.examples), "calibrate": len(calibrated.examples), "test": len(tested.table)},
        "candidate": _measured(tested.reached, *ours),
        "baseline": {"version": baseline.version, **_measured(tested.reached, *theirs)},
        "brier_gain": {"mean": _short(gains.mean()), "error": _short(gains.std() / np.sqrt(len(gains)))},
        "by_source": list(_by([one.source for one in tested.examples], tested.reached, *ours)),
        "by_region": list(_by([one.region for one in tested.examples], tested.reached, *ours)),
        "parity": found.as_json(),
        "parity_of_baseline": parity.compare(
            [one.zip_code for one in tested.examples], *theirs, tested.reached, shares
        ).as_json(),
        "seed": seed,
    }
    return Trained(
        scorecard=candidate, report=report, parity=found, objections=tuple(_objections(report, found, gains))
    )


def _sliced(examples: Sequence[Example], features: Sequence[Feature]) -> tuple[_Slice, _Slice, _Slice]:
    if len(examples) < FEWEST_EXAMPLES:
        raise TooFewOutcomes(
            f"{len(examples):,} sales have an outcome; a model is learnt from {FEWEST_EXAMPLES:,} on."
        )
    edges = [round(share * len(examples)) for share in _EDGES]
    parts = [examples[start:end] for start, end in pairwise(edges)]
    slices = [_Slice(part, table_of(part, features), reached_of(part)) for part in parts]
    fewest = min(int(min(one.reached.sum(), (1 - one.reached).sum())) for one in slices)
    if fewest < FEWEST_OF_EACH:
        raise TooFewOutcomes(f"A slice holds {fewest} of one outcome; {FEWEST_OF_EACH} of each are needed.")
    return slices[0], slices[1], slices[2]


def _refuse_leaks(learnt: _Slice, tested: _Slice, features: Sequence[Feature]) -> None:
    """A feature that tells the outcome alone was noted after it.

    :raises LeakyFeature: with the feature's name
    """
    for index, feature in enumerate(features):
        rates = _rates(learnt.table[:, index], learnt.reached, feature)
        places = np.where(np.isnan(tested.table[:, index]), feature.bands, tested.table[:, index]).astype(int)
        alone = measures.auc(tested.reached, rates[places])
        if alone >= LEAKS_FROM:
            raise LeakyFeature(
                f"“{feature.part}” alone ranks outcomes with an AUC of {alone:.2f}: it was noted after the sale."
            )


def _rates(column: Floats, reached: Floats, feature: Feature) -> Floats:
    """How many were reached in each band, and last among the unknown."""
    places = np.where(np.isnan(column), feature.bands, column).astype(int)
    hits = np.bincount(places, weights=reached, minlength=feature.bands + 1)
    cases = np.bincount(places, minlength=feature.bands + 1)
    rates: Floats = (hits + reached.mean()) / (cases + 1)
    return rates


def _predictions(scorecard: Scorecard, tested: _Slice, features: Sequence[Feature]) -> tuple[Floats, Floats]:
    """Scores and likelihoods."""
    scores = scores_of(scorecard, tested.table, features)
    return scores, np.array(scorecard.likelihood)[scores.astype(int)]


def _measured(reached: Floats, scores: Floats, likely: Floats) -> dict[str, Any]:
    return {
        "auc": _short(measures.auc(reached, scores)),
        "brier": _short(measures.brier(reached, likely)),
        "log_loss": _short(measures.log_loss(reached, likely)),
        "calibration_error": _short(measures.calibration_error(reached, likely)),
        "lift": _short(measures.lift(reached, scores)),
        "curve": [
            {"predicted": _short(one.predicted), "reached": _short(one.reached), "cases": one.cases}
            for one in measures.curve(reached, likely)
        ],
    }


def _by(names: Sequence[str], reached: Floats, scores: Floats, likely: Floats) -> Iterator[dict[str, Any]]:
    """The same by source or region, the largest first."""
    column = np.array(names)
    for name in sorted(set(names), key=lambda one: (-names.count(one), one))[:_SHOWN_MOST]:
        own = column == name
        yield {
            "name": name or "unknown",
            "cases": int(own.sum()),
            "reached": _short(reached[own].mean()),
            "predicted": _short(likely[own].mean()),
            "auc": _short(measures.auc(reached[own], scores[own])),
        }


def _told_of(examples: Sequence[Example], untold: int) -> dict[str, Any]:
    return {
        "told": len(examples),
        "reached": sum(example.is_reached for example in examples),
        "untold": untold,
        "from": examples[0].sold_at.isoformat(),
        "until": examples[-1].sold_at.isoformat(),
    }


def _objections(report: dict[str, Any], found: Parity, gains: Floats) -> Iterator[str]:
    ours, theirs = report["candidate"], report["baseline"]
    error = float(gains.std() / np.sqrt(len(gains)))
    if gains.mean() <= SURE_Z * error:
        yield (
            f"Its Brier score of {ours['brier']:.4f} is not surely better than {theirs['brier']:.4f} "
            f"of {theirs['version']}."
        )
    if ours["lift"] < LEAST_LIFT_RATIO * theirs["lift"]:
        yield f"It lifts the best tenth {ours['lift']:.2f} times, {theirs['version']} {theirs['lift']:.2f} times."
    if found.status != ScoringModel.Parity.WITHIN:
        yield f"Parity is {ScoringModel.Parity(found.status).label.lower()}. {found.says}"


def _short(value: Any) -> float:
    return round(float(value), 4)
