"""Readings of adverts as they are kept: which is in force for a text, made at once by rules where there is none.

The rules' facts always count; a model's reading, once it came, adds to them and takes nothing away: an advert that
talks a model out of a fact, or into none, changes nothing.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from ai.questions import LOCAL, LOCAL_ROLE
from aiqleads.core import transactions
from aiqleads.core.personal_data import keyed_hash, keyed_hashes
from leads.models import Observation, Reading
from leads.reading import local
from leads.reading.catalogue import ONE_OF_A_TOPIC, TOLD_TO_EVERYBODY
from leads.reading.passages import Passage, ReadFact, without_doubles

PURPOSE: Final = "advert_text"
PROPOSAL: Final = "proposal"
"""The topic of a value that was taken from an advert's words (``leads.cleaning``): no fact that is scored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvertRead:
    """What one advert's text tells, by every reading of it in force; ``readings`` begins with the rules'."""

    passages: tuple[Passage, ...]
    readings: tuple[Reading, ...]


def text_of(observation: Observation) -> str:
    """An advert's words as they are read: the title, and below it the description."""
    raw: dict[str, Any] = observation.raw or {}
    return f"{raw.get('title') or ''}\n{raw.get('description') or ''}"


def read_adverts(observations: Collection[Observation]) -> dict[UUID, AdvertRead]:
    """What these adverts tell, by observation; what was never read is read by the rules and kept.

    Joins the caller's transaction.
    """
    transactions.require_transaction()
    texts = {item.pk: text for item in observations if (text := text_of(item)).strip()}
    kept = _kept(texts)
    new = {pk: made for pk, text in texts.items() if (made := _missing(pk, text, kept[pk]))}
    once = {made.text_hash: made for made in new.values()}
    Reading.objects.bulk_create([once[key] for key in sorted(once)], ignore_conflicts=True)
    return {pk: _together([*([new[pk]] if pk in new else []), *kept[pk]]) for pk in texts}


def readings_of(observations: Iterable[Observation]) -> dict[UUID, AdvertRead]:
    """The same of what was read so far: nothing is read anew."""
    texts = {item.pk: text for item in observations if (text := text_of(item)).strip()}
    return {pk: _together(readings) for pk, readings in _kept(texts).items() if readings}


def _kept(texts: Mapping[UUID, str]) -> dict[UUID, list[Reading]]:
    """By observation the readings of its text: that of the rules in use, then the newest of each other kind."""
    hashes = {pk: keyed_hashes(text, purpose=PURPOSE) for pk, text in texts.items()}
    found: dict[str, list[Reading]] = defaultdict(list)
    wanted = {one for several in hashes.values() for one in several}
    for reading in Reading.objects.filter(text_hash__in=wanted).order_by("-read_at", "-pk"):
        found[reading.text_hash].append(reading)
    return {pk: _in_force([item for one in several for item in found[one]]) for pk, several in hashes.items()}


def _in_force(readings: Sequence[Reading]) -> list[Reading]:
    rules = [item for item in readings if item.recipe == local.RECIPE]
    newest: dict[str, Reading] = {}
    for item in readings:
        if item.recipe != local.RECIPE and not item.recipe.startswith("rules-"):
            newest.setdefault(_family(item), item)
    return [*rules[:1], *newest.values()]


def _family(reading: Reading) -> str:
    """What was asked: the prompt's name without its version."""
    return reading.recipe.partition(".v")[0]


def _missing(observation_id: UUID, text: str, kept: Sequence[Reading]) -> Reading | None:
    """The rules' reading, not saved yet; None where it is kept."""
    if any(item.recipe == local.RECIPE for item in kept):
        return None
    return Reading(
        observation_id=observation_id,
        text_hash=keyed_hash(text, purpose=PURPOSE),
        recipe=local.RECIPE,
        role=LOCAL_ROLE,
        provider=LOCAL,
        model=local.RECIPE,
        passages=[item.as_json() for item in local.read_locally(text)],
    )


def _together(readings: Sequence[Reading]) -> AdvertRead:
    told = [Passage.from_json(row) for reading in readings for row in reading.passages]
    return AdvertRead(passages=without_doubles(_without_contradictions(told)), readings=tuple(readings))


def _without_contradictions(passages: Iterable[Passage]) -> list[Passage]:
    """Of facts that exclude each other, what was told first."""
    chosen: dict[str, str] = {}
    kept = []
    for passage in passages:
        fact = passage.fact
        if fact.topic not in ONE_OF_A_TOPIC or chosen.setdefault(fact.topic, fact.name) == fact.name:
            kept.append(passage)
    return kept


def facts_of(observations: Iterable[Observation], read: Mapping[UUID, AdvertRead]) -> tuple[ReadFact, ...]:
    """What several adverts of a home tell together, each fact once, as the first of them has it."""
    every = (passage for item in observations if item.pk in read for passage in read[item.pk].passages)
    told = [passage for passage in every if passage.fact.topic != PROPOSAL]
    first: dict[str, ReadFact] = {}
    for passage in _without_contradictions(told):
        first.setdefault(passage.fact.key, passage.fact)
    return tuple(first.values())


def features_of(facts: Iterable[ReadFact]) -> list[str]:
    """Of what was read, the names of what everybody may know of the home."""
    return sorted({fact.name for fact in facts if fact.topic in TOLD_TO_EVERYBODY})


@transactions.write
def erase_readings(*, lead_id: UUID) -> int:
    """Delete what was read from a lead's adverts; return how many readings there were. Safe to run again."""
    observations = Observation.objects.filter(lead=lead_id)
    gone, _ = Reading.objects.filter(observation__in=observations).delete()
    return gone
