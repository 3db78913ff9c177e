"""From a normalised record to a stored, merged sighting: the one way in for crawls, feeds, files and forms.

Records are taken in one after another, each as if it came alone; what was read for all of them and what is written
about all of them goes to the database together.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from accounts.models import Suppression
from accounts.services import suppression
from aiqleads.core import clock, events, transactions
from leads import doubts, lead_rows, merging, older_keys, owners_word, sightings
from leads.arrivals import Arrival
from leads.events import LeadChanged
from leads.grouping import Grouping
from leads.models import Consent, Contact, Lead, Observation, Source
from leads.neighbourhood import Neighbourhood, advert_of
from leads.records import ListingRecord

SUPPRESSED: Final = "its owner asked to be left out"
ADVERTISED_ELSEWHERE: Final = frozenset({"active", "pending", "closed", "withdrawn", "canceled"})


class Outcome(StrEnum):
    """What became of a record."""

    NEW = "new"
    CHANGED = "changed"
    SEEN = "seen"
    REJECTED = "rejected"


LEAVES_OUT: Final = frozenset({Suppression.Scope.SALE, Suppression.Scope.EVERYTHING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """The outcome, and where the record went; ``reason`` says why it was rejected."""

    outcome: Outcome
    observation_id: UUID | None = None
    lead_id: UUID | None = None
    reason: str = ""


@transactions.write
def ingest(
    *, record: ListingRecord, source: Source, crawl_run_id: UUID | None = None, is_held: bool = False
) -> Ingested:
    """Store one record of ``source`` as an observation and merge it into its home's lead.

    The same record again only moves ``last_seen_at``; a changed one takes the place of what the advert said before.
    A record that is nothing to sell is rejected and not kept, and ends what the advert said before. Two processes
    that bring the same home at once wait for each other and end with one lead.

    :param is_held: what is new waits for an operator before it may be listed
    """
    return _take_in([record], source, crawl_run_id, is_held)[0]


@transactions.write
def ingest_many(
    *, records: Sequence[ListingRecord], source: Source, crawl_run_id: UUID | None = None, is_held: bool = False
) -> list[Ingested]:
    """Do what ``ingest`` does for each of ``records``, in their order, in one transaction: all or none.

    Fifty at a time cost a fifth of fifty single ones; more hold their locks for longer.
    """
    return _take_in(records, source, crawl_run_id, is_held)


def _take_in(
    records: Sequence[ListingRecord], source: Source, crawl_run_id: UUID | None, is_held: bool
) -> list[Ingested]:
    arrivals = [Arrival.of(record) for record in records]
    _wait_for_neighbours(source, arrivals)
    left_out = _left_out(arrivals)
    older_keys.follow(arrivals)
    intake = _Intake(source, arrivals, crawl_run_id, is_held, left_out)
    ingested = [intake.take(arrival) for arrival in arrivals]
    intake.finish()
    return ingested


def refusal(record: ListingRecord) -> str:
    """Why a record can never be a lead nor say anything about one; "" where it can."""
    if record.rejected:
        return record.rejected
    if not (record.external_id or record.url):
        return "neither an id nor an address of its own"
    if record.kind is None and record.status not in ADVERTISED_ELSEWHERE:
        return "not offered by an owner"
    return ""


def _wait_for_neighbours(source: Source, arrivals: Sequence[Arrival]) -> None:
    """One process at a time decides about an advert, a door or a contact; all wait in one order."""
    names = {name for item in arrivals for name in (*item.traces, f"{source.pk} {item.external_id_hash}")}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(key) FROM "
            "(SELECT DISTINCT hashtextextended(name, 0) AS key FROM unnest(%s::text[]) name ORDER BY key) ordered",
            [sorted(names)],
        )


class _Intake:
    """Takes records in, one after another, and remembers what has to be written."""

    def __init__(
        self,
        source: Source,
        arrivals: Sequence[Arrival],
        crawl_run_id: UUID | None,
        is_held: bool,
        left_out: frozenset[str],
    ) -> None:
        self.source, self.crawl_run_id, self.is_held = source, crawl_run_id, is_held
        self.now = clock.now()
        self.left_out = left_out
        self.adverts = self._adverts(arrivals)
        own = {told.lead_id for heard in self.adverts.values() for told in heard if told.lead_id}
        self.nearby = Neighbourhood([item for item in arrivals if item.record.kind], own)
        self._share_rows()
        self.grouping = Grouping(self.nearby, self)
        self.new_leads: dict[UUID, Lead] = {}
        self.new_observations: list[Observation] = []
        self.new_contacts: list[Contact] = []
        self.new_consents: list[Consent] = []
        self.met_again: dict[UUID, Observation] = {}
        self.ended: dict[UUID, Observation] = {}
        self.touched: set[UUID] = set()
        self.met: set[UUID] = set()
        self.elsewhere: set[str] = set()
        self.judged: set[UUID] = set()

    def _adverts(self, arrivals: Sequence[Arrival]) -> dict[str, list[Observation]]:
        """What each arriving advert said before, the newest first."""
        hashes = {item.external_id_hash for item in arrivals}
        told = Observation.objects.filter(source=self.source, external_id_hash__in=hashes).select_related("lead")
        adverts: dict[str, list[Observation]] = defaultdict(list)
        for observation in told.defer("raw").order_by("-last_seen_at", "-first_seen_at"):
            observation.source = self.source
            adverts[observation.external_id_hash].append(observation)
        return adverts

    def _share_rows(self) -> None:
        """A row that was read as an advert's and as a home's is one object from here on."""
        told = {item.pk: item for heard in self.adverts.values() for item in heard}
        for home in self.nearby.homes.values():
            home.observations = [told.get(item.pk, item) for item in home.observations]

    def take(self, arrival: Arrival) -> Ingested:
        """Decide what becomes of one record."""
        heard = self.adverts.setdefault(arrival.external_id_hash, [])
        before = heard[0] if heard else None
        reason = refusal(arrival.record) or _erasure(before) or self._suppression(arrival)
        if reason:
            self._end(heard)
            return Ingested(outcome=Outcome.REJECTED, reason=reason)
        known = next((item for item in heard if item.content_hash == arrival.content_hash), None)
        if known:
            return self._see_again(known, heard)
        observation = self._store(arrival, before)
        self._end(heard)
        heard.insert(0, observation)
        return Ingested(
            outcome=Outcome.CHANGED if before else Outcome.NEW,
            observation_id=observation.pk,
            lead_id=observation.lead_id,
        )

    def _suppression(self, arrival: Arrival) -> str:
        return SUPPRESSED if any(mark.newest in self.left_out for mark in arrival.marks) else ""

    def _store(self, arrival: Arrival, before: Observation | None) -> Observation:
        observation = Observation(
            source=self.source,
            external_id_hash=arrival.external_id_hash,
            content_hash=arrival.content_hash,
            crawl_run_id=self.crawl_run_id,
            is_held=self.is_held,
            address_hash=arrival.sighting.building,
            door_hash=arrival.door,
            raw=arrival.document,
            facts=arrival.facts,
            first_seen_at=self.now,
            last_seen_at=self.now,
        )
        if arrival.record.kind:
            home = self.grouping.home_of(arrival, advert_of(observation), before)
            observation.lead = home.lead
            self.nearby.settle(home, arrival, observation)
            contacts = sightings.contacts_of(
                arrival.record, arrival.sighting, home.lead, observation, marks=arrival.marks
            )
            owners_word.put_right(contacts, home.observations)
            self.new_contacts += contacts
        self.new_consents += sightings.consents_of(arrival.record, observation)
        self.new_observations.append(observation)
        self._tell(observation)
        return observation

    def open_lead(self, kind: str, *, follows: Lead | None = None) -> Lead:
        """A lead for a home that was not known, or not offered by this seller."""
        lead = Lead(kind=kind, follows=follows, first_seen_at=self.now, last_seen_at=self.now, changed_at=self.now)
        self.new_leads[lead.pk] = lead
        return lead

    def touch(self, lead: Lead) -> None:
        """Note that a lead has other sightings than before."""
        self.touched.add(lead.pk)

    def _see_again(self, observation: Observation, heard: list[Observation]) -> Ingested:
        """Move when it was seen. A text that returns, after another or after nothing, is news to its lead."""
        is_returned = observation.gone_at is not None
        observation.last_seen_at, observation.gone_at = self.now, None
        self.met_again[observation.pk] = observation
        if is_returned:
            self._end([item for item in heard if item is not observation])
            heard.sort(key=lambda item: item is not observation)
            self._tell(observation)
        elif observation.lead_id:
            self.met.add(observation.lead_id)
        return Ingested(outcome=Outcome.SEEN, observation_id=observation.pk, lead_id=observation.lead_id)

    def _end(self, heard: Iterable[Observation]) -> None:
        """Note that an advert no longer says this."""
        for observation in heard:
            if observation.gone_at is None:
                observation.gone_at = self.now
                self.ended[observation.pk] = observation
                self._tell(observation)

    def _tell(self, observation: Observation) -> None:
        if observation.lead_id:
            self.touched.add(observation.lead_id)
        elif observation.address_hash:
            self.elsewhere.add(observation.address_hash)

    def write(self) -> None:
        """Write what is known so far, so that rows can be moved."""
        listable = merging.listable_sources() if self.touched else frozenset()
        changed = [
            home.lead
            for lead_id in sorted(self.touched)
            if (home := self.nearby.homes.get(lead_id))
            and merging.put_together(home.lead, home.observations, listable=listable, now=self.now)
        ]
        Lead.objects.bulk_create(self.new_leads.values())
        lead_rows.write([lead for lead in changed if lead.pk not in self.new_leads], merging.WRITTEN_FIELDS)
        Observation.objects.bulk_create(self.new_observations)
        Contact.objects.bulk_create(self.new_contacts)
        Consent.objects.bulk_create(self.new_consents)
        self._date(self.met_again, last_seen_at=self.now, gone_at=None)
        self._date({pk: item for pk, item in self.ended.items() if item.gone_at}, gone_at=self.now)
        self.judged |= self.touched
        self.touched, self.new_leads, self.met_again, self.ended = set(), {}, {}, {}
        self.new_observations, self.new_contacts, self.new_consents = [], [], []

    def _date(self, observations: Iterable[UUID], **times: datetime | None) -> None:
        met = list(observations)
        if met:
            Observation.objects.filter(pk__in=met).update(**times)

    def finish(self) -> None:
        """Write the rest and have every lead judged whose facts or sightings changed."""
        self.write()
        met = self.met - self.judged
        if met:
            Lead.objects.filter(pk__in=met).update(last_seen_at=self.now)
        doubts.note(self.grouping.doubts)
        neighbours: Iterable[UUID] = ()
        if self.elsewhere:
            neighbours = Lead.objects.filter(address_hash__in=self.elsewhere).values_list("pk", flat=True)
        events.publish(*(LeadChanged(lead_id=lead_id) for lead_id in sorted({*self.judged, *neighbours})))


def _left_out(arrivals: Iterable[Arrival]) -> frozenset[str]:
    """The marks, under the newest key, of people who must not be kept or sold; every key was asked."""
    marks = {mark.newest: mark for item in arrivals for mark in item.marks}
    scopes = suppression.scopes_of({one for mark in marks.values() for one in mark.hashes})
    barred = {one for one, several in scopes.items() if several & LEAVES_OUT}
    met = [mark for mark in marks.values() if barred.intersection(mark.hashes)]
    suppression.follow_keys(met)
    return frozenset(mark.newest for mark in met)


def _erasure(before: Observation | None) -> str:
    erased = before and before.lead and before.lead.state == Lead.State.ERASED
    return "erased at its owner's request" if erased else ""


def supersede(observations: QuerySet[Observation]) -> bool:
    """Note that an advert no longer says this. Return whether it said it until now.

    Joins the caller's transaction.
    """
    ended = list(observations.filter(gone_at=None).values_list("pk", flat=True))
    Observation.objects.filter(pk__in=ended).update(gone_at=clock.Now())
    told = Observation.objects.filter(pk__in=ended)
    merging.refresh(told.exclude(lead=None).values_list("lead_id", flat=True))
    address_hashes = told.filter(lead=None).exclude(address_hash="").values_list("address_hash", flat=True)
    neighbours = Lead.objects.filter(address_hash__in=list(address_hashes)).order_by("pk")
    events.publish(*(LeadChanged(lead_id=lead_id) for lead_id in neighbours.values_list("pk", flat=True)))
    return bool(ended)
