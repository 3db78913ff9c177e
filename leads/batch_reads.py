"""What judging looks at beside the leads themselves, read once for a whole batch of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import Q

from aiqleads.core import clock
from leads import doubts, judging
from leads.comparables import Market, markets_of
from leads.images import homes_with_same_images
from leads.models import Contact, JudgingPolicy, Lead, Observation, Score
from leads.objections import LEFT_ALONE
from leads.readings import AdvertRead
from leads.scoring import registry
from leads.scoring.registry import Scorers

MAX_SHARED_CONTACTS: Final = 60
"""How many other sightings of a phone or an e-mail are looked at: more say nothing that these do not."""

_SHARED: Final = """
SELECT DISTINCT asked.lead_id, home.id, home.address_hash, home.zip_code
FROM unnest(%(leads)s::uuid[], %(phones)s::text[], %(emails)s::text[]) AS asked (lead_id, phone, email)
CROSS JOIN LATERAL (
    (SELECT told.lead_id FROM leads_contact told
     WHERE told.phone_hash = asked.phone AND told.phone_hash <> '' AND told.lead_id <> asked.lead_id
     LIMIT %(most)s)
    UNION ALL
    (SELECT told.lead_id FROM leads_contact told
     WHERE told.email_hash = asked.email AND told.email_hash <> '' AND told.lead_id <> asked.lead_id
     LIMIT %(most)s)
) AS other
JOIN leads_lead home ON home.id = other.lead_id
"""


OPTED_OUT: Final = "its owner asked that it not be sold"
_UNWILLING: Final = """
SELECT asked.id, leads_is_suppressed(asked.id) FROM unnest(%s::uuid[]) AS asked(id)
WHERE leads_is_suppressed(asked.id) OR leads_is_left_alone(asked.id)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """By lead: what the database holds around it. ``markets`` and the like know only leads that have some."""

    now: datetime
    policy: JudgingPolicy | None
    scorers: Scorers
    contacts: dict[UUID, list[Contact]]
    homes_with_contact: dict[UUID, list[tuple[str, str]]]
    homes_with_same_images: dict[UUID, int]
    markets: dict[UUID, Market]
    newest_scores: dict[UUID, Score]
    suppressing: dict[str, list[Observation]]
    sales: dict[str, list[Observation]]
    doubted: frozenset[UUID]
    unwilling: dict[UUID, str]
    """Why a lead is not offered because its owner said so."""
    readings: dict[UUID, AdvertRead]
    """By observation."""


def surroundings_of(
    leads: Sequence[Lead],
    observations: Collection[Observation],
    *,
    readings: dict[UUID, AdvertRead],
    now: datetime,
) -> Surroundings:
    """Everything around ``leads``, whose sightings, the newest of every advert, are ``observations``."""
    contacts = _contacts(observations)
    buildings = {lead.address_hash for lead in leads} - {""}
    return Surroundings(
        now=now,
        policy=judging.policy_in_force(),
        scorers=registry.scorers_now(),
        contacts=contacts,
        homes_with_contact=_homes_with_contact(leads, contacts),
        homes_with_same_images=homes_with_same_images([lead for lead in leads if lead.image_count]),
        markets=markets_of(leads),
        newest_scores=_newest_scores(leads),
        suppressing=suppressing_of(buildings),
        sales=_sales_of(buildings),
        doubted=doubts.newer_of_open_pairs(leads),
        unwilling=unwilling_among(leads),
        readings=readings,
    )


def unwilling_among(leads: Iterable[Lead]) -> dict[UUID, str]:
    """The leads of people who must not be sold or kept, as the database tells that refuses to list them, or who
    must not be contacted: every channel to them is closed.
    """
    with connection.cursor() as cursor:
        cursor.execute(_UNWILLING, [[lead.pk for lead in leads]])
        return {lead_id: OPTED_OUT if is_out else LEFT_ALONE for lead_id, is_out in cursor.fetchall()}


def observations_of(leads: Iterable[Lead]) -> dict[UUID, list[Observation]]:
    """All sightings of each lead, with their sources."""
    found: dict[UUID, list[Observation]] = {lead.pk: [] for lead in leads}
    for item in Observation.objects.filter(lead__in=found).prefetch_related("source"):
        if item.lead_id:
            found[item.lead_id].append(item)
    return found


def _contacts(observations: Collection[Observation]) -> dict[UUID, list[Contact]]:
    """By lead, the hashes alone: nothing is decrypted that is not looked at."""
    hashes = Contact.objects.filter(observation__in=[item.pk for item in observations])
    lead_of = {item.pk: item.lead_id for item in observations if item.lead_id}
    found: dict[UUID, list[Contact]] = defaultdict(list)
    for contact in hashes.only("observation_id", "phone_hash", "email_hash"):
        found[lead_of[contact.observation_id]].append(contact)
    return found


def _homes_with_contact(
    leads: Iterable[Lead], contacts: dict[UUID, list[Contact]]
) -> dict[UUID, list[tuple[str, str]]]:
    """Address (or id) and ZIP code of other leads at other addresses that carry one of a lead's contacts."""
    own = {lead.pk: lead.address_hash for lead in leads}
    asked = sorted({(pk, item.phone_hash, item.email_hash) for pk, items in contacts.items() for item in items})
    if not asked:
        return {}
    ids, phones, emails = (list(column) for column in zip(*asked, strict=True))
    found: dict[UUID, list[tuple[str, str]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_SHARED, {"leads": ids, "phones": phones, "emails": emails, "most": MAX_SHARED_CONTACTS})
        for lead_id, other_id, address, zip_code in cursor.fetchall():
            if not address or address != own[lead_id]:
                found[lead_id].append((address or str(other_id), zip_code))
    return found


def _newest_scores(leads: Iterable[Lead]) -> dict[UUID, Score]:
    newest = Score.objects.filter(lead__in=[lead.pk for lead in leads]).order_by("lead_id", "-scored_at", "-pk")
    return {score.lead_id: score for score in newest.distinct("lead_id").defer("facts")}


def _sales_of(buildings: Collection[str]) -> dict[str, list[Observation]]:
    """Recorded sales in these buildings, where the source's right allows valuing with them."""
    told = Observation.objects.filter(
        address_hash__in=buildings,
        lead=None,
        facts__status="closed",
        facts__posted_at__isnull=False,
        gone_at=None,
        source__rights__may_value=True,
        source__rights__during__contains=clock.Now(),
    ).defer("raw")
    found: dict[str, list[Observation]] = defaultdict(list)
    for item in told if buildings else ():
        found[item.address_hash].append(item)
    return found


def suppressing_of(buildings: Collection[str]) -> dict[str, list[Observation]]:
    """What a listing service or a county says of buildings, where its right lets it take leads off."""
    told = Observation.objects.filter(
        Q(source__family="mls", facts__status__in=["active", "pending", "closed"])
        | Q(source__family="records", facts__status="closed"),
        address_hash__in=buildings,
        gone_at=None,
        source__rights__may_suppress=True,
        source__rights__during__contains=clock.Now(),
    ).defer("raw")
    found: dict[str, list[Observation]] = defaultdict(list)
    for item in told:
        found[item.address_hash].append(item)
    return found
