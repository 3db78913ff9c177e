"""Filling what adverts' fields leave open from what their words say: models propose, rules accept.

What is accepted is an observation of the source ``reader`` that tells a few fields and no more, as a correction is
one of ``operator``. A source's own fact wins over it, and it counts only as long as the advert stands whose words
it was read from.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.core.cache import cache
from django.db.models import Exists, OuterRef, Q

from ai import gateway
from ai.prompts import Prompt
from ai.purposes import Purpose
from ai.questions import LOCAL, Answer, Question, Subject
from aiqleads.core import clock, transactions
from aiqleads.core.personal_data import keyed_hash
from leads import merging, sightings
from leads.address import parse_address
from leads.models import Kind, Lead, Observation, Reading, Source
from leads.reading import local
from leads.reading.cleaning import VERSION, Accepted, CleanedListing, accepted_of, clean_locally, flags_of
from leads.reading.masking import as_data, mask
from leads.reading.passages import Passage, ReadFact
from leads.reading_by_models import MOST_CHARACTERS, PROMPTS, personal_values
from leads.readings import PROPOSAL, text_of
from leads.sightings import READER

PROMPT: Final = Prompt.load(PROMPTS, "clean_listing", version=1)
RECIPE: Final = f"{PROMPT}/rules-{VERSION}"
LOCAL_RECIPE: Final = f"clean-rules-{VERSION}"
AT_ONCE: Final = 40
MOST_OF_A_ROUND: Final = 200
REST: Final = timedelta(hours=24)
SILENT: Final = {
    "address": Q(address_line=""),
    "city": Q(city=""),
    "state_code": Q(state_code=""),
    "zip_code": Q(zip_code=""),
    "asking_price": Q(asking_price_cents=None),
    "beds": Q(beds=None),
    "baths": Q(baths=None),
    "area_sqft": Q(area_sqft=None),
}
OFFERED: Final = (Kind.FSBO, Kind.EXPIRED, Kind.RENTAL_OWNER)
"""Kinds whose adverts describe a home in their own words."""
NOT_ENOUGH: Final = "Not enough to sell"


def clean_by_models(*, most: int = MOST_OF_A_ROUND) -> int:
    """Have the words of adverts fill what their leads lack; return how many leads were given something.

    Without a provider or money the rules propose, and the models are asked another day. Safe to run twice.
    """
    filled, waiting = 0, _waiting(most)
    for start in range(0, len(waiting), AT_ONCE):
        rows = waiting[start : start + AT_ONCE]
        answers = gateway.ask_many([question(row.observation) for row in rows])
        filled += keep_cleaned(rows, answers)
        if any(answer.why_local == "budget" for answer in answers):
            break
    return filled


def _waiting(most: int) -> list[Reading]:
    """Rules' readings of adverts whose leads lack something and whose words no model has cleaned."""
    done = Reading.objects.filter(text_hash=OuterRef("text_hash"), recipe=RECIPE)
    lacking = Q()
    for condition in SILENT.values():
        lacking |= condition
    contradicting = [*(flag for flags in sightings.DOUBTED_BY.values() for flag in flags)]
    standing = Q(state__in=[Lead.State.ACTIVE, Lead.State.REVIEW]) | Q(
        state=Lead.State.REJECTED, state_reason__startswith=NOT_ENOUGH, is_operator_decided=False
    )
    leads = Lead.objects.filter(standing, kind__in=OFFERED)
    doubted = Q(observation__facts__flags__has_any_keys=contradicting) if contradicting else Q()
    found = Reading.objects.filter(~Exists(done), recipe=local.RECIPE, observation__gone_at=None).filter(
        Q(observation__lead__in=leads.filter(lacking)) | (Q(observation__lead__in=leads) & doubted)
    )
    rows = list(found.select_related("observation__lead").order_by("-read_at", "pk")[: 2 * most])
    resting = cache.get_many([_rest_key(row) for row in rows])
    return [row for row in rows if _rest_key(row) not in resting][:most]


def _rest_key(reading: Reading) -> str:
    return f"advert-cleaned:{RECIPE}:{reading.text_hash}"


def wanted_of(observation: Observation) -> list[str]:
    """The fields that an advert itself leaves open or contradicts itself in."""
    facts, flags = observation.facts, set(observation.facts.get("flags", ()))
    told = {"address": "address_line", "asking_price": "asking_price_cents"}
    silent = [name for name in SILENT if facts.get(told.get(name, name)) in (None, "")]
    doubted = [name for name, doubts in sightings.DOUBTED_BY.items() if doubts & flags and name not in silent]
    return [*silent, *doubted]


def _known(observation: Observation) -> dict[str, str]:
    """What an advert's fields say of its place, without what they contradict."""
    wanted = wanted_of(observation)
    return {
        name: "" if name in wanted else str(observation.facts.get(name) or "")
        for name in ("city", "state_code", "zip_code")
    }


def question(observation: Observation) -> Question[CleanedListing]:
    """What is asked about an advert whose fields leave something open."""
    text = text_of(observation)
    masked = mask(text)
    known = ", ".join(f"{name} {value}" for name, value in _known(observation).items() if value)

    def checked(reply: CleanedListing) -> CleanedListing:
        accepted_of(reply, text=text, masked=masked, wanted=[], known={})
        flags_of(reply, text=text, masked=masked)
        return reply

    return Question(
        purpose=Purpose.CLEAN_LISTING,
        prompt=PROMPT,
        values={
            "fields": ", ".join(wanted_of(observation)) or "nothing but red flags",
            "known": known or "nothing",
            "advert": as_data(text, masked)[:MOST_CHARACTERS].strip(),
        },
        reply=CleanedListing,
        subject=Subject(kind="lead", id=observation.lead_id or observation.pk),
        personal=personal_values(observation.raw or {}),
        verify=checked,
        locally=lambda: clean_locally(text, masked),
        local_version=LOCAL_RECIPE,
    )


@transactions.write
def keep_cleaned(waiting: Sequence[Reading], answers: Sequence[Answer[CleanedListing]]) -> int:
    """Keep what the rules accept of the answers, and have the leads put together and judged again."""
    filled: set[UUID] = set()
    touched: set[UUID] = set()
    for reading, answer in zip(waiting, answers, strict=True):
        observation = reading.observation
        text = text_of(observation)
        masked = mask(text)
        flags = flags_of(answer.reply, text=text, masked=masked)
        accepted = accepted_of(
            answer.reply,
            text=text,
            masked=masked,
            wanted=wanted_of(observation),
            known=_known(observation),
        )
        _keep_reading(reading, answer, _passages(accepted) + flags)
        if observation.lead_id and accepted and _keep_facts(observation, accepted):
            filled.add(observation.lead_id)
        if observation.lead_id and flags:
            touched.add(observation.lead_id)
    merging.refresh(filled | touched)
    return len(filled)


def _passages(accepted: Sequence[Accepted]) -> tuple[Passage, ...]:
    return tuple(
        Passage(
            fact=ReadFact(topic=PROPOSAL, name=item.field, quote=""),  # a place's words may name somebody
            start=item.start,
            end=item.end,
        )
        for item in accepted
    )


def _keep_reading(reading: Reading, answer: Answer[CleanedListing], passages: Sequence[Passage]) -> None:
    """Note who cleaned what; where only the rules could, a model is asked another day."""
    if answer.provider == LOCAL:
        cache.set(_rest_key(reading), True, REST.total_seconds())
    cleaned = Reading(
        observation=reading.observation,
        text_hash=reading.text_hash,
        recipe=LOCAL_RECIPE if answer.provider == LOCAL else RECIPE,
        role=answer.role,
        provider=answer.provider,
        model=answer.model,
        call_id=answer.call_id,
        passages=[item.as_json() for item in passages],
    )
    Reading.objects.bulk_create([cleaned], ignore_conflicts=True)


def _keep_facts(observation: Observation, accepted: Sequence[Accepted]) -> bool:
    """Put one observation with all that was read in the place of that before; False: it says no more."""
    facts = _facts(observation, accepted)
    told = Observation.objects.filter(source=READER, lead=observation.lead_id, gone_at=None)
    before = told.filter(facts__read_from=str(observation.pk))
    if any(item.facts == facts for item in before):
        return False
    now = clock.now()
    before.update(gone_at=now)
    Observation.objects.create(
        source=Source.objects.get(pk=READER),
        lead_id=observation.lead_id,
        external_id_hash=sightings.external_id_hash(f"read from:{observation.pk}"),
        content_hash=keyed_hash(uuid4().hex, purpose="content"),
        raw={"read_from": str(observation.pk)},
        facts=facts,
        first_seen_at=now,
        last_seen_at=now,
    )
    return True


def _facts(observation: Observation, accepted: Sequence[Accepted]) -> dict[str, Any]:
    values = {item.field: item.value for item in accepted}
    facts: dict[str, Any] = {
        name: value for name, value in values.items() if name not in {"address", "asking_price"}
    }
    price = next((item for item in accepted if item.field == "asking_price"), None)
    if price is not None:
        is_let = observation.facts.get("kind") == Kind.RENTAL_OWNER
        period = "month" if is_let and price.period == "once" else price.period
        facts |= {"asking_price_cents": price.value, "price_period": period}
    if "address" in values:
        place = {name: values.get(name) or observation.facts.get(name) or None for name in ("city", "zip_code")}
        state = values.get("state_code") or observation.facts.get("state_code") or None
        address = parse_address(values["address"], city=place["city"], state=state, zip_code=place["zip_code"])
        if address.is_complete:
            facts |= sightings.address_facts(address)
    return {**facts, "flags": [], "read_from": str(observation.pk)}
