"""From a normalised record to a stored, merged sighting: the one way in for crawls, feeds, files and forms."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import connection
from django.db.models import Q

from aiqleads.core import clock, events, transactions
from leads import sightings
from leads.events import LeadChanged
from leads.identity import Sighting, is_same_home
from leads.models import Contact, Lead, Observation, Source
from leads.records import ListingRecord

ADVERTISED_ELSEWHERE = frozenset({"active", "pending", "closed", "withdrawn", "canceled"})


class Outcome(StrEnum):
    """What became of a record."""

    NEW = "new"
    CHANGED = "changed"
    SEEN = "seen"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """The outcome, and where the record went; ``reason`` says why it was rejected."""

    outcome: Outcome
    observation_id: UUID | None = None
    lead_id: UUID | None = None
    reason: str = ""


@transactions.write
def ingest(*, record: ListingRecord, source: Source, crawl_run_id: UUID | None = None) -> Ingested:
    """Store one record of ``source`` as an observation and merge it into its home's lead.

    The same record again only moves ``last_seen_at``. A record that is nothing to sell is rejected and not kept.
    Two processes that bring the same home at once wait for each other and end with one lead.
    """
    reason = refusal(record)
    if reason:
        return Ingested(outcome=Outcome.REJECTED, reason=reason)
    document = sightings.as_json(record)
    external_id_hash = sightings.external_id_hash(record.external_id or record.url or "")
    advert = {"source": source, "external_id_hash": external_id_hash}
    _wait_for_neighbours(record, external_id_hash)
    content_hash = sightings.content_hash(document)
    known = Observation.objects.filter(**advert, content_hash=content_hash).first()
    if known:
        return _seen_again(known)
    before = Observation.objects.filter(**advert).order_by("-first_seen_at").first()
    lead = _lead_for(record, before)
    observation = Observation.objects.create(
        **advert,
        content_hash=content_hash,
        crawl_run_id=crawl_run_id,
        lead=lead,
        address_hash=sightings.building_hash(record),
        raw=document,
        facts=sightings.public_facts(record),
    )
    if lead:
        Contact.objects.bulk_create(sightings.contacts_of(record, lead, observation))
        recompute(lead)
    elif observation.address_hash:
        _tell_leads_at(observation.address_hash)
    return Ingested(
        outcome=Outcome.CHANGED if before else Outcome.NEW,
        observation_id=observation.pk,
        lead_id=lead.pk if lead else None,
    )


def refusal(record: ListingRecord) -> str:
    """Why a record can never be a lead nor say anything about one; "" where it can."""
    if record.rejected:
        return record.rejected
    if not (record.external_id or record.url):
        return "neither an id nor an address of its own"
    if record.kind is None and record.status not in ADVERTISED_ELSEWHERE:
        return "not offered by an owner"
    return ""


@transactions.write
def mark_gone(*, source: Source, external_id: str) -> bool:
    """Note that an advert is no longer there; its lead is judged again. Return whether it was there before."""
    there = Observation.objects.filter(
        source=source, external_id_hash=sightings.external_id_hash(external_id), gone_at=None
    )
    lead_ids = set(there.exclude(lead=None).values_list("lead_id", flat=True))
    if not there.update(gone_at=clock.Now()):
        return False
    events.publish(*(LeadChanged(lead_id=lead_id) for lead_id in sorted(lead_ids)))
    return True


def mark_unseen(*, source: Source, since: datetime, except_urls: frozenset[str]) -> int:
    """Mark adverts of ``source`` gone that were not met since ``since``, but for those whose page failed.

    :return: how many
    """
    unmet = Observation.objects.filter(source=source, gone_at=None, last_seen_at__lt=since)
    gone = 0
    for observation in unmet.iterator():
        raw = observation.raw or {}
        if raw.get("url") not in except_urls:
            gone += mark_gone(source=source, external_id=raw.get("external_id") or raw.get("url") or "")
    return gone


def recompute(lead: Lead) -> None:
    """Put a lead together again from all its sightings. Joins the caller's transaction."""
    transactions.require_transaction()
    everything = list(lead.observations.select_related("source"))
    there = [item for item in everything if item.gone_at is None] or everything
    allowed = _with_listing_right(there) or there
    sightings.apply_to_lead(lead, sightings.newest_per_advert(allowed))
    lead.address_hash = next((item.address_hash for item in there if item.address_hash), "")
    lead.last_seen_at = lead.changed_at = clock.now()
    lead.save(
        update_fields=[
            *sightings.MERGED_FIELDS,
            "summary",
            "provenance",
            "address_hash",
            "last_seen_at",
            "changed_at",
        ]
    )
    events.publish(LeadChanged(lead_id=lead.pk))


def _with_listing_right(observations: list[Observation]) -> list[Observation]:
    allowed = set(
        Source.objects.filter(rights__may_list=True, rights__during__contains=clock.Now()).values_list(
            "pk", flat=True
        )
    )
    return [item for item in observations if item.source_id in allowed]


def _wait_for_neighbours(record: ListingRecord, external_id_hash: str) -> None:
    """One process at a time decides about an advert, a building or a contact; all wait in one order."""
    names = {external_id_hash, sightings.building_hash(record), *sightings.contact_hashes(record)} - {""}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(key) FROM "
            "(SELECT DISTINCT hashtextextended(name, 0) AS key FROM unnest(%s::text[]) name ORDER BY key) ordered",
            [sorted(names)],
        )


def _seen_again(observation: Observation) -> Ingested:
    came_back = observation.gone_at is not None
    observation.last_seen_at, observation.gone_at = clock.now(), None
    observation.save(update_fields=["last_seen_at", "gone_at"])
    if observation.lead_id:
        Lead.objects.filter(pk=observation.lead_id).update(last_seen_at=observation.last_seen_at)
        if came_back:
            events.publish(LeadChanged(lead_id=observation.lead_id))
    return Ingested(outcome=Outcome.SEEN, observation_id=observation.pk, lead_id=observation.lead_id)


def _lead_for(record: ListingRecord, before: Observation | None) -> Lead | None:
    if record.kind is None:
        return None
    sighting = sightings.sighting_of_record(record)
    if before and before.lead_id and not _contradicts(before, sighting):
        return Lead.objects.select_for_update().get(pk=before.lead_id)
    return _find_same_home(sighting) or Lead.objects.create(kind=record.kind)


def _contradicts(before: Observation, sighting: Sighting) -> bool:
    return bool(before.address_hash and sighting.building and before.address_hash != sighting.building)


def _find_same_home(sighting: Sighting) -> Lead | None:
    """The lead all of whose sightings agree that this is their home; the oldest where several do."""
    for lead in _candidates(sighting):
        seen = [
            sightings.sighting_of_observation(item)
            for item in lead.observations.filter(gone_at=None).prefetch_related("contacts")
        ]
        if any(is_same_home(sighting, other) for other in seen) and not any(
            _vetoes(sighting, other) for other in seen
        ):
            return Lead.objects.select_for_update().get(pk=lead.pk)
    return None


def _vetoes(one: Sighting, other: Sighting) -> bool:
    if one.building and other.building and one.building != other.building:
        return True
    return bool(one.unit and other.unit and one.unit != other.unit)


def _candidates(sighting: Sighting) -> list[Lead]:
    same = Q(observations__contacts__phone_hash__in=sighting.contacts) | Q(
        observations__contacts__email_hash__in=sighting.contacts
    )
    if sighting.building:
        same |= Q(observations__address_hash=sighting.building)
    alive = Lead.objects.exclude(state__in=[Lead.State.MERGED, Lead.State.ERASED])
    return list(alive.filter(same).distinct().order_by("first_seen_at", "pk")[:50])


def _tell_leads_at(address_hash: str) -> None:
    leads = Lead.objects.filter(address_hash=address_hash).values_list("pk", flat=True)
    events.publish(*(LeadChanged(lead_id=lead_id) for lead_id in leads))
