"""Public reads about leads."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, cast
from uuid import UUID

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Subquery

from ai.questions import LOCAL
from aiqleads.core.clock import Now
from aiqleads.core.prepared import Prepared
from leads.geography import public_point
from leads.models import Consent, ConsentText, Lead, Observation, Reading, Score, Source, SourceRight
from leads.reading import local
from leads.reading.catalogue import labels, search_words
from leads.scoring import IN_OUR_WORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicFacts:
    """The public view of a lead (design §4.0): what may be shown and searched before a sale, and nothing more."""

    kind: str
    tier: str
    quality_score: int
    city: str
    state_code: str
    zip_code: str
    street: str
    latitude: float | None
    longitude: float | None
    property_type: str
    beds: Decimal | None
    baths: Decimal | None
    area_sqft: int | None
    asking_price_cents: int | None
    price_period: str
    summary: str
    features: list[str]
    feature_words: str
    image_count: int
    source_name: str
    right_basis: str
    reasons: list[dict[str, Any]]
    posted_at: datetime | None
    first_seen_at: datetime


def public_facts(lead_id: UUID) -> PublicFacts:
    """The public view of a scored lead.

    :raises Lead.DoesNotExist | Score.DoesNotExist: there is no such lead, or it was never scored
    """
    lead = Lead.objects.get(pk=lead_id)
    score = lead.scores.latest("scored_at")
    point: tuple[float | None, float | None] = (None, None)
    if lead.latitude is not None and lead.longitude is not None:
        point = public_point(lead_id=lead.pk, latitude=lead.latitude, longitude=lead.longitude)
    source, basis = _best_source(lead_id)
    return PublicFacts(
        kind=lead.kind,
        tier=score.tier,
        quality_score=score.quality_score,
        city=lead.city,
        state_code=lead.state_code,
        zip_code=lead.zip_code,
        street=lead.street,
        latitude=point[0],
        longitude=point[1],
        property_type=lead.property_type,
        beds=lead.beds,
        baths=lead.baths,
        area_sqft=lead.area_sqft,
        asking_price_cents=lead.asking_price_cents,
        price_period=lead.price_period,
        summary=lead.summary,
        features=labels(lead.features),
        feature_words=search_words(lead.features),
        image_count=lead.image_count,
        source_name=source,
        right_basis=basis,
        reasons=[_for_the_public(reason) for reason in score.quality_evidence],
        posted_at=lead.posted_at,
        first_seen_at=lead.first_seen_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredBy:
    """Which model gave a lead its newest score, and who read its adverts, such as "primary reader: gpt-4o"."""

    version: str
    readers: tuple[str, ...]


_NEWEST_SCORE: Final = Prepared(
    lambda lead_id: Score.objects.filter(lead=lead_id).order_by("-scored_at", "-pk").only("model_version")[:1]
)
_READINGS: Final = Prepared(
    lambda lead_id: Reading.objects.filter(
        Q(provider=LOCAL, recipe=local.RECIPE) | ~Q(provider=LOCAL), observation__lead=lead_id
    ).only("provider", "role", "model")
)


def scored_by(lead_id: UUID) -> ScoredBy | None:
    """Who scored and read a lead; None where it was never scored. The rules in use are named before models."""
    newest = _NEWEST_SCORE.first(lead_id=lead_id)
    if newest is None:
        return None
    told = {(reading.provider != LOCAL, str(reading)) for reading in _READINGS.rows(lead_id=lead_id)}
    return ScoredBy(version=newest.model_version, readers=tuple(says for _, says in sorted(told)))


def _for_the_public(reason: dict[str, Any]) -> dict[str, Any]:
    """A reason without what leads to the advert: its own words, the sighting and its hour."""
    says = IN_OUR_WORDS[reason["part"]] if "“" in reason["says"] else reason["says"]
    return {name: value for name, value in reason.items() if name not in {"observation", "at"}} | {"says": says}


def _best_source(lead_id: UUID) -> tuple[str, str]:
    """The kind of the most trusted source whose right allows listing, and on what basis."""
    right = (
        SourceRight.objects.filter(source__observations__lead=lead_id, may_list=True, during__contains=Now())
        .select_related("source")
        .order_by("-source__trust_percent", "source_id")
        .first()
    )
    return (right.source.get_family_display(), right.basis) if right else ("", "")


def agents_consented(lead_id: UUID) -> int | None:
    """How many agents the owner agreed to at most, by any consent ever given; None where there is none."""
    given = Consent.objects.filter(observation__lead=lead_id).aggregate(least=Min("agents"))
    return cast("int | None", given["least"])


def consent_text(*, purpose: ConsentText.Purpose, language: str) -> ConsentText:
    """The words in force now, in ``language`` or else in English.

    :raises ConsentText.DoesNotExist: none is in force
    """
    in_force = ConsentText.objects.filter(purpose=purpose, in_force_from__lte=Now()).order_by("-in_force_from")
    spoken = in_force.filter(language=language).first()
    return spoken or in_force.filter(language="en")[:1].get()


def told_elsewhere(lead_ids: Collection[UUID], source: Source) -> set[UUID]:
    """Those of the leads that another source than this one told of."""
    others = Observation.objects.filter(lead__in=lead_ids).exclude(source=source)
    return {lead_id for lead_id in others.values_list("lead_id", flat=True) if lead_id}


def right_in_force(source: Source) -> SourceRight | None:
    """The right that a source has now, or None."""
    return SourceRight.objects.filter(source=source, during__contains=Now()).first()


def rights_in_force() -> dict[str, SourceRight]:
    """Source slug → the right that it has now; sources without one are left out."""
    return {right.source_id: right for right in SourceRight.objects.filter(during__contains=Now())}


def sources_with_held_sightings() -> QuerySet[Source]:
    """Sources of which something that is still said waits for an operator, by slug."""
    held = Observation.objects.filter(is_held=True, gone_at=None)
    return Source.objects.filter(pk__in=held.values("source")).order_by("pk")


def standing_observations(observation_ids: Collection[UUID]) -> set[UUID]:
    """Which of these observations their adverts still say, of leads that were not erased."""
    standing = Observation.objects.filter(pk__in=observation_ids, gone_at=None)
    return set(standing.exclude(lead__state=Lead.State.ERASED).values_list("pk", flat=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """How many adverts a run brought that were not known, and how many that read otherwise before."""

    new_count: int
    changed_count: int


def stored_by(*, crawl_run_id: UUID, source: Source) -> Stored:
    """What a run stored, by its rows alone: one that was killed may not have come to say it."""
    brought = Observation.objects.filter(source=source, crawl_run_id=crawl_run_id)
    earlier = Observation.objects.filter(
        source=source, external_id_hash=OuterRef("external_id_hash"), first_seen_at__lt=OuterRef("first_seen_at")
    )
    changed_count = brought.filter(Exists(earlier)).count()
    return Stored(new_count=brought.count() - changed_count, changed_count=changed_count)


def review_queue() -> QuerySet[Lead]:
    """Leads that wait for an operator, the longest waiting first, each with its newest ``fraud_evidence``."""
    newest = Score.objects.filter(lead=OuterRef("pk")).order_by("-scored_at", "-pk")
    waiting = Lead.objects.filter(state=Lead.State.REVIEW).order_by("changed_at")
    return waiting.annotate(fraud_evidence=Subquery(newest.values("fraud_evidence")[:1]))


def count_by_state() -> dict[str, int]:
    """State → number of leads."""
    rows = Lead.objects.values("state").annotate(count=Count("pk")).order_by("state")
    return {row["state"]: row["count"] for row in rows}


def count_told_by(source: Source) -> int:
    """How many active leads an advert of ``source`` tells of now."""
    told = Lead.objects.filter(state=Lead.State.ACTIVE, observations__source=source, observations__gone_at=None)
    return told.distinct().count()
