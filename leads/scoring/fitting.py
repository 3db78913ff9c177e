"""A scorecard from outcomes: boosted steps of one feature each, monotone where it says so, as plain numbers.

Trees that never mix features add up feature by feature, so what they learnt is a table of log-odds by band. It is
put on the scale of the prior (same middle, same spread on the same leads), so that tiers and prices do not jump
when a model comes into force, and rounded to whole points. How likely each score is comes from later outcomes.

scikit-learn is imported where it is called: a process that only judges never loads it.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from leads.scoring.features import Feature
from leads.scoring.measures import Floats
from leads.scoring.scorecard import PRIOR, Scorecard

SHAPED_FROM: Final = 2_000
"""From so many outcomes on the likelihood follows their shape (isotonic); fewer give two numbers (sigmoid)."""
_POINTS_PER_LOG_ODDS: Final = (4.0, 30.0)
_SCORES: Final = np.arange(101, dtype=np.float64)


def fit(table: Floats, reached: Floats, features: Sequence[Feature], *, version: str, seed: int) -> Scorecard:
    """The points that outcomes give each band; likelihoods are yet unknown.

    :param table: examples × features, the unknown as NaN
    """
    log_odds, unknown = _shapes(_boosted(table, reached, features, seed), table, features)
    prior = prior_scores(table, features)
    learnt = _summed(table, log_odds, unknown)
    scale = float(np.clip(_spread(prior) / max(_spread(learnt), 1e-9), *_POINTS_PER_LOG_ODDS))
    points = {
        feature.part: [round(scale * value) for value in log_odds[index]] for index, feature in enumerate(features)
    }
    start = float(np.median(prior)) - scale * float(np.median(learnt))
    return Scorecard(
        version=version,
        start=round(start),
        points=points,
        unknown={feature.part: round(scale * unknown[index]) for index, feature in enumerate(features)},
    )


def calibrate(scorecard: Scorecard, scores: Floats, reached: Floats) -> Scorecard:
    """The same scorecard with how likely the owner is reached at each score, never less at a higher one."""
    table = (_isotonic if len(scores) >= SHAPED_FROM else _sigmoid)(scores, reached)
    likelihood = [round(float(value), 4) for value in np.clip(np.maximum.accumulate(table), 0.001, 0.999)]
    return Scorecard(
        version=scorecard.version,
        start=scorecard.start,
        points=scorecard.points,
        unknown=scorecard.unknown,
        likelihood=likelihood,
    )


def scores_of(scorecard: Scorecard, table: Floats, features: Sequence[Feature]) -> Floats:
    """The score of every row, 0 to 100."""
    bands = [
        {
            feature.part: None if np.isnan(value) else int(value)
            for feature, value in zip(features, row, strict=True)
        }
        for row in table
    ]
    return np.array([scorecard.score_of(row) for row in bands], dtype=np.float64)


def prior_scores(table: Floats, features: Sequence[Feature]) -> Floats:
    """What the shipped scorecard makes of every row."""
    return scores_of(PRIOR, table, features)


def _boosted(table: Floats, reached: Floats, features: Sequence[Feature], seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415  (see above)
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    model = HistGradientBoostingClassifier(
        learning_rate=0.08,
        max_iter=400,
        max_leaf_nodes=6,
        min_samples_leaf=max(10, len(table) // 200),
        l2_regularization=2.0,
        interaction_cst="no_interactions",
        monotonic_cst=[feature.direction for feature in features],
        categorical_features=[feature.is_category for feature in features],
        early_stopping=True,
        n_iter_no_change=15,
        random_state=seed,
    )
    with threadpool_limits(limits=1, user_api="openmp"):
        return model.fit(table, reached)


def _shapes(model: Any, table: Floats, features: Sequence[Feature]) -> tuple[list[list[float]], list[float]]:
    """By feature the log-odds of its bands and of the unknown, beside those of its middle.

    Band 0 is the middle of a feature that is silent there, else what the average example adds.
    """
    rest = np.zeros(len(features))
    asked = [
        (index, value) for index, feature in enumerate(features) for value in (*range(feature.bands), float("nan"))
    ]
    rows = np.repeat(rest[None, :], len(asked) + 1, axis=0)
    for row, (index, value) in enumerate(asked):
        rows[row, index] = value
    told = model.decision_function(rows)
    shapes: list[list[float]] = [[] for _ in features]
    for (index, _), value in zip(asked, told[:-1] - told[-1], strict=True):
        shapes[index].append(float(value))
    shapes = [_seen(shape, table[:, index], features[index]) for index, shape in enumerate(shapes)]
    middles = [_middle(shape, table[:, index], features[index]) for index, shape in enumerate(shapes)]
    log_odds = [[value - middle for value in shape[:-1]] for shape, middle in zip(shapes, middles, strict=True)]
    unknown = [shape[-1] - middle for shape, middle in zip(shapes, middles, strict=True)]
    return log_odds, unknown


def _seen(shape: list[float], column: Floats, feature: Feature) -> list[float]:
    """A shape without what nobody could learn: a kind, or the unknown, of which there was no example."""
    places = np.where(np.isnan(column), feature.bands, column).astype(int)
    seen = np.bincount(places, minlength=feature.bands + 1) > 0
    average = shape[0] if feature.is_silent else float(np.mean(np.array(shape)[places]))
    is_guessed = [
        not seen[place] and (feature.is_category or place == feature.bands) for place in range(len(shape))
    ]
    return [average if guessed else value for value, guessed in zip(shape, is_guessed, strict=True)]


def _middle(shape: Sequence[float], column: Floats, feature: Feature) -> float:
    if feature.is_silent:
        return shape[0]
    places = np.where(np.isnan(column), feature.bands, column).astype(int)
    return float(np.mean(np.array(shape)[places]))


def _summed(table: Floats, log_odds: Sequence[Sequence[float]], unknown: Sequence[float]) -> Floats:
    """The log-odds of every row, beside those of the middle."""
    total = np.zeros(len(table))
    for index, shape in enumerate(log_odds):
        column = table[:, index]
        places = np.where(np.isnan(column), len(shape), column).astype(int)
        total += np.array([*shape, unknown[index]])[places]
    return total


def _spread(values: Floats) -> float:
    low, high = np.percentile(values, [10, 90])
    return float(high - low)


def _isotonic(scores: Floats, reached: Floats) -> Floats:
    from sklearn.isotonic import IsotonicRegression  # noqa: PLC0415  (see above)

    shape = IsotonicRegression(out_of_bounds="clip").fit(scores, reached)
    predicted: Floats = shape.predict(_SCORES)
    return predicted


def _sigmoid(scores: Floats, reached: Floats) -> Floats:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  (see above)

    line = LogisticRegression(C=100.0).fit(scores[:, None] / 100, reached)
    predicted: Floats = line.predict_proba(_SCORES[:, None] / 100)[:, 1]
    return predicted
