"""From a normalised record to a stored, merged sighting: the one way in for crawls, feeds, files and forms."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from aiqleads.core import clock, events, transactions
from leads import sightings
from leads.events import LeadChanged
from leads.identity import Sighting, contradicts, is_same_home
from leads.merging import merge, refresh
from leads.models import Contact, Lead, Observation, Source
from leads.records import ListingRecord

MAX_CANDIDATES: Final = 50
ADVERTISED_ELSEWHERE: Final = frozenset({"active", "pending", "closed", "withdrawn", "canceled"})


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

    The same record again only moves ``last_seen_at``; a changed one takes the place of what the advert said before.
    A record that is nothing to sell is rejected and not kept, and ends what the advert said before. Two processes
    that bring the same home at once wait for each other and end with one lead.
    """
    external_id_hash = sightings.external_id_hash(record.external_id or record.url or "")
    advert = Observation.objects.filter(source=source, external_id_hash=external_id_hash)
    _wait_for_neighbours(record, f"{source.pk} {external_id_hash}")
    before = advert.select_related("lead").order_by("-last_seen_at", "-first_seen_at").first()
    reason = refusal(record) or _erasure(before)
    if reason:
        supersede(advert)
        return Ingested(outcome=Outcome.REJECTED, reason=reason)
    document = sightings.as_json(record)
    content_hash = sightings.content_hash(document)
    known = advert.filter(content_hash=content_hash).first()
    if known:
        return _seen_again(known, advert)
    lead = _lead_for(record, before)
    observation = Observation.objects.create(
        source=source,
        external_id_hash=external_id_hash,
        content_hash=content_hash,
        crawl_run_id=crawl_run_id,
        lead=lead,
        address_hash=sightings.building_hash(record),
        raw=document,
        facts=sightings.public_facts(record),
    )
    if lead:
        Contact.objects.bulk_create(sightings.contacts_of(record, lead, observation))
    supersede(advert.exclude(pk=observation.pk))
    _tell(advert.filter(pk=observation.pk))
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


def _erasure(before: Observation | None) -> str:
    erased = before and before.lead and before.lead.state == Lead.State.ERASED
    return "erased at its owner's request" if erased else ""


def _wait_for_neighbours(record: ListingRecord, external_id_hash: str) -> None:
    """One process at a time decides about an advert, a building or a contact; all wait in one order."""
    names = {external_id_hash, sightings.building_hash(record), *sightings.contact_hashes(record)} - {""}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(key) FROM "
            "(SELECT DISTINCT hashtextextended(name, 0) AS key FROM unnest(%s::text[]) name ORDER BY key) ordered",
            [sorted(names)],
        )


def supersede(observations: QuerySet[Observation]) -> bool:
    """Note that an advert no longer says this. Return whether it said it until now.

    Joins the caller's transaction.
    """
    ended = list(observations.filter(gone_at=None).values_list("pk", flat=True))
    Observation.objects.filter(pk__in=ended).update(gone_at=clock.Now())
    _tell(Observation.objects.filter(pk__in=ended))
    return bool(ended)


def _tell(observations: QuerySet[Observation]) -> None:
    """Refresh the leads that these observations belong to, or that stand at their addresses."""
    refresh(observations.exclude(lead=None).values_list("lead_id", flat=True))
    address_hashes = observations.filter(lead=None).exclude(address_hash="").values_list("address_hash", flat=True)
    neighbours = Lead.objects.filter(address_hash__in=list(address_hashes)).order_by("pk")
    events.publish(*(LeadChanged(lead_id=lead_id) for lead_id in neighbours.values_list("pk", flat=True)))


def _seen_again(observation: Observation, advert: QuerySet[Observation]) -> Ingested:
    """Move when it was seen. A text that returns, after another or after nothing, is news to its lead."""
    returned = observation.gone_at is not None
    observation.last_seen_at, observation.gone_at = clock.now(), None
    observation.save(update_fields=["last_seen_at", "gone_at"])
    if returned:
        supersede(advert.exclude(pk=observation.pk))
        _tell(advert.filter(pk=observation.pk))
    elif observation.lead_id:
        Lead.objects.filter(pk=observation.lead_id).update(last_seen_at=observation.last_seen_at)
    return Ingested(outcome=Outcome.SEEN, observation_id=observation.pk, lead_id=observation.lead_id)


def _lead_for(record: ListingRecord, before: Observation | None) -> Lead | None:
    """The lead of the record's home: the advert's own, or what the same home has; several prove to be one."""
    if record.kind is None:
        return None
    sighting = sightings.sighting_of_record(record)
    is_still_there = before and not contradicts(sightings.sighting_of_observation(before), sighting)
    group = _same_homes(sighting, before.lead_id if before and is_still_there else None)
    if not group:
        return Lead.objects.create(kind=record.kind)
    winner, *losers = group
    merge(winner, losers)
    return winner


def _same_homes(sighting: Sighting, own_lead_id: UUID | None) -> list[Lead]:
    """The leads that show this home, locked: the advert's own first, then the oldest.

    A lead is left out when one of its sightings contradicts the new one or one of a lead before it.
    """
    group: list[Lead] = []
    agreed = [sighting]
    for lead in _candidates(sighting, own_lead_id):
        seen = [sightings.sighting_of_observation(item) for item in sightings.current_sightings(lead)]
        is_own = lead.pk == own_lead_id
        if is_own or (
            any(is_same_home(sighting, other) for other in seen)
            and not any(contradicts(one, other) for one in agreed for other in seen)
        ):
            group.append(lead)
            agreed += [other for other in seen if not contradicts(sighting, other)]
    return group


def _candidates(sighting: Sighting, own_lead_id: UUID | None) -> list[Lead]:
    """The leads worth comparing, locked: the advert's own, and the oldest that the building or a contact leads to.

    Homes that would contradict anyhow are not asked for, or one phone's many homes would crowd out the right one.
    """
    same = Q(pk__in=_at_the_building(sighting).values("lead"))
    if sighting.contacts:
        reached = Contact.objects.filter(
            Q(phone_hash__in=sighting.contacts) | Q(email_hash__in=sighting.contacts), lead__isnull=False
        )
        nowhere_else = Q(address_hash="") if sighting.building else Q()
        same |= Q(pk__in=reached.values("lead")) & nowhere_else
    alive = Lead.objects.exclude(state__in=[Lead.State.MERGED, Lead.State.ERASED]).filter(same)
    nearest = alive.order_by("-address_hash", "first_seen_at", "pk").values_list("pk", flat=True)[:MAX_CANDIDATES]
    locked = Lead.objects.filter(pk__in=[*nearest, own_lead_id]).order_by("pk").select_for_update()
    return sorted(locked, key=lambda lead: (lead.pk != own_lead_id, lead.first_seen_at, lead.pk))


def _at_the_building(sighting: Sighting) -> QuerySet[Observation]:
    """Sightings in the same building, but for those of another unit."""
    if not sighting.building:
        return Observation.objects.none()
    there = Observation.objects.filter(address_hash=sighting.building)
    return there.filter(facts__unit__in=["", sighting.unit]) if sighting.unit else there
