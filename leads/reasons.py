"""A score as operators read it: each reason with the sighting it rests on, and the same judged again beside it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, Final
from uuid import UUID

from leads import judging
from leads.errors import NotReplayable
from leads.models import Observation, Score
from leads.reading.catalogue import Topic

Evidence = Mapping[str, Any]

_TOLD_AS: Final = {"asking_price": "asking_price_cents"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RestsOn:
    """One sighting; ``lead_id`` is None for a record that is no lead, such as a county's of a sale."""

    observation_id: UUID
    lead_id: UUID | None
    source: str
    source_slug: str
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One part of a score; ``rests_on`` is None where it rests on no single sighting."""

    points: int
    says: str
    rests_on: RestsOn | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """Why a score is what it is."""

    quality: Sequence[Reason]
    fraud: Sequence[Reason]


def reasons_of(score: Score) -> Reasons:
    """Every reason of a score, in one query."""
    quality = [(item, str(item.get("observation", ""))) for item in score.quality_evidence]
    fraud = [(item, _told_by(item, score)) for item in score.fraud_evidence]
    named = {observation_id for _, observation_id in [*quality, *fraud] if observation_id}
    told = Observation.objects.filter(pk__in=named).select_related("source").defer("raw")
    seen = {str(item.pk): _rests_on(item) for item in told}
    return Reasons(
        quality=[_reason(item, seen.get(observation_id)) for item, observation_id in quality],
        fraud=[_reason(item, seen.get(observation_id)) for item, observation_id in fraud],
    )


def _told_by(item: Evidence, score: Score) -> str:
    """The sighting that a reason for a fraud was taken from, by the facts that were kept; "" where it is no single
    one, or not known which.
    """
    told: Mapping[str, Sequence[str]] = (score.facts or {}).get("told_by", {})
    is_said = item["field"] == "description"
    field = str(item["field"])
    key = f"{Topic.RED_FLAG}: {item['part']}" if is_said else _TOLD_AS.get(field, field)
    if key in told:
        return told[key][0]
    return str(score.observation_ids[0]) if is_said and len(score.observation_ids) == 1 else ""


def _rests_on(observation: Observation) -> RestsOn:
    return RestsOn(
        observation_id=observation.pk,
        lead_id=observation.lead_id,
        source=observation.source.name,
        source_slug=observation.source_id,
        seen_at=observation.first_seen_at,
    )


def _reason(item: Evidence, rests_on: RestsOn | None) -> Reason:
    return Reason(points=item["points"], says=item["says"], rests_on=rests_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that was kept, and what it is when it is judged again; None where it is not among them."""

    name: str
    kept: object
    again: object
    says: str = ""

    @property
    def differs(self) -> bool:
        return self.kept != self.again


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A score beside its judgement made again; ``refusal`` says why none can be made, "" where one was."""

    score: Score
    is_same: bool = False
    refusal: str = ""
    totals: Sequence[Line] = ()
    quality: Sequence[Line] = ()
    fraud: Sequence[Line] = ()


def replay_of(score: Score) -> Replay:
    """Judge again what a score was made from; nothing is changed."""
    try:
        replayed = judging.replay(score.pk)
    except NotReplayable as error:
        return Replay(score=score, refusal=error.detail)
    again = replayed.judgement.columns()
    totals = {"quality_score": "Quality", "fraud_score": "Fraud", "tier": "Tier", "verdict": "Verdict"}
    return Replay(
        score=score,
        is_same=replayed.is_same,
        totals=[Line(name=name, kept=getattr(score, field), again=again[field]) for field, name in totals.items()],
        quality=_side_by_side(score.quality_evidence, again["quality_evidence"]),
        fraud=_side_by_side(score.fraud_evidence, again["fraud_evidence"]),
    )


def _side_by_side(kept: Iterable[Evidence], again: Iterable[Evidence]) -> list[Line]:
    before, after = ({(item["part"], item["says"]): item["points"] for item in side} for side in (kept, again))
    return [
        Line(name=part, says=says, kept=before.get((part, says)), again=after.get((part, says)))
        for part, says in dict.fromkeys(chain(before, after))
    ]
