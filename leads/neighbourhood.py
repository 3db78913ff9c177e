"""The homes around arriving records: found by index, locked, and kept in memory for one transaction.

Nothing here decides. Each look-up goes through an index and is cut off, so it costs the same among ten thousand
leads and among a million; ``tests/leads/test_neighbourhood.py`` asks PostgreSQL for its plans.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from leads import sightings
from leads.arrivals import Arrival
from leads.identity import Sighting
from leads.models import DoubtfulPair, Kind, Lead, Observation

MAX_CANDIDATES: Final = 50
MOST_SHARED: Final = 400
"""From so many homes on, how many share a contact makes no difference."""

Advert = tuple[str, str]
"""Source and hash of the advert's own id."""

NEAREST: Final = """
WITH asked AS (
    SELECT * FROM unnest(%(buildings)s::text[], %(units)s::text[], %(doors)s::text[]) AS asked(building, unit, door)
), reached AS (
    SELECT * FROM unnest(%(contacts)s::text[], %(zips)s::text[], %(placed)s::boolean[])
        AS reached(contact, zip_code, is_placed)
)
SELECT near.lead_id FROM asked CROSS JOIN LATERAL (
    SELECT lead_id FROM leads_observation
    WHERE address_hash = asked.building AND address_hash <> '' AND lead_id IS NOT NULL
        AND (asked.unit = '' OR facts->>'unit' IN ('', asked.unit))
    ORDER BY first_seen_at, id LIMIT %(most)s
) near
UNION
SELECT near.lead_id FROM asked CROSS JOIN LATERAL (
    SELECT lead_id FROM leads_observation
    WHERE door_hash = asked.door AND door_hash <> '' AND address_hash <> asked.building AND lead_id IS NOT NULL
        AND (asked.unit = '' OR facts->>'unit' IN ('', asked.unit))
    ORDER BY first_seen_at, id LIMIT %(most)s
) near
UNION
SELECT near.id FROM reached CROSS JOIN LATERAL (
    SELECT home.id FROM (
        SELECT lead_id FROM leads_contact WHERE phone_hash = reached.contact AND phone_hash <> ''
        UNION
        SELECT lead_id FROM leads_contact WHERE email_hash = reached.contact AND email_hash <> ''
    ) carrier JOIN leads_lead home ON home.id = carrier.lead_id
    WHERE (home.address_hash = '' OR NOT reached.is_placed)
        AND (home.zip_code = reached.zip_code OR '' IN (home.zip_code, reached.zip_code))
    ORDER BY home.first_seen_at, home.id LIMIT %(most)s
) near
"""
"""The leads that the building, the door or a contact of each arrival leads to.

Homes that would contradict anyhow are not asked for, or one phone's many homes would crowd out the right one.
"""

SHARED: Final = """
SELECT asked.contact, count(DISTINCT COALESCE(NULLIF(home.address_hash, ''), home.id::text))
FROM unnest(%(contacts)s::text[]) AS asked(contact) CROSS JOIN LATERAL (
    (SELECT lead_id FROM leads_contact WHERE phone_hash = asked.contact AND phone_hash <> '' LIMIT %(most)s)
    UNION
    (SELECT lead_id FROM leads_contact WHERE email_hash = asked.contact AND email_hash <> '' LIMIT %(most)s)
) carrier JOIN leads_lead home ON home.id = carrier.lead_id
GROUP BY asked.contact
"""
"""How many homes carry each contact."""


@dataclass(slots=True, eq=False)
class Home:
    """A lead with all its observations, and what each of its adverts says now."""

    lead: Lead
    is_followed: bool = False
    observations: list[Observation] = field(default_factory=list)
    seen: dict[Advert, Sighting] = field(default_factory=dict)

    def hear(self, observation: Observation, sighting: Sighting) -> None:
        """Take in what an advert says now."""
        self.observations.append(observation)
        self.seen[advert_of(observation)] = sighting

    def absorb(self, other: "Home") -> None:
        """Take over everything from a home that proved to be this one."""
        for observation in other.observations:
            observation.lead = self.lead
        self.observations += other.observations
        self.seen |= other.seen
        other.observations, other.seen = [], {}

    def but_for(self, advert: Advert) -> list[Sighting]:
        """What its other adverts say."""
        return [sighting for key, sighting in self.seen.items() if key != advert]


def advert_of(observation: Observation) -> Advert:
    return (observation.source_id, observation.external_id_hash)


class Neighbourhood:
    """The homes that any of some arrivals may be, and what was decided about them before."""

    def __init__(self, arrivals: Sequence[Arrival], own_lead_ids: Iterable[UUID]) -> None:
        self.homes: dict[UUID, Home] = {}
        self.shared: dict[str, int] = {}
        self.different: set[frozenset[UUID]] = set()
        self.tied: dict[UUID, set[UUID]] = defaultdict(set)
        self._traces: dict[str, set[UUID]] = defaultdict(set)
        lead_ids = {*own_lead_ids, *_nearest(arrivals)}
        if lead_ids:
            lead_ids |= self._recall(lead_ids)
            self._load(lead_ids)
            self.shared = _homes_per_contact(arrivals, self._traces.keys())

    def near(self, arrival: Arrival, own_lead_id: UUID | None) -> list[Home]:
        """The homes that an arrival may be: the advert's own first, then the oldest.

        Somebody who looks for a home shows none: enquiries are nobody's home.
        """
        is_sought = arrival.record.kind == Kind.BUYER_ENQUIRY.value
        ids = {lead_id for trace in arrival.traces for lead_id in self._traces.get(trace, ())} | {own_lead_id}
        known = [self.homes[lead_id] for lead_id in ids if lead_id in self.homes]
        others = [
            home for home in known if not (is_sought or home.is_followed or home.lead.kind == Kind.BUYER_ENQUIRY)
        ]
        found = [home for home in known if home.lead.pk == own_lead_id or home in others]
        return sorted(found, key=lambda home: (home.lead.pk != own_lead_id, home.lead.first_seen_at, home.lead.pk))

    def settle(self, home: Home, arrival: Arrival, observation: Observation) -> None:
        """Note that an arrival is this home."""
        self.homes[home.lead.pk] = home
        home.hear(observation, arrival.sighting)
        for trace in arrival.traces:
            self._traces[trace].add(home.lead.pk)

    def join(self, winner: Home, loser: Home) -> None:
        """Note that two homes proved to be one."""
        winner.absorb(loser)
        del self.homes[loser.lead.pk]
        for ids in self._traces.values():
            if loser.lead.pk in ids:
                ids.add(winner.lead.pk)
        self.tied[winner.lead.pk] |= self.tied.pop(loser.lead.pk, set())
        swapped = {pair: frozenset(pair - {loser.lead.pk} | {winner.lead.pk}) for pair in self.different}
        self.different |= {other for pair, other in swapped.items() if loser.lead.pk in pair}

    def hand_over(self, advert: Advert, home: Home, to: Home) -> list[Observation]:
        """Note that one advert of a home is another's; return its observations."""
        moved = [item for item in home.observations if advert_of(item) == advert]
        home.observations = [item for item in home.observations if advert_of(item) != advert]
        for observation in moved:
            observation.lead = to.lead
        to.observations += moved
        to.seen[advert] = home.seen.pop(advert)
        for ids in self._traces.values():
            if home.lead.pk in ids:
                ids.add(to.lead.pk)
        return moved

    def _recall(self, lead_ids: set[UUID]) -> set[UUID]:
        """What was decided or doubted about these leads; return those that others of them are tied to."""
        pairs = DoubtfulPair.objects.filter(Q(first__in=lead_ids) | Q(second__in=lead_ids))
        for pair in pairs.exclude(state=DoubtfulPair.State.SAME).only("first_id", "second_id", "state", "is_tied"):
            if pair.state == DoubtfulPair.State.DIFFERENT:
                self.different.add(frozenset({pair.first_id, pair.second_id}))
            elif pair.is_tied:
                self.tied[pair.first_id].add(pair.second_id)
                self.tied[pair.second_id].add(pair.first_id)
        return set(self.tied)

    def _load(self, lead_ids: set[UUID]) -> None:
        alive = Lead.objects.filter(pk__in=lead_ids).exclude(state__in=[Lead.State.MERGED, Lead.State.ERASED])
        followed = Exists(Lead.objects.filter(follows=OuterRef("pk")))
        for lead in alive.annotate(is_followed=followed).order_by("pk").select_for_update(of=("self",)):
            self.homes[lead.pk] = Home(lead, is_followed=lead.is_followed)
        seen = Observation.objects.filter(lead__in=self.homes).defer("raw").order_by("first_seen_at", "pk")
        for observation in sightings.with_what_identifies(seen.select_related("source")):
            if observation.lead_id:
                self.homes[observation.lead_id].observations.append(observation)
        for home in self.homes.values():
            self._read(home)

    def _read(self, home: Home) -> None:
        for observation, sighting in sightings.what_is_said(home.observations):
            home.seen[advert_of(observation)] = sighting
            for trace in (sighting.contacts | {sighting.building, observation.door_hash}) - {""}:
                self._traces[trace].add(home.lead.pk)


def _nearest(arrivals: Sequence[Arrival]) -> set[UUID]:
    """The leads that may be the same home as any of ``arrivals``. One round trip."""
    reached = [(contact, item.sighting) for item in arrivals for contact in sorted(item.sighting.contacts)]
    asked: dict[str, Any] = {
        "buildings": [item.sighting.building for item in arrivals],
        "units": [item.sighting.unit for item in arrivals],
        "doors": [item.door for item in arrivals],
        "contacts": [contact for contact, _ in reached],
        "zips": [sighting.zip_code for _, sighting in reached],
        "placed": [bool(sighting.building) for _, sighting in reached],
        "most": MAX_CANDIDATES,
    }
    with connection.cursor() as cursor:
        cursor.execute(NEAREST, asked)
        return {row[0] for row in cursor.fetchall()}


def _homes_per_contact(arrivals: Sequence[Arrival], known: Iterable[str]) -> dict[str, int]:
    """How many homes carry each contact that arrivals share with a home nearby."""
    contacts = {contact for item in arrivals for contact in item.sighting.contacts} & set(known)
    if not contacts:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(SHARED, {"contacts": sorted(contacts), "most": MOST_SHARED})
        return dict(cursor.fetchall())
