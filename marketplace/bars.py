"""Where the parts of a sum lie on one shared scale, so that a page can draw them as steps.

Pure arithmetic: it knows neither what the parts are about nor how they are drawn.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One part of a sum. ``start`` and ``width`` are percent of the scale, from 0 to 100."""

    part: str
    says: str
    amount: int
    start: float
    width: float

    @property
    def is_gain(self) -> bool:
        return self.amount >= 0


def steps(parts: Iterable[Mapping[str, Any]], *, amount: str) -> list[Step]:
    """Lay ``parts`` (``{part, says, <amount>}``) end to end: each begins where the one before it ended."""
    named = [(str(part["part"]), str(part.get("says", "")), int(part[amount])) for part in parts]
    edges = [0]
    for _, _, value in named:
        edges.append(edges[-1] + value)
    lowest, span = min(edges), (max(edges) - min(edges)) or 1
    return [
        Step(
            part=part,
            says=says,
            amount=value,
            start=round(100 * (min(before, after) - lowest) / span, 2),
            width=round(100 * abs(value) / span, 2),
        )
        for (part, says, value), before, after in zip(named, edges, edges[1:], strict=False)
    ]
