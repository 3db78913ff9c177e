"""Reasons: the one shape in which a score says why."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One part of a score: its points, the field it looked at, and a sentence that a buyer can read."""

    part: str
    points: int
    field: str
    says: str

    def as_json(self) -> dict[str, str | int]:
        """As it is kept: ``{part, points, field, says}``."""
        return {"part": self.part, "points": self.points, "field": self.field, "says": self.says}


def bounded_score(evidence: Iterable[Evidence]) -> int:
    """The sum of the points, kept within 0 and 100."""
    return max(0, min(100, sum(item.points for item in evidence)))
