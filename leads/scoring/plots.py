"""A model's report as what a page draws: points of a curve on a square, bars on one scale. Pure arithmetic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from leads.scoring.features import FEATURES

SIDE: Final = 100.0
_MEASURES: Final = (
    ("AUC", "auc", "higher is better; 0.5 knows nothing"),
    ("Brier score", "brier", "lower is better"),
    ("Log loss", "log_loss", "lower is better"),
    ("Calibration error", "calibration_error", "lower is better"),
    ("Lift of the best tenth", "lift", "higher is better; 1 is chance"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One bin of a calibration curve on a square of ``SIDE``, its origin at the upper left as SVG has it."""

    x: float
    y: float
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The dots and the line through them, as the ``points`` of a polyline."""

    dots: tuple[Dot, ...]
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What one band of a feature is worth, on the scale of all: ``start`` and ``width`` in percent."""

    says: str
    points: int
    start: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureBars:
    """A feature that counts, the weightiest first."""

    part: str
    bars: tuple[Bar, ...]
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One measure beside that of the model before."""

    name: str
    ours: str
    theirs: str
    says: str


def curve_of(bins: Sequence[Mapping[str, float]]) -> Curve:
    """The calibration curve: how likely was thought from left to right, how many were reached upwards."""
    dots = tuple(
        Dot(
            x=round(SIDE * one["predicted"], 2),
            y=round(SIDE * (1 - one["reached"]), 2),
            says=f"Thought {one['predicted']:.0%}, reached {one['reached']:.0%} of {one['cases']:,}",
        )
        for one in bins
    )
    return Curve(dots=dots, line=" ".join(f"{dot.x},{dot.y}" for dot in dots))


def bars_of(scorecard: Mapping[str, Any]) -> list[FeatureBars]:
    """What the bands of every feature that counts are worth."""
    told = {part: _worth(part, points, scorecard["unknown"]) for part, points in scorecard["points"].items()}
    counting = {part: rows for part, rows in told.items() if any(points for _, points in rows)}
    values = [points for rows in counting.values() for _, points in rows] or [0]
    lowest, span = min(0, *values, 0), (max(0, *values, 0) - min(0, *values, 0)) or 1
    shown = [
        FeatureBars(
            part=part,
            bars=tuple(
                Bar(
                    says=says,
                    points=points,
                    start=round(100 * (min(points, 0) - lowest) / span, 2),
                    width=round(100 * abs(points) / span, 2),
                )
                for says, points in rows
            ),
            weight=max(points for _, points in rows) - min(points for _, points in rows),
        )
        for part, rows in counting.items()
    ]
    return sorted(shown, key=lambda one: (-one.weight, one.part))


def measures_of(report: Mapping[str, Any]) -> list[Measured]:
    """The measures of a report beside those of its baseline."""
    ours, theirs = report["candidate"], report["baseline"]
    return [
        Measured(name=name, ours=f"{ours[key]:.4f}", theirs=f"{theirs[key]:.4f}", says=says)
        for name, key, says in _MEASURES
    ]


def _worth(part: str, points: Sequence[int], unknown: Mapping[str, int]) -> list[tuple[str, int]]:
    names = next((feature.band_names for feature in FEATURES if feature.part == part), ())
    known = [(names[band] if band < len(names) else f"band {band + 1}", worth) for band, worth in enumerate(points)]
    return [*known, ("unknown", unknown[part])] if unknown.get(part) else known
