"""Adverts' own words with what they prove marked in them: for who bought the lead, and covered for operators."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final
from uuid import UUID

from ai.personal_spans import Known, find
from ai.questions import LOCAL
from aiqleads.core import audit, transactions
from leads import sightings
from leads.merging import listable_sources
from leads.models import Lead, Observation, Reading
from leads.reading.catalogue import CATALOGUE, Topic
from leads.reading.passages import Passage
from leads.reading_by_models import personal_values
from leads.readings import PROPOSAL, AdvertRead, readings_of, text_of

COVERED: Final = "•••"
TOPICS: Final = {
    Topic.MOTIVATION: "Why and how willingly",
    Topic.TIMELINE: "When",
    Topic.CONDITION: "Condition",
    Topic.OCCUPANCY: "Who is in it",
    Topic.SELLER: "Who offers it",
    Topic.RED_FLAG: "Warning",
    Topic.FEATURE: "Feature",
}
PROPOSED: Final = {
    "address": "The address",
    "city": "The city",
    "state_code": "The state",
    "zip_code": "The ZIP",
    "asking_price": "The asking price",
    "beds": "The number of bedrooms",
    "baths": "The number of bathrooms",
    "area_sqft": "The living area",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """One fact, by the number that its words carry in the text."""

    number: int
    topic: str
    says: str
    is_warning: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some of an advert's words, and the numbers of what they prove; ``ends`` are those that end here."""

    text: str
    is_marked: bool
    ends: Sequence[int]
    is_warning: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvertText:
    """One advert as it reads now; ``readers`` tells who read it, such as "primary reader: gpt-4o"."""

    source: str
    last_seen_at: datetime
    pieces: Sequence[Piece]
    proved: Sequence[Proved]
    readers: Sequence[str]


def advert_texts(lead: Lead) -> list[AdvertText]:
    """What the adverts of a sold lead say, from sources that may be listed from now."""
    listable = listable_sources()
    return _told([item for item in _adverts(lead) if item.source_id in listable], is_covered=False)


@transactions.write
def look_at_adverts(*, lead_id: UUID, actor_id: int) -> list[AdvertText]:
    """The same of every source for an operator, with numbers, names and addresses covered. The look is audited."""
    lead = Lead.objects.get(pk=lead_id)
    audit.record(actor_id=actor_id, action="adverts.seen", subject=lead)
    return _told(_adverts(lead), is_covered=True)


def _adverts(lead: Lead) -> list[Observation]:
    said = lead.observations.select_related("source")
    return sightings.newest_per_advert(item for item in said if sightings.is_sighting(item))


def _told(observations: Sequence[Observation], *, is_covered: bool) -> list[AdvertText]:
    read = readings_of(observations)
    return [_one(item, read[item.pk], is_covered=is_covered) for item in observations if item.pk in read]


def _one(observation: Observation, read: AdvertRead, *, is_covered: bool) -> AdvertText:
    text = text_of(observation)
    known = [item for item in read.passages if item.fact.key in CATALOGUE or item.fact.topic == PROPOSAL]
    hidden = _personal(text, personal_values(observation.raw or {})) if is_covered else []
    return AdvertText(
        source=observation.source.name,
        last_seen_at=observation.last_seen_at,
        pieces=list(_pieces(text, known, hidden)),
        proved=[_proved(number, item) for number, item in enumerate(known, start=1)],
        readers=_readers(read.readings),
    )


def _readers(readings: Sequence[Reading]) -> list[str]:
    """Each reader once, whatever it was asked; of the rules, those that read facts."""
    named: dict[str, str] = {}
    for item in readings:
        named.setdefault(item.role if item.provider == LOCAL else str(item), str(item))
    return list(named.values())


def _proved(number: int, passage: Passage) -> Proved:
    if passage.fact.topic == PROPOSAL:
        says = f"{PROPOSED[passage.fact.name]} is taken from these words."
        return Proved(number=number, topic="Filled in", says=says, is_warning=False)
    entry = CATALOGUE[passage.fact.key]
    is_warning = entry.topic == Topic.RED_FLAG
    return Proved(number=number, topic=TOPICS[entry.topic], says=entry.says, is_warning=is_warning)


def _personal(text: str, values: Collection[str]) -> list[tuple[int, int]]:
    """Where the text is personal, in order; what overlaps or touches is one span."""
    apart: list[tuple[int, int]] = []
    for start, end in sorted((span.start, span.end) for span in find(text, Known(values))):
        if apart and start <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart


def _pieces(text: str, passages: Sequence[Passage], hidden: Sequence[tuple[int, int]]) -> Iterator[Piece]:
    """The text cut where something that is proved, or covered, begins or ends."""
    cuts = {0, len(text), *(cut for span in hidden for cut in span)}
    cuts |= {cut for item in passages for cut in (item.start, item.end)}
    for start, end in pairwise(sorted(cut for cut in cuts if cut <= len(text))):
        proving = [item for item in passages if item.start <= start < item.end]
        cover = next((first for first, last in hidden if first <= start < last), None)
        yield Piece(
            text=text[start:end] if cover is None else COVERED if cover == start else "",
            is_marked=bool(proving),
            ends=[number for number, item in enumerate(passages, start=1) if item.end == end],
            is_warning=any(item.fact.topic == Topic.RED_FLAG for item in proving),
        )
