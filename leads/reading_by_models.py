"""Having adverts read by models: what waits, what is asked, and what is kept of the answers.

An advert that the rules read waits for a model as long as none has read its text by the recipe in use. So a budget
that ends in the middle, or a provider that fails, loses nothing: what was not answered is asked in a later round.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.core.cache import cache
from django.db.models import Exists, OuterRef, QuerySet

from ai import batches, gateway
from ai.prompts import Prompt
from ai.purposes import Purpose
from ai.questions import LOCAL, Answer, Question, Subject
from ai.waiting import ask_later
from aiqleads.core import clock, events, transactions
from leads.events import LeadChanged
from leads.models import Lead, Observation, Reading
from leads.reading import local
from leads.reading.catalogue import VERSION
from leads.reading.masking import as_data, mask
from leads.reading.replies import AdvertReading, as_reply, passages_of
from leads.readings import text_of

PROMPTS: Final = Path(__file__).parent / "prompts"
PROMPT: Final = Prompt.load(PROMPTS, "read_listing", version=1)
RECIPE: Final = f"{PROMPT}/catalogue-{VERSION}"
MOST_CHARACTERS: Final = 8_000
"""Of an advert; what is longer repeats itself."""
AT_ONCE: Final = 40
"""Adverts that are asked about together: between two such groups the budget is looked at."""
MOST_OF_A_ROUND: Final = 400
REST: Final = timedelta(hours=24)
"""How long an advert that no provider could read is left alone."""
NEWS: Final = timedelta(hours=24)
"""So long after the rules read it an advert is read by a model at once: it may sell today."""
IN_BATCHES: Final = "adverts"
WAITING_STATES: Final = (Lead.State.ACTIVE, Lead.State.REVIEW)


def read_by_models(*, most: int = MOST_OF_A_ROUND) -> int:
    """Have adverts that wait read by the models of the route; return how many were. Safe to run twice.

    It ends where there is no provider, no money left or nothing more that waits. What is no news any more can wait
    longer still, where that halves the price: it goes in batches (``ai.batches``).
    """
    waiting, read = _waiting(most), 0
    if batches.are_taken(Purpose.SCORE_LEAD):
        news = clock.now() - NEWS
        ask_later(IN_BATCHES, (str(reading.pk) for reading in waiting if reading.read_at < news))
        waiting = [reading for reading in waiting if reading.read_at >= news]
    for start in range(0, len(waiting), AT_ONCE):
        told = [item for item in waiting[start : start + AT_ONCE] if text_of(item.observation).strip()]
        answers = gateway.ask_many([question(item.observation) for item in told])
        read += keep_readings(told, answers)
        if any(answer.why_local in {"no provider", "budget"} for answer in answers):
            break
    return read


class InBatches:
    """Adverts that are read in batches; each is known by its reading by the rules."""

    def question(self, subject_id: str) -> Question[AdvertReading] | None:
        """What is asked about the advert; None where it is gone or was read meanwhile."""
        reading = _unread().filter(pk=subject_id).select_related("observation").first()
        return question(reading.observation) if reading and text_of(reading.observation).strip() else None

    def apply(self, subject_id: str, answer: Answer[AdvertReading]) -> None:
        """Keep what a model read. Joins the caller's transaction."""
        reading = Reading.objects.filter(pk=subject_id).select_related("observation").first()
        if reading is not None:
            _keep([reading], [answer])

    def give_up(self, subject_id: str) -> None:
        """Leave an advert alone that no provider could read."""
        reading = Reading.objects.filter(pk=subject_id).first()
        if reading is not None:
            cache.set(_rest_key(reading), True, REST.total_seconds())


def _waiting(most: int) -> list[Reading]:
    """Rules' readings of standing leads' adverts that no model has read, the newest first."""
    rows = list(_unread().select_related("observation").order_by("-read_at", "pk")[: 2 * most])
    resting = cache.get_many([_rest_key(row) for row in rows])
    return [row for row in rows if _rest_key(row) not in resting][:most]


def _unread() -> QuerySet[Reading]:
    by_model = Reading.objects.filter(text_hash=OuterRef("text_hash"), recipe=RECIPE)
    return Reading.objects.filter(
        ~Exists(by_model),
        recipe=local.RECIPE,
        observation__lead__state__in=WAITING_STATES,
    )


def _rest_key(reading: Reading) -> str:
    return f"advert-rests:{RECIPE}:{reading.text_hash}"


def question(observation: Observation) -> Question[AdvertReading]:
    """What is asked about an advert: its words, without orders to machines and what fair housing protects."""
    text = text_of(observation)
    masked = mask(text)

    def checked(reply: AdvertReading) -> AdvertReading:
        passages_of(reply, text=text, masked=masked)
        return reply

    return Question(
        purpose=Purpose.SCORE_LEAD,
        prompt=PROMPT,
        values={"advert": as_data(text, masked)[:MOST_CHARACTERS].strip()},
        reply=AdvertReading,
        subject=Subject(kind="lead", id=observation.lead_id or observation.pk),
        personal=personal_values(observation.raw or {}),
        verify=checked,
        locally=lambda: as_reply(local.read_locally(text), text),
        local_version=local.RECIPE,
    )


def personal_values(raw: dict[str, Any]) -> list[str]:
    """Of a sighting as it was read, what names or reaches somebody."""
    told = [raw.get("contact_name"), raw.get("address"), *(raw.get("phones") or []), *(raw.get("emails") or [])]
    details = raw.get("details") or {}
    return [str(value) for value in (*told, details.get("mailing_address"), details.get("owner_name")) if value]


@transactions.write
def keep_readings(waiting: Sequence[Reading], answers: Sequence[Answer[AdvertReading]]) -> int:
    """Keep what models read and have the leads judged again; return how many adverts were read.

    What no provider could read rests for a day.
    """
    return _keep(waiting, answers)


def _keep(waiting: Sequence[Reading], answers: Sequence[Answer[AdvertReading]]) -> int:
    made = [
        _made(reading, answer) for reading, answer in zip(waiting, answers, strict=True) if answer.provider != LOCAL
    ]
    for reading, answer in zip(waiting, answers, strict=True):
        if answer.why_local == "providers failed":
            cache.set(_rest_key(reading), True, REST.total_seconds())
    Reading.objects.bulk_create(sorted(made, key=lambda item: item.text_hash), ignore_conflicts=True)
    events.publish(*(LeadChanged(lead_id=lead_id) for lead_id in sorted(_leads(made))))
    return len(made)


def _made(reading: Reading, answer: Answer[AdvertReading]) -> Reading:
    text = text_of(reading.observation)
    passages = passages_of(answer.reply, text=text, masked=mask(text))
    return Reading(
        observation=reading.observation,
        text_hash=reading.text_hash,
        recipe=RECIPE,
        role=answer.role,
        provider=answer.provider,
        model=answer.model,
        call_id=answer.call_id,
        passages=[item.as_json() for item in passages],
    )


def _leads(made: Iterable[Reading]) -> set[UUID]:
    """Whose adverts were read; another that says the same follows when it is judged next."""
    return {item.observation.lead_id for item in made if item.observation.lead_id}
