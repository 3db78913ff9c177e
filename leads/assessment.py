"""Judging a lead: gather its facts, check it, score it, and let its state follow."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from aiqleads.core import clock, events, transactions
from leads import elsewhere, fair_housing, judging, lead_rows, owners_word, readings, scoring, sightings
from leads.batch_reads import OPTED_OUT, Surroundings, observations_of, surroundings_of
from leads.events import LeadScored, LeadWithdrawn
from leads.facts import CHOOSES_PEOPLE, READS_OTHERWISE, LeadFacts, Told, as_json
from leads.history import PastOffers, past_offers
from leads.merging import WRITTEN_FIELDS, listable_sources, put_together
from leads.models import Contact, Lead, Observation, Score, ShadowScore
from leads.objections import LEFT_ALONE
from leads.owners_word import NOT_FOR_SALE
from leads.readings import AdvertRead
from leads.scam_phrases import find_signals

GONE = "no longer advertised"
WITH_AN_AGENT = "listed with an agent"
SOLD = "the home was sold"
RETURNS = frozenset({GONE, WITH_AN_AGENT, SOLD, OPTED_OUT, LEFT_ALONE, NOT_FOR_SALE})
"""What may end: an approved lead that was withdrawn for it is approved again."""
RIGHT_ENDED = "the right to offer it has ended"
MAY_BE_ANOTHER = "May be the same home as another lead."

STATE_AFTER = {
    Score.Verdict.PASS: Lead.State.ACTIVE,
    Score.Verdict.REVIEW: Lead.State.REVIEW,
    Score.Verdict.REJECT: Lead.State.REJECTED,
}


def assess_lead(*, lead_id: UUID) -> Score | None:
    """Judge one lead: see :func:`assess_leads`.

    :return: the score in force; None for a lead that was merged or erased
    """
    return assess_leads(lead_ids=[lead_id]).get(lead_id)


@transactions.write
def assess_leads(*, lead_ids: Collection[UUID]) -> dict[UUID, Score]:
    """Put leads together, check and score them, and let their states follow; an operator's decision stands.

    Safe to run again: an unchanged judgement writes no new score. All of them are judged or none is.

    :return: by lead, the score in force; a lead that was merged or erased has none
    :raises Lead.DoesNotExist: there is no such lead
    """
    locked = list(Lead.objects.filter(pk__in=set(lead_ids)).order_by("pk").select_for_update())
    if len(locked) < len(set(lead_ids)):
        raise Lead.DoesNotExist("A lead to judge is not there.")
    leads = [lead for lead in locked if lead.state not in {Lead.State.MERGED, Lead.State.ERASED}]
    everything, listable, now = observations_of(leads), listable_sources(), clock.now()
    said = {pk: [item for item in items if sightings.is_sighting(item)] for pk, items in everything.items()}
    newest = {pk: sightings.newest_per_advert(items) for pk, items in said.items()}
    adverts = [item for items in newest.values() for item in items]
    read = readings.read_adverts(adverts)
    changed = [
        lead
        for lead in leads
        if put_together(lead, everything[lead.pk], listable=listable, now=now)
        | _tells_other_features(lead, newest[lead.pk], read, listable)
    ]
    lead_rows.write(changed, (*WRITTEN_FIELDS, "features"))
    around = surroundings_of(leads, adverts, readings=read, now=now)
    for lead in leads:
        if owners_word.is_not_for_sale(everything[lead.pk]):
            around.unwilling.setdefault(lead.pk, NOT_FOR_SALE)
    judged = [_judged(lead, said[lead.pk], newest[lead.pk], around) for lead in leads]
    Score.objects.bulk_create(item.score for item in judged if item.is_new)
    ShadowScore.objects.bulk_create(item.shadow for item in judged if item.is_new and item.shadow)
    _follow_all(judged, {pk for pk, items in everything.items() if _may_be_listed(items, listable)}, around)
    return {item.lead.pk: item.score for item in judged}


def _tells_other_features(
    lead: Lead, newest: Iterable[Observation], read: Mapping[UUID, AdvertRead], listable: Collection[str]
) -> bool:
    """Let a lead show what adverts that are still there and may be listed tell of the home; is it something new?"""
    before: list[str] = lead.features
    telling = [item for item in newest if item.gone_at is None and item.source_id in listable]
    lead.features = features = readings.features_of(readings.facts_of(telling, read))
    return features != before


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """A lead with its score in force, why its verdict is none to pass, and why it is withdrawn; "" for not."""

    lead: Lead
    score: Score
    shadow: ShadowScore | None
    is_new: bool
    reason: str
    withdrawal: str


def _judged(lead: Lead, said: list[Observation], observations: list[Observation], around: Surroundings) -> _Judged:
    facts = gather(lead, observations, around, past=past_offers(lead, said))
    rules, scorers = judging.rules_of(around.policy), around.scorers
    judgement = judging.judge(facts, rules, now=around.now, scorer=scorers.in_force)
    wanted = {**judgement.columns(), "observation_ids": [item.pk for item in observations]}
    score = around.newest_scores.get(lead.pk)
    is_new = score is None or any(getattr(score, field) != value for field, value in wanted.items())
    if score is None or is_new:
        kept = as_json(facts, judged_at=around.now)
        score = Score(lead=lead, scored_at=clock.Now(), policy=around.policy, facts=kept, **wanted)
    return _Judged(
        lead=lead,
        score=score,
        shadow=_shadow(score, facts, around) if is_new else None,
        is_new=is_new,
        reason=judgement.reason,
        withdrawal=around.unwilling.get(lead.pk)
        or _withdrawal_reason(lead, observations, around.suppressing.get(lead.address_hash, [])),
    )


def _shadow(score: Score, facts: LeadFacts, around: Surroundings) -> ShadowScore | None:
    """What the model in the shadow makes of the same facts; None where none runs there."""
    scorers = around.scorers
    if scorers.shadow is None or scorers.shadow_id is None:
        return None
    quality = scoring.quality_score(scorers.shadow.evidence(facts, now=around.now))
    return ShadowScore(
        score=score, model_id=scorers.shadow_id, quality_score=quality, tier=str(scoring.tier(quality))
    )


def gather(lead: Lead, observations: list[Observation], around: Surroundings, *, past: PastOffers) -> LeadFacts:
    """Everything that checks and scores look at; the adverts' words are decrypted in memory."""
    contacts = around.contacts.get(lead.pk, [])
    words = "\n".join(map(readings.text_of, observations))
    reading = readings.facts_of(observations, around.readings)
    seller = next((item for item in observations if item.facts["is_owner"] is not None), None)
    sold = _last_sale(lead, observations, around)
    unlike = around.homes_with_contact.get(lead.pk, [])
    zip_codes = (lead.zip_code, *(zip_code for _, zip_code in unlike))
    told_by: dict[str, Observation | None] = {
        **_read_in(observations, around),
        **_provenance(lead, observations),
        **_contacts_told_by(contacts, observations),
        "is_owner": seller,
        "price_cuts": past.cut_by,
        "on_market_since": past.first,
        "last_sold_at": sold,
    }
    return LeadFacts(
        kind=lead.kind,
        signals=find_signals(words),
        motivations=scoring.motivations_of(reading),
        is_owner=seller.facts["is_owner"] if seller else None,
        has_phone=any(contact.phone_hash for contact in contacts),
        has_email=any(contact.email_hash for contact in contacts),
        has_address=bool(lead.address_line),
        city=lead.city,
        beds=None if lead.beds is None else float(lead.beds),
        baths=None if lead.baths is None else float(lead.baths),
        area_sqft=lead.area_sqft,
        asking_price_cents=lead.asking_price_cents,
        price_period=lead.price_period,
        property_type=lead.property_type,
        image_count=lead.image_count,
        posted_at=lead.posted_at,
        last_seen_at=lead.last_seen_at,
        price_cuts=past.price_cuts,
        price_cut_ratio=past.cut_ratio,
        on_market_since=past.since,
        relistings=past.relistings,
        last_sold_at=datetime.fromisoformat(sold.facts["posted_at"]) if sold else None,
        last_sold_cents=sold.facts["asking_price_cents"] if sold else None,
        sources=len({item.source_id for item in observations}),
        unlike_homes_with_contact=len({home for home, _ in unlike}),
        contact_regions=len({zip_code[:3] for zip_code in zip_codes if zip_code}),
        homes_with_same_images=around.homes_with_same_images.get(lead.pk, 0),
        market=around.markets.get(lead.pk),
        flags=_flags(observations, words),
        reading=reading,
        told_by=_named(told_by),
    )


def _named(told_by: Mapping[str, Observation | None]) -> dict[str, Told]:
    """By fact, which observation told it; each, however much it tells, is written out once."""
    known = {id(item): item for item in told_by.values() if item}
    named = {key: Told(str(item.pk), item.first_seen_at.isoformat()) for key, item in known.items()}
    return {name: named[id(item)] for name, item in told_by.items() if item}


def _read_in(observations: Iterable[Observation], around: Surroundings) -> dict[str, Observation]:
    """Key of a fact → the first advert that tells it."""
    told: dict[str, Observation] = {}
    for item in observations:
        for passage in around.readings[item.pk].passages if item.pk in around.readings else ():
            told.setdefault(passage.fact.key, item)
    return told


def _provenance(lead: Lead, observations: Iterable[Observation]) -> dict[str, Observation | None]:
    """Field of the lead → the sighting that it was taken from; an operator's correction is none."""
    known = {str(item.pk): item for item in observations}
    told = ("kind", "address_line", "posted_at", "asking_price_cents")
    return {name: known.get(lead.provenance.get(name, "")) for name in told}


def _contacts_told_by(
    contacts: Iterable[Contact], observations: Iterable[Observation]
) -> dict[str, Observation | None]:
    known = {item.pk: item for item in observations}
    told: dict[str, Observation | None] = {}
    for contact in sorted(contacts, key=attrgetter("observation_id")):
        if contact.phone_hash:
            told.setdefault("phones", known.get(contact.observation_id))
        if contact.email_hash:
            told.setdefault("emails", known.get(contact.observation_id))
    return told


def _last_sale(lead: Lead, observations: Sequence[Observation], around: Surroundings) -> Observation | None:
    """The newest recorded sale of the home before it was offered: what made its owner the owner."""
    recorded = elsewhere.of_the_unit(around.sales.get(lead.address_hash, []), observations)
    before = [item for item in recorded if item.facts["posted_at"] and not elsewhere.was_sold_since(item, lead)]
    return max(before, key=lambda item: (item.facts["posted_at"], str(item.pk)), default=None)


def _flags(observations: list[Observation], words: str) -> frozenset[str]:
    flags = {flag for item in observations for flag in item.facts["flags"]}
    is_held = any(item.is_held and item.gone_at is None for item in observations)
    flags |= {READS_OTHERWISE} if is_held else set()
    return frozenset(flags | {CHOOSES_PEOPLE} if fair_housing.limits_in(words) else flags)


def _withdrawal_reason(lead: Lead, observations: list[Observation], suppressing: list[Observation]) -> str:
    if all(item.gone_at for item in observations):
        return GONE
    told = elsewhere.of_the_unit(suppressing, observations)
    if any(map(elsewhere.is_with_agent, told)):
        return WITH_AN_AGENT
    return SOLD if any(elsewhere.was_sold_since(item, lead) for item in told) else ""


def _follow_all(judged: list[_Judged], listable: Collection[UUID], around: Surroundings) -> None:
    moved: dict[tuple[str, str], list[UUID]] = defaultdict(list)
    told: list[events.DomainEvent] = []
    for item in judged:
        lead = item.lead
        before = (lead.state, lead.state_reason)
        lead.state, lead.state_reason = _state_after(item, is_doubted=lead.pk in around.doubted)
        if (lead.state, lead.state_reason) != before:
            moved[lead.state, lead.state_reason].append(lead.pk)
        told += _what_to_tell(item, was_active=before[0] == Lead.State.ACTIVE, is_listable=lead.pk in listable)
    for (state, reason), lead_ids in moved.items():
        Lead.objects.filter(pk__in=lead_ids).update(state=state, state_reason=reason)
    events.publish(*told)


def _what_to_tell(item: _Judged, *, was_active: bool, is_listable: bool) -> Iterator[events.DomainEvent]:
    lead, verdict = item.lead, item.score.verdict
    if was_active and lead.state != Lead.State.ACTIVE:
        yield LeadWithdrawn(lead_id=lead.pk, reason=lead.state_reason or "no longer offered")
    elif was_active and not is_listable:
        yield LeadWithdrawn(lead_id=lead.pk, reason=RIGHT_ENDED)  # a right can end without an event
    passed = "pass" if lead.state == Lead.State.ACTIVE else verdict if verdict != "pass" else "reject"
    yield LeadScored(lead_id=lead.pk, verdict=passed)


def _state_after(item: _Judged, *, is_doubted: bool) -> tuple[Lead.State, str]:
    """An operator's refusal is final; an approval waits while the home is gone or with an agent."""
    lead = item.lead
    is_approved = lead.state == Lead.State.ACTIVE or lead.state_reason in RETURNS
    if lead.is_operator_decided and not is_approved:
        return Lead.State(lead.state), lead.state_reason
    if item.withdrawal:
        return Lead.State.WITHDRAWN, item.withdrawal
    if lead.is_operator_decided:
        return Lead.State.ACTIVE, ""
    state = STATE_AFTER[Score.Verdict(item.score.verdict)]
    if is_doubted and state == Lead.State.ACTIVE:
        return Lead.State.REVIEW, MAY_BE_ANOTHER
    return state, item.reason


def _may_be_listed(observations: Iterable[Observation], listable: Collection[str]) -> bool:
    """Whether an advert that is still there comes from a source whose right allows listing now."""
    return any(item.gone_at is None and item.source_id in listable for item in observations)
