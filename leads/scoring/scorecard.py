"""A model of quality: points for each band of each feature, whole numbers that add up to the score. Pure.

The prior below was set by hand; ``leads.scoring.fitting`` learns others from outcomes. Both are the same kind of
table, so both explain themselves alike, and a score is made again exactly from its facts and its model's table.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from leads.evidence import Evidence
from leads.facts import LeadFacts
from leads.scoring.features import FEATURES, KINDS, Feature, Standing
from leads.scoring.features import VERSION as FEATURES_VERSION


class UnknownFeatures(Exception):
    """A table of points speaks of features that this product no longer has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """Points by feature and band.

    :param start: what every lead starts with
    :param unknown: by feature, the points of a lead of which it is not known; none where it is not named
    :param likelihood: by score from 0 to 100, how likely the owner is reached (0 to 1); empty where nobody knows
    """

    version: str
    start: int
    points: Mapping[str, Sequence[int]]
    unknown: Mapping[str, int] = field(default_factory=dict)
    likelihood: Sequence[float] = ()

    def evidence(self, facts: LeadFacts, *, now: datetime) -> list[Evidence]:
        """Every part of the score, what is unknown included; the points add up to the score."""
        parts = [_START.evidence(Standing(0, _START_SAYS), self.start), *self._parts(facts, now)]
        total = sum(part.points for part in parts)
        beyond = max(0, min(100, total)) - total
        if beyond:
            says = "No score goes above 100." if beyond < 0 else "No score goes below 0."
            parts.append(Evidence(part="limit", points=beyond, field="", says=says))
        return parts

    def score_of(self, bands: Mapping[str, int | None]) -> int:
        """The score of a lead whose bands are known already, 0 to 100."""
        return max(0, min(100, self.start + sum(self.points_of(part, band) for part, band in bands.items())))

    def points_of(self, part: str, band: int | None) -> int:
        """What a band is worth; nothing where the model does not look at it."""
        if band is None:
            return self.unknown.get(part, 0)
        return self.points[part][band] if part in self.points else 0

    def likely(self, score: int) -> float | None:
        """How likely the owner of a lead of this score is reached, 0 to 1; None where outcomes are yet to tell."""
        return self.likelihood[score] if self.likelihood else None

    def _parts(self, facts: LeadFacts, now: datetime) -> Iterator[Evidence]:
        for feature in FEATURES:
            standing = feature.read(facts, now)
            points = self.points_of(feature.part, standing.band)
            if standing.says or points:
                yield feature.evidence(standing, points)

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "features": FEATURES_VERSION,
            "start": self.start,
            "points": {part: list(points) for part, points in self.points.items()},
            "unknown": dict(self.unknown),
            "likelihood": list(self.likelihood),
        }

    @classmethod
    def from_json(cls, version: str, document: Mapping[str, Any]) -> "Scorecard":
        """What :meth:`as_json` kept.

        :raises UnknownFeatures: it was fitted to features of another meaning
        """
        if document["features"] != FEATURES_VERSION:
            raise UnknownFeatures(f"It looks at {document['features']}; this is {FEATURES_VERSION}.")
        told = {name: document[name] for name in ("start", "points", "unknown", "likelihood")}
        return cls(version=version, **told)


_START: Final = Feature(part="start", field="", bands=1, read=lambda _facts, _now: Standing(0, _START_SAYS))
_START_SAYS: Final = "What every lead that passed the checks starts with."

_OF_KINDS: Final = {
    "owner_submitted": 15,
    "buyer_enquiry": 15,
    "fsbo": 10,
    "expired": 10,
    "preforeclosure": 8,
    "probate": 4,
    "absentee": 4,
    "rental_owner": 2,
}
PRIOR: Final = Scorecard(
    version="points-4",
    start=12,
    points={
        "kind": [_OF_KINDS[kind] for kind in KINDS],
        "phone": [0, 15],
        "e-mail": [0, 6],
        "address": [0, 8],
        "completeness": [0, 3, 6, 9, 12, 15],
        "freshness": [12, 9, 5, 1, -6],
        "time on the market": [0, 1, 2],
        "offered before": [0, 3, 4],
        "moving": [0, 6],
        "in a hurry": [0, 6],
        "willing to deal": [0, 5],
        "open to agents": [0, 6],
        "estate": [0, 4],
        "wants no agents": [0, -12],
        "wants less room": [0, 4],
        "has bought already": [0, 6],
        "tired of letting": [0, 5],
        "wanted now": [0, 2],
        "wanted within a month": [0, 2],
        "no hurry": [0, -3],
        "needs work": [0, 3],
        "move-in ready": [0, 1],
        "updated": [0, 1],
        "well kept": [0, 1],
        "vacant": [0, 3],
        "offered by an agent": [0, -4],
        "offered by a manager": [0, -6],
        "offered by an investor": [0, -4],
        "offered by a builder": [0, -4],
        "offered by a bank": [0, -6],
        "price cuts": [0, 3, 6],
        "depth of the cuts": [0, 1, 3],
        "price": [0, 6, 0, -4],
        "years owned": [-2, 1, 3],
        "gain": [-2, 0, 2],
        "sightings": [0, 4],
        "seller": [-4, 4],
    },
    unknown={"kind": 4, "freshness": 2},
)
"""What counts until outcomes are enough to learn from, and whenever no learnt model is in force."""
