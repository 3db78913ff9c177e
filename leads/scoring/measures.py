"""How good predictions were: ranking, calibration and lift. Pure arithmetic over numpy arrays.

``reached`` holds 1 where an owner was reached and else 0; ``scores`` rank, ``likely`` are probabilities.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BINS: Final = 10
_LEAST: Final = 1e-6


class Bin(NamedTuple):
    """Cases that were thought about equally likely: how likely on average, and how many of them were reached."""

    predicted: float
    reached: float
    cases: int


def auc(reached: Floats, scores: Floats) -> float:
    """How often a case that was reached ranks above one that was not; ties count half, 0.5 knows nothing."""
    positives = int(reached.sum())
    negatives = len(reached) - positives
    if not positives or not negatives:
        return 0.5
    ranks = _ranks(scores)
    return float((ranks[reached == 1].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def brier(reached: Floats, likely: Floats) -> float:
    """The mean squared error of probabilities: 0 is perfect, 0.25 knows nothing."""
    return float(np.mean((likely - reached) ** 2))


def log_loss(reached: Floats, likely: Floats) -> float:
    """The mean surprise in nats."""
    sure = np.clip(likely, _LEAST, 1 - _LEAST)
    return float(-np.mean(reached * np.log(sure) + (1 - reached) * np.log(1 - sure)))


def curve(reached: Floats, likely: Floats) -> list[Bin]:
    """The calibration curve over ``BINS`` bins of equally many cases, from the least likely on."""
    order = np.argsort(likely, kind="stable")
    return [
        Bin(float(likely[part].mean()), float(reached[part].mean()), len(part))
        for part in np.array_split(order, BINS)
        if len(part)
    ]


def calibration_error(reached: Floats, likely: Floats) -> float:
    """The expected calibration error: how far bins lie off on average, weighted by their cases."""
    bins = curve(reached, likely)
    return sum(one.cases * abs(one.predicted - one.reached) for one in bins) / sum(one.cases for one in bins)


def lift(reached: Floats, scores: Floats, *, share: float = 0.1) -> float:
    """How many times more of the best ``share`` were reached than of all; ties at its edge count in part."""
    if not reached.sum():
        return 1.0
    wanted = share * len(scores)
    edge = np.sort(scores)[::-1][max(0, int(np.ceil(wanted)) - 1)]
    above, level = scores > edge, scores == edge
    hits = reached[above].sum() + (wanted - above.sum()) * reached[level].mean()
    return float(hits / wanted / reached.mean())


def _ranks(scores: Floats) -> Floats:
    """From 1; equal scores share the mean of their ranks."""
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    means: Floats = (last - (counts - 1) / 2).astype(np.float64)
    return means[place]
