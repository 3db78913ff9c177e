"""Judging by versioned thresholds: which policy is in force, what it makes of facts, and every decision again.

A score keeps the facts it was made from and the policy that judged them, so :func:`replay` answers the same for
ever, and :func:`try_policy` tells what other thresholds would have done to the leads of late.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

from aiqleads.core import audit, clock, transactions
from leads import scoring, validation
from leads.errors import NotReplayable, UnusablePolicy
from leads.evidence import Evidence
from leads.facts import LeadFacts, from_json
from leads.models import JudgingPolicy, Score
from leads.scoring import PRIOR, registry
from leads.validation import PARTS, Policy

TRIED_ON: Final = 1_000
HIGHEST_WEIGHT_PERCENT: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the rules make of facts; ``reason`` says why a lead does not pass, "" where it does."""

    quality: list[Evidence]
    fraud: list[Evidence]
    model_version: str
    verdict: Score.Verdict
    reason: str

    @property
    def quality_score(self) -> int:
        return scoring.quality_score(self.quality)

    @property
    def fraud_score(self) -> int:
        return validation.fraud_score(self.fraud)

    def columns(self) -> dict[str, Any]:
        """What a ``Score`` keeps of it."""
        return {
            "quality_score": self.quality_score,
            "fraud_score": self.fraud_score,
            "tier": str(scoring.tier(self.quality_score)),
            "verdict": str(self.verdict),
            "model_version": self.model_version,
            "quality_evidence": [item.as_json() for item in self.quality],
            "fraud_evidence": [item.as_json() for item in self.fraud],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A judgement made again; ``is_same`` tells whether scores and verdict are those that were kept."""

    judgement: Judgement
    is_same: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a policy would do to the newest ``leads`` judgements."""

    leads: int
    review: int
    rejected: int


class Scorer(Protocol):
    """What gives a lead its quality. Pure: the same for the same facts and moment, for ever."""

    @property
    def version(self) -> str:
        """The name that scores keep."""

    def evidence(self, facts: LeadFacts, *, now: datetime) -> list[Evidence]:
        """Every part of the score; the points add up to it."""


def judge(facts: LeadFacts, policy: Policy, *, now: datetime, scorer: Scorer = PRIOR) -> Judgement:
    """Check and score: pure, and the same for the same facts, policy, moment and scorer."""
    fraud = validation.fraud_evidence(facts, policy)
    verdict, reason = validation.verdict(facts, validation.fraud_score(fraud), policy)
    return Judgement(
        quality=scorer.evidence(facts, now=now),
        fraud=fraud,
        model_version=scorer.version,
        verdict=verdict,
        reason=reason,
    )


def policy_in_force() -> JudgingPolicy | None:
    """The newest policy that is in force; None where an operator has set none and what was shipped counts."""
    return JudgingPolicy.objects.filter(in_force_at__lte=clock.Now()).order_by("-in_force_at", "-pk").first()


def rules_of(policy: JudgingPolicy | None) -> Policy:
    """A version's thresholds and weights; those as shipped for None."""
    if policy is None:
        return validation.SHIPPED
    return Policy(review_from=policy.review_from, reject_from=policy.reject_from, weights=policy.weights)


@transactions.write
def set_judging_policy(
    *, name: str, review_from: int, reject_from: int, weights: Mapping[str, int], actor_id: int
) -> JudgingPolicy:
    """Put a new version in force; each lead follows when it is judged next, at the latest with the daily round.

    :param weights: part of ``validation.PARTS`` → how much it counts, in percent; one not named counts whole
    :raises UnusablePolicy: as it says; nothing was changed
    """
    if not 1 <= review_from <= reject_from:
        raise UnusablePolicy("A lead is rejected at a lower score than it waits at.", field="reject_from")
    unknown = sorted(weights.keys() - PARTS.keys())
    if unknown or not all(0 <= percent <= HIGHEST_WEIGHT_PERCENT for percent in weights.values()):
        raise UnusablePolicy(f"Weights go from 0 to {HIGHEST_WEIGHT_PERCENT} %, for known parts.", field="weights")
    before = asdict(rules_of(policy_in_force()))
    after = {"review_from": review_from, "reject_from": reject_from, "weights": dict(weights)}
    policy = JudgingPolicy.objects.create(name=name, in_force_at=clock.Now(), **after)
    audit.record(actor_id=actor_id, action="judging_policy.set", subject=policy, **audit.changes(before, after))
    return policy


def replay(score_id: UUID) -> Replayed:
    """Judge again what a score was made from, by the model and the policy that judged it then.

    :raises Score.DoesNotExist: there is no such score
    :raises NotReplayable: its facts were not kept, or the model that made it
    """
    score = Score.objects.select_related("policy").get(pk=score_id)
    if score.facts is None:
        raise NotReplayable("The facts of this score were not kept.")
    scorer = registry.scorer_of(score.model_version)
    facts, judged_at = from_json(score.facts)
    judgement = judge(facts, rules_of(score.policy), now=judged_at, scorer=scorer)
    told = judgement.columns()
    return Replayed(
        judgement=judgement, is_same=all(getattr(score, field) == value for field, value in told.items())
    )


def try_policy(policy: Policy) -> Trial:
    """What ``policy`` would have done to the newest judgements; nothing is changed."""
    newest = Score.objects.filter(facts__isnull=False).order_by("-scored_at").values_list("facts", flat=True)
    kept = [from_json(document) for document in newest[:TRIED_ON] if document]
    verdicts = [judge(facts, policy, now=judged_at).verdict for facts, judged_at in kept]
    return Trial(
        leads=len(verdicts),
        review=verdicts.count(Score.Verdict.REVIEW),
        rejected=verdicts.count(Score.Verdict.REJECT),
    )
