"""Judging a lead: gather its facts, check it, score it, and let its state follow."""

from datetime import datetime
from itertools import pairwise
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from aiqleads.core import clock, events, transactions
from leads import judging, scoring, sightings
from leads.comparables import market_of
from leads.events import LeadScored, LeadWithdrawn
from leads.facts import READS_OTHERWISE, LeadFacts, as_json
from leads.images import homes_with_same_images
from leads.merging import save_put_together
from leads.models import Contact, Lead, Observation, Score
from leads.scam_phrases import find_signals

GONE = "no longer advertised"
WITH_AN_AGENT = "listed with an agent"
SOLD = "the home was sold"
RIGHT_ENDED = "the right to offer it has ended"
MAX_SHARED_CONTACTS = 60
"""How many other homes of a contact are looked at: more say nothing that these do not."""

STATE_AFTER = {
    Score.Verdict.PASS: Lead.State.ACTIVE,
    Score.Verdict.REVIEW: Lead.State.REVIEW,
    Score.Verdict.REJECT: Lead.State.REJECTED,
}


@transactions.write
def assess_lead(*, lead_id: UUID) -> Score | None:
    """Put a lead together, check and score it, and let its state follow; an operator's decision stands.

    Safe to run again: an unchanged judgement writes no new score.

    :return: the score in force; None for a lead that was merged or erased
    """
    lead = Lead.objects.select_for_update().get(pk=lead_id)
    if lead.state in {Lead.State.MERGED, Lead.State.ERASED}:
        return None
    everything = list(lead.observations.select_related("source"))
    save_put_together(lead, everything)
    said = [item for item in everything if not sightings.is_correction(item)]
    observations = sightings.newest_per_advert(said)
    facts = gather(lead, observations, price_cuts=_price_cuts(said))
    score, reason = _score(lead, facts, observations)
    _follow(lead, score, _withdrawal_reason(lead, observations), reason)
    return score


def gather(lead: Lead, observations: list[Observation], *, price_cuts: int) -> LeadFacts:
    """Everything that checks and scores look at; the adverts' words are decrypted in memory."""
    contacts = list(Contact.objects.filter(observation__in=observations))
    words = "\n".join(_words(item) for item in observations)
    homes, regions = _unlike_homes(lead, contacts)
    return LeadFacts(
        kind=lead.kind,
        signals=find_signals(words),
        motivations=scoring.read_motivations(words),
        is_owner=next(
            (item.facts["is_owner"] for item in observations if item.facts["is_owner"] is not None), None
        ),
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
        price_cuts=price_cuts,
        sources=len({item.source_id for item in observations}),
        unlike_homes_with_contact=homes,
        contact_regions=regions,
        homes_with_same_images=homes_with_same_images(lead) if lead.image_count else 0,
        market=market_of(lead),
        flags=_flags(observations),
    )


def _flags(observations: list[Observation]) -> frozenset[str]:
    flags = {flag for item in observations for flag in item.facts["flags"]}
    is_held = any(item.is_held and item.gone_at is None for item in observations)
    return frozenset(flags | {READS_OTHERWISE} if is_held else flags)


def _words(observation: Observation) -> str:
    raw: dict[str, Any] = observation.raw or {}
    return f"{raw.get('title') or ''}\n{raw.get('description') or ''}"


def _price_cuts(observations: list[Observation]) -> int:
    prices: dict[tuple[str, str], list[int]] = {}
    for observation in sorted(observations, key=attrgetter("first_seen_at")):
        if observation.facts["asking_price_cents"]:
            advert = (observation.source_id, observation.external_id_hash)
            prices.setdefault(advert, []).append(observation.facts["asking_price_cents"])
    return sum(later < earlier for series in prices.values() for earlier, later in pairwise(series))


def _unlike_homes(lead: Lead, contacts: list[Contact]) -> tuple[int, int]:
    """How many other homes carry the same phone or e-mail, and in how many three-digit ZIP areas, its own included.

    Units of one building count as one home; at most ``MAX_SHARED_CONTACTS`` sightings are looked at.
    """
    shared = Q(phone_hash__in={contact.phone_hash for contact in contacts} - {""}) | Q(
        email_hash__in={contact.email_hash for contact in contacts} - {""}
    )
    told = Contact.objects.filter(shared).exclude(lead=lead).values_list("lead_id", flat=True)
    others = Lead.objects.filter(pk__in=list(told[:MAX_SHARED_CONTACTS]))
    places = others.values_list("pk", "address_hash", "zip_code")
    unlike = [(address or str(pk), zip_code) for pk, address, zip_code in places if not _is_at(lead, address)]
    homes = {home for home, _ in unlike}
    regions = {zip_code[:3] for zip_code in (lead.zip_code, *(zip_code for _, zip_code in unlike)) if zip_code}
    return len(homes), len(regions)


def _is_at(lead: Lead, address_hash: str) -> bool:
    return bool(address_hash) and address_hash == lead.address_hash


def _score(lead: Lead, facts: LeadFacts, observations: list[Observation]) -> tuple[Score, str]:
    """The score in force, and in a sentence why its verdict is none to pass."""
    policy, now = judging.policy_in_force(), clock.now()
    judged = judging.judge(facts, judging.rules_of(policy), now=now)
    wanted = {**judged.columns(), "observation_ids": [item.pk for item in observations]}
    newest = lead.scores.order_by("-scored_at", "-pk").first()
    if newest and all(getattr(newest, field) == value for field, value in wanted.items()):
        return newest, judged.reason
    score = Score.objects.create(
        lead=lead, scored_at=clock.Now(), policy=policy, facts=as_json(facts, judged_at=now), **wanted
    )
    return score, judged.reason


def _withdrawal_reason(lead: Lead, observations: list[Observation]) -> str:
    if all(item.gone_at for item in observations):
        return GONE
    units = {item.facts["unit"] for item in observations}
    told = [item for item in _suppressing(lead) if item.facts["unit"] in units]
    if any(item.facts["status"] != "closed" for item in told):
        return WITH_AN_AGENT
    return SOLD if any(_was_sold_since(item, lead) for item in told) else ""


def _suppressing(lead: Lead) -> QuerySet[Observation]:
    """What a listing service or a county says of the building, where its right lets it take leads off."""
    if not lead.address_hash:
        return Observation.objects.none()
    return Observation.objects.filter(
        Q(source__family="mls", facts__status__in=["active", "pending", "closed"])
        | Q(source__family="records", facts__status="closed"),
        address_hash=lead.address_hash,
        gone_at=None,
        source__rights__may_suppress=True,
        source__rights__during__contains=clock.Now(),
    )


def _was_sold_since(closing: Observation, lead: Lead) -> bool:
    """Whether a sale came after the lead's own advert or record: an older one made its owner the owner."""
    told = closing.facts["posted_at"]
    began = lead.posted_at or lead.first_seen_at
    return told is not None and datetime.fromisoformat(told).date() >= began.date()


def _follow(lead: Lead, score: Score, withdrawal: str, reason: str) -> None:
    was_active, before = lead.state == Lead.State.ACTIVE, (lead.state, lead.state_reason)
    lead.state, lead.state_reason = _state_after(lead, score, withdrawal, reason)
    if (lead.state, lead.state_reason) != before:
        lead.save(update_fields=["state", "state_reason"])
    if was_active and lead.state != Lead.State.ACTIVE:
        events.publish(LeadWithdrawn(lead_id=lead.pk, reason=lead.state_reason or "no longer offered"))
    elif was_active and not may_be_listed(lead):
        events.publish(LeadWithdrawn(lead_id=lead.pk, reason=RIGHT_ENDED))  # a right can end without an event
    passed = "pass" if lead.state == Lead.State.ACTIVE else score.verdict if score.verdict != "pass" else "reject"
    events.publish(LeadScored(lead_id=lead.pk, verdict=passed))


def _state_after(lead: Lead, score: Score, withdrawal: str, reason: str) -> tuple[Lead.State, str]:
    """An operator's refusal is final; an approval waits while the home is gone or with an agent."""
    is_approved = lead.state == Lead.State.ACTIVE or lead.state_reason in {GONE, WITH_AN_AGENT, SOLD}
    if lead.is_operator_decided and not is_approved:
        return Lead.State(lead.state), lead.state_reason
    if withdrawal:
        return Lead.State.WITHDRAWN, withdrawal
    if lead.is_operator_decided:
        return Lead.State.ACTIVE, ""
    return STATE_AFTER[Score.Verdict(score.verdict)], reason


def may_be_listed(lead: Lead) -> bool:
    """Whether an advert that is still there comes from a source whose right allows listing now."""
    return lead.observations.filter(
        gone_at=None, source__rights__may_list=True, source__rights__during__contains=clock.Now()
    ).exists()
