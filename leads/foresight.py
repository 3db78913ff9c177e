"""What would become of a record, told before anything is written. Pure.

It looks at the record alone: what is known of the same home, of its contacts and of the homes around it can still
change the judgement once the record is in.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from leads.facts import LeadFacts
from leads.ingest import refusal
from leads.judging import judge
from leads.models import Score
from leads.records import ListingRecord
from leads.scam_phrases import find_signals
from leads.sightings import address_facts, asking_price_cents, moment_of
from leads.validation import Policy


class Fate(StrEnum):
    """What a record becomes."""

    LEAD = "lead"
    REVIEW = "review"
    NOT_OFFERED = "not offered"
    NO_LEAD = "no lead"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Foresight:
    """A record's fate; ``why`` says in words why it is no lead on offer, "" where it is one."""

    fate: Fate
    why: str = ""


NOTHING_SAID: Final = Foresight(fate=Fate.REJECTED, why="an empty row")
SOLD: Final = Foresight(fate=Fate.NO_LEAD, why="a sale: takes its home off, and is compared with")
ELSEWHERE: Final = Foresight(fate=Fate.NO_LEAD, why="listed with an agent: takes its home off")


def foresee(record: ListingRecord, *, policy: Policy, now: datetime) -> Foresight:
    """What ``record`` would become under ``policy`` if it came in ``now``."""
    if why := refusal(record):
        return Foresight(fate=Fate.REJECTED, why=why)
    if record.kind is None:
        return SOLD if record.status == "closed" else ELSEWHERE
    judgement = judge(_facts(record, now), policy, now=now)
    if judgement.verdict == Score.Verdict.PASS:
        return Foresight(fate=Fate.LEAD)
    fate = Fate.REVIEW if judgement.verdict == Score.Verdict.REVIEW else Fate.NOT_OFFERED
    return Foresight(fate=fate, why=judgement.reason.rstrip("."))


def _facts(record: ListingRecord, now: datetime) -> LeadFacts:
    """The facts that a lead of this record alone would be judged by."""
    return LeadFacts(
        kind=record.kind or "",
        signals=find_signals(f"{record.title or ''}\n{record.description or ''}"),
        motivations=(),
        is_owner=record.is_owner,
        has_phone=bool(record.phones),
        has_email=bool(record.emails),
        has_address=bool(address_facts(record.parsed_address)["address_line"]),
        city=record.city or "",
        beds=record.beds,
        baths=record.baths,
        area_sqft=record.area_sqft,
        asking_price_cents=asking_price_cents(record),
        price_period=record.price_period or "once",
        property_type=record.property_type or "",
        image_count=len(record.image_urls),
        posted_at=moment_of(record.posted_at),
        last_seen_at=now,
        price_cuts=0,
        sources=1,
        unlike_homes_with_contact=0,
        contact_regions=0,
        homes_with_same_images=0,
        market=None,
        flags=frozenset(record.flags),
    )
