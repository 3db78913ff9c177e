"""Reasons: the one shape in which a score says why."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One part of a score: its points, the field it looked at, and a sentence that a buyer can read.

    ``observation_id`` and ``at`` (ISO 8601) name what it rests on, where that is one observation; ``is_unknown``
    tells that it speaks of what nobody told.
    """

    part: str
    points: int
    field: str
    says: str
    observation_id: str = ""
    at: str = ""
    is_unknown: bool = False

    def as_json(self) -> dict[str, str | int]:
        """As it is kept: ``{part, points, field, says}``, and the rest where there is any."""
        rest: dict[str, str | int] = {
            "observation": self.observation_id,
            "at": self.at,
            "is_unknown": self.is_unknown,
        }
        kept: dict[str, str | int] = {
            "part": self.part,
            "points": self.points,
            "field": self.field,
            "says": self.says,
        }
        return kept | {name: value for name, value in rest.items() if value}


def bounded_score(evidence: Iterable[Evidence]) -> int:
    """The sum of the points, kept within 0 and 100."""
    return max(0, min(100, sum(item.points for item in evidence)))
