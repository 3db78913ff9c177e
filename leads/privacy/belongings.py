"""Which rows of the leads are somebody's: found by what is proven of them, and bounded by it.

A proven telephone or e-mail, or a proven name at a home, finds the adverts that give it. An advert's lead is theirs
as a whole unless it also holds another family's adverts, or the value stands in the adverts of more homes than
one owner has: then the adverts are theirs and the rest is an operator's to look at.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.privacy.people import EMAIL, HOUSEHOLD, PHONE, Mark, Person
from leads.models import Contact, Lead, Observation
from leads.privacy.reading import surname_sound

MOST_HOMES: Final = 3
"""In the adverts of how many homes a value may stand that is one owner's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Belongings:
    """Ids of rows: ``contacts`` give a proven value; ``leads`` are theirs as a whole, ``unsure`` perhaps."""

    contacts: tuple[UUID, ...]
    adverts: frozenset[UUID]
    leads: frozenset[UUID]
    unsure: frozenset[UUID]


def known_by(person: Person) -> Q | None:
    """The contacts that give what is proven of a person; None where nothing is proven that could be looked up."""
    phones, emails, homes = (person.hashes(kind) for kind in (PHONE, EMAIL, HOUSEHOLD))
    if not (phones or emails or homes):
        return None
    found = Q(phone_hash__in=phones) | Q(email_hash__in=emails)
    return found | Q(household_hashes__overlap=homes) if homes else found


def contacts_of(person: Person) -> QuerySet[Contact]:
    """The contacts that give what is proven of a person, with their adverts and leads."""
    known = known_by(person)
    theirs = Contact.objects.none() if known is None else Contact.objects.filter(known)
    return theirs.select_related("observation__source", "lead").order_by("pk")


def belongings_of(person: Person) -> Belongings:
    """Everything of theirs by now, what was found theirs before included."""
    given = list(contacts_of(person))
    adverts = {contact.observation_id for contact in given}
    on_leads: dict[UUID, list[Contact]] = defaultdict(list)
    for contact in given:
        on_leads[contact.lead_id].append(contact)
    shared = _shared_values(given)
    unsure = {
        lead_id
        for lead_id, contacts in on_leads.items()
        if any(shared & _values(contact) for contact in contacts) or _is_anothers_too(lead_id, contacts)
    } - person.leads
    return Belongings(
        contacts=tuple(contact.pk for contact in given),
        adverts=frozenset(adverts),
        leads=frozenset((on_leads.keys() - unsure) | person.leads),
        unsure=frozenset(unsure | person.unsure),
    )


def _values(contact: Contact) -> set[str]:
    return {contact.phone_hash, contact.email_hash} - {""}


def _shared_values(contacts: Iterable[Contact]) -> set[str]:
    """Of the hashes of phones and e-mails, those that stand in the adverts of more homes than one owner has."""
    hashes = {one for contact in contacts for one in _values(contact)}
    return shared_among(hashes)


def shared_among(hashes: Iterable[str]) -> set[str]:
    """The same of hashes alone."""
    wanted = list(hashes)
    homes: dict[str, set[object]] = defaultdict(set)
    told = Contact.objects.filter(Q(phone_hash__in=wanted) | Q(email_hash__in=wanted))
    for phone, email, lead_id in told.values_list("phone_hash", "email_hash", "lead_id"):
        for one in {phone, email} & set(wanted):
            homes[one].add(lead_id)
    return {one for one, several in homes.items() if len(several) > MOST_HOMES}


def _is_anothers_too(lead_id: UUID, theirs: Iterable[Contact]) -> bool:
    """Whether a lead also holds adverts of another family: taken for one home wrongly, or sold since."""
    adverts = {contact.observation_id for contact in theirs}
    names = {sound for contact in theirs if (sound := surname_sound(contact.name))}
    others = Contact.objects.filter(lead=lead_id).exclude(observation__in=adverts)
    sounds = {sound for contact in others if (sound := surname_sound(contact.name))}
    return bool(names and sounds) and not names & sounds


def told_beside(person: Person, theirs: Belongings) -> Person:
    """What the adverts of a person tell beside what is proven: names, addresses, and other ways to reach them."""
    adverts = Observation.objects.filter(pk__in=theirs.adverts).prefetch_related("contacts")
    whole = Observation.objects.filter(lead__in=theirs.leads).exclude(pk__in=theirs.adverts)
    phones, emails, names, addresses, pages = set[str](), set[str](), set[str](), set[str](), set[str]()
    for item in adverts:
        raw: dict[str, Any] = item.raw or {}
        phones |= {str(phone).partition(";")[0] for phone in raw.get("phones") or ()}
        emails |= {str(email).lower() for email in raw.get("emails") or ()}
        names |= {raw["contact_name"]} if raw.get("contact_name") else set()
    for item in (*adverts, *whole):
        raw = item.raw or {}
        addresses |= {line} if (line := address_of(raw)) else set()
        pages |= {raw["url"]} if raw.get("url") else set()
    beside = Person(emails=frozenset(emails - person.emails), phones=frozenset(phones - person.phones))
    shared = shared_among(mark.newest for mark in beside.marks())
    return Person(
        names=frozenset(names),
        addresses=frozenset(addresses),
        leads=theirs.leads,
        unsure=theirs.unsure,
        beside_emails=_not_shared(beside.emails, EMAIL, shared),
        beside_phones=_not_shared(beside.phones, PHONE, shared),
        pages=frozenset(pages),
    )


def _not_shared(values: Iterable[str], kind: str, shared: set[str]) -> frozenset[str]:

    return frozenset(value for value in values if Mark.of(kind, value).newest not in shared)


def address_of(raw: dict[str, Any]) -> str:
    """The address of a kept record on one line; "" where it has none."""
    parts = (raw.get("address"), raw.get("city"), raw.get("state"), raw.get("zip"))
    street, *place = (str(part) if part else "" for part in parts)
    return ", ".join(part for part in (street, " ".join(filter(None, place))) if part) if street else ""


def family_of(leads: Iterable[UUID]) -> QuerySet[Lead]:
    """The leads and those that were merged into them."""
    ids = list(leads)
    return Lead.objects.filter(Q(pk__in=ids) | Q(merged_into__in=ids))
