"""All that an operator may know of one lead before they decide: facts and reasons, nobody's name or number."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from aiqleads.core.models import AuditEntry
from leads.advert_texts import PROPOSED
from leads.models import Kind, Lead, Observation, Reading, Score
from leads.reasons import Reasons, reasons_of
from leads.sightings import is_correction, is_sighting
from leads.summary import summarise
from marketplace.knowledge import Knowledge, knowledge_of
from marketplace.models import Claim
from pricing import selectors as pricing
from pricing.models import Quote

TRAIL_LENGTH = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SightingLine:
    """One advert as one source showed it, without what would find it there."""

    id: UUID
    source: str
    source_slug: str
    kind: str
    summary: str
    place: str
    image_count: int
    flags: Sequence[str]
    first_seen_at: datetime
    last_seen_at: datetime
    gone_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldBy:
    """Where some of a lead's facts come from."""

    source: str
    fields: Sequence[str]
    is_corrected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingLine:
    """What was read from one advert, in our words, and by whom."""

    source: str
    reader: str
    facts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """One lead's sightings, newest judgement, price, claims and what was done to it."""

    sightings: Sequence[SightingLine]
    provenance: Sequence[ToldBy]
    score: Score | None
    reasons: Reasons | None
    knowledge: Knowledge
    quote: Quote | None
    claims: Sequence[Claim]
    trail: Sequence[AuditEntry]
    readings: Sequence[ReadingLine]


def dossier(lead: Lead) -> Dossier:
    """Gather a lead's page in seven queries."""
    seen = lead.observations.select_related("source").defer("raw").order_by("-last_seen_at", "pk")
    entries = AuditEntry.objects.filter(subject=f"leads.lead:{lead.pk}").select_related("actor").order_by("-at")
    read = Reading.objects.filter(observation__lead=lead).order_by("observation", "read_at")
    read = read.select_related("observation__source").defer("observation__raw")
    score = lead.scores.order_by("-scored_at", "-pk").first()
    return Dossier(
        sightings=[sighting_line(observation) for observation in seen if is_sighting(observation)],
        provenance=_told_by(lead, seen),
        score=score,
        reasons=reasons_of(score) if score else None,
        knowledge=knowledge_of(score.quality_evidence if score else ()),
        quote=pricing.current_quote(lead.pk),
        claims=list(lead.claims.select_related("organisation").order_by("-during")),
        trail=list(entries[:TRAIL_LENGTH]),
        readings=[_reading_line(item) for item in read],
    )


def _reading_line(reading: Reading) -> ReadingLine:
    told = ", ".join(PROPOSED.get(row["name"], row["name"]).lower() for row in reading.passages)
    nothing = "nothing to fill in" if reading.recipe.startswith("clean") else "nothing of the catalogue"
    return ReadingLine(
        source=reading.observation.source.name,
        reader=f"{reading.role} ({reading.model})",
        facts=told or nothing,
    )


def _told_by(lead: Lead, seen: Iterable[Observation]) -> list[ToldBy]:
    """The lead's fields by who tells them, operators first."""
    fields: dict[str, list[str]] = defaultdict(list)
    for field, observation_id in lead.provenance.items():
        fields[observation_id].append(field.removesuffix("_cents").replace("_", " "))
    told = [
        ToldBy(source=item.source.name, fields=sorted(fields[str(item.pk)]), is_corrected=is_correction(item))
        for item in seen
        if str(item.pk) in fields
    ]
    return sorted(told, key=lambda item: (not item.is_corrected, item.source))


def sighting_line(observation: Observation) -> SightingLine:
    """What one advert says, in one line."""
    facts: dict[str, Any] = observation.facts
    return SightingLine(
        id=observation.pk,
        source=observation.source.name,
        source_slug=observation.source_id,
        kind=Kind(facts["kind"]).label if facts.get("kind") else "",
        summary=summarise(
            property_type=facts.get("property_type", ""),
            beds=facts.get("beds"),
            baths=facts.get("baths"),
            area_sqft=facts.get("area_sqft"),
            asking_price_cents=facts.get("asking_price_cents"),
            price_period=facts.get("price_period", "once"),
        ),
        place=", ".join(filter(None, (facts.get(part) for part in ("street", "city", "state_code", "zip_code")))),
        image_count=facts.get("image_count") or 0,
        flags=[flag.replace("_", " ") for flag in facts.get("flags", ())],
        first_seen_at=observation.first_seen_at,
        last_seen_at=observation.last_seen_at,
        gone_at=observation.gone_at,
    )
