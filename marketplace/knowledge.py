"""How much of what a score looks at was known, told from its reasons. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

_HIGH_SHARE: Final = 0.75
_FAIR_SHARE: Final = 0.5
_NO_FACTS: Final = frozenset({"start", "limit"})
_FOUND_IN_WORDS: Final = "description"
"""What an advert's words say adds to what is known; what they leave out takes nothing away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """``unknown`` names in sentences what nobody told."""

    known: int
    unknown: tuple[str, ...]

    @property
    def looked_at(self) -> int:
        return self.known + len(self.unknown)

    @property
    def confidence(self) -> str:
        """How sure the score is, in a word; "" where its reasons do not tell."""
        if not self.looked_at:
            return ""
        share = self.known / self.looked_at
        return "high" if share >= _HIGH_SHARE else "fair" if share >= _FAIR_SHARE else "low"


def knowledge_of(reasons: Iterable[Mapping[str, Any]]) -> Knowledge:
    """What ``reasons`` (``{part, points, field, says}``, ``is_unknown`` where so) tell of what was known."""
    facts = [
        reason for reason in reasons if reason["part"] not in _NO_FACTS and reason.get("field") != _FOUND_IN_WORDS
    ]
    unknown = tuple(str(reason["says"]) for reason in facts if reason.get("is_unknown"))
    return Knowledge(known=len(facts) - len(unknown), unknown=unknown)


def counted(reasons: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The reasons that are worth a step: what is unknown and counts nothing is told in a sentence."""
    return [reason for reason in reasons if reason["points"] or not reason.get("is_unknown")]
