"""Observations as values: how a record is stored, and how a lead is put together from its sightings again."""

import json
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import asdict, fields, replace
from datetime import UTC, date, datetime, time
from typing import Any, Final
from urllib.parse import urlsplit

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Prefetch, QuerySet
from doublemetaphone import doublemetaphone

from accounts.privacy.people import HOUSEHOLD, Mark
from aiqleads.core.personal_data import keyed_hash, keyed_hashes
from leads.address import NormalisedAddress
from leads.identity import Sighting
from leads.likeness import sketch
from leads.models import Consent, Contact, Kind, Lead, Observation
from leads.normalise.person import read_bearer
from leads.records import ListingRecord
from leads.summary import summarise
from leads.zip_directory import city_name, place_key

MERGED_FIELDS: Final = (
    "kind",
    "address_line",
    "street",
    "city",
    "state_code",
    "zip_code",
    "latitude",
    "longitude",
    "property_type",
    "beds",
    "baths",
    "area_sqft",
    "asking_price_cents",
    "price_period",
    "image_count",
    "posted_at",
)
_RECORD_FIELDS: Final = tuple(field.name for field in fields(ListingRecord))
_ABOUT_THE_READING: Final = frozenset({"url", "field_sources", "lost_fields"})
OPERATOR: Final = "operator"
"""The source of corrections (``leads.corrections``)."""
OWNER: Final = "owners-word"
"""The source of what owners say is right (``leads.owners_word``)."""
READER: Final = "reader"
"""The source of what was read from adverts' words (``leads.cleaning``)."""
DOUBTED_BY: Final = {
    "zip_code": {"zip_contradicts_state", "zip_contradicts_city", "zip_unknown"},
    "city": {"city_in_another_state"},
}
"""Field → flags of a sighting that say that its own value cannot be right."""
_OF_THE_ADDRESS: Final = dict.fromkeys(("street", "number", "street_key", "unit"), "address_line")
TOGETHER: Final = {"longitude": "latitude", "price_period": "asking_price_cents", "street": "address_line"}


def as_json(record: ListingRecord) -> dict[str, Any]:
    """The whole record as JSON values, for the encrypted column."""
    document = {name: getattr(record, name) for name in _RECORD_FIELDS} | {
        "parsed_address": asdict(record.parsed_address) if record.parsed_address else None,
        "flags": sorted(record.flags),
        "fictitious_phones": sorted(record.fictitious_phones),
        "field_sources": dict(record.field_sources),
        "details": dict(record.details),
        "consent": asdict(record.consent) if record.consent else None,
        "lost_fields": sorted(record.lost_fields),
    }
    plain: dict[str, Any] = json.loads(json.dumps(document, cls=DjangoJSONEncoder, sort_keys=True))
    return plain


def content_hash(document: dict[str, Any]) -> str:
    """Equal for two readings of an unchanged advert, from whatever host the site serves it and its pictures."""
    return keyed_hash(json.dumps(compared(document), sort_keys=True), purpose="content")


def compared(document: dict[str, Any]) -> dict[str, Any]:
    """What makes two readings of an advert the same."""
    told = {key: value for key, value in document.items() if key not in _ABOUT_THE_READING}
    told["image_urls"] = [urlsplit(address).path for address in document["image_urls"]]
    return told


def external_id_hash(external_id: str) -> str:
    """How an advert is known again without its address on the site being stored in the clear."""
    return keyed_hash(external_id, purpose="external_id")


def external_id_hashes(external_id: str) -> list[str]:
    """The same under every live key, for looking adverts up while keys change."""
    return keyed_hashes(external_id, purpose="external_id")


def building_hash(address: NormalisedAddress | None) -> str:
    """Keyed hash of number, street and place; "" where the address does not name one building."""
    key = building_key(address)
    return keyed_hash(key, purpose="building") if key else ""


def building_key(address: NormalisedAddress | None) -> str:
    """Number, street and place; "" where the address does not name one building."""
    if address is None or not address.is_complete:
        return ""
    number, street, _unit, place = address.key.split("|")
    return f"{number}|{street}|{place}"


def door_hash(address: NormalisedAddress | None) -> str:
    """Keyed hash of house number and town, which finds a home whose street or ZIP is spelt in another way."""
    key = door_key(address)
    return keyed_hash(key, purpose="door") if key else ""


def door_key(address: NormalisedAddress | None) -> str:
    """House number and town; "" where the address does not name one building."""
    if address is None or not address.is_complete:
        return ""
    place = f"{place_key(address.city)}|{address.state}" if address.city and address.state else address.zip
    return f"{address.key.partition('|')[0]}|{place}"


def public_facts(record: ListingRecord) -> dict[str, Any]:
    """The facts of a record that name nobody, by the lead's field names, and what else identity looks at."""
    address = record.parsed_address
    return {
        "kind": record.kind,
        "status": record.status,
        **address_facts(address),
        "city": city_name(record.city or "", record.zip),
        "state_code": record.state or "",
        "zip_code": record.zip or "",
        "latitude": record.lat,
        "longitude": record.lng,
        "property_type": record.property_type or "",
        "beds": record.beds,
        "baths": record.baths,
        "area_sqft": record.area_sqft,
        "asking_price_cents": asking_price_cents(record),
        "price_period": record.price_period or "once",
        "image_count": len(record.image_urls),
        "posted_at": _moment(record.posted_at),
        "is_owner": record.is_owner,
        "contact_kind": record.contact_kind,
        "language": record.language,
        "lot_sqft": record.lot_sqft,
        "flags": sorted(record.flags),
        "is_point_exact": record.point_source != "zip",
        "wording": wording(record.description or ""),
    }


def wording(text: str) -> list[int]:
    """What tells how alike two descriptions are, and with our key alone."""
    return sketch(text, key=keyed_hash("sketch", purpose="wording").encode()[:64])


def asking_price_cents(record: ListingRecord) -> int | None:
    """What a record asks, in US cents; None for another currency."""
    price = record.asking_price
    return int(price * 100) if price and record.currency in {None, "USD"} else None


def address_facts(address: NormalisedAddress | None) -> dict[str, str]:
    """An address by the lead's field names, and by what identity compares."""
    if address is None:
        return dict.fromkeys(("address_line", "street", "number", "street_key", "unit"), "")
    number, street, unit, _place = address.key.split("|")
    return {
        "address_line": address.line[:200] if address.is_complete else "",
        "street": address.street[:160],
        "number": number,
        "street_key": street,
        "unit": unit,
    }


def is_correction(observation: Observation) -> bool:
    """Whether it is an operator's word, or the owner's."""
    return observation.source_id in {OPERATOR, OWNER}


def is_sighting(observation: Observation) -> bool:
    """Whether an advert or a record says it: no operator's or owner's word, and nothing read from words."""
    return observation.source_id not in {OPERATOR, OWNER, READER}


def still_said(word: Observation, said: Iterable[Observation]) -> dict[str, Any]:
    """Of an owner's word the facts that no source has told otherwise since."""
    before: dict[str, dict[str, list[Any]]] = word.facts.get("instead_of", {})
    later = [item for item in said if item.first_seen_at > word.first_seen_at]
    ended = {
        field
        for field, value in word.facts.items()
        for item in later
        if item.facts.get(field) not in (None, "", value, *before.get(field, {}).get(item.source_id, ()))
        and item.source_id in before.get(field, {})
    }
    with_them = {field for field, first in {**TOGETHER, **_OF_THE_ADDRESS}.items() if first in ended}
    return {field: value for field, value in word.facts.items() if field not in ended | with_them}


def as_it_stands(correction: Observation, said: Iterable[Observation]) -> Observation:
    """A correction with the facts that still count: all of an operator's, of an owner's what no source changed."""
    if correction.source_id != OWNER:
        return correction
    facts = still_said(correction, said)
    if facts == correction.facts:
        return correction
    twin = copy(correction)
    twin.facts = facts
    twin.address_hash = correction.address_hash if facts.get("address_line") else ""
    return twin


def moment_of(value: datetime | date | None) -> datetime | None:
    """With zone: a page without one is taken as UTC, a bare date as its noon."""
    if value is None:
        return None
    moment = value if isinstance(value, datetime) else datetime.combine(value, time(12))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _moment(value: datetime | date | None) -> str | None:
    """ISO 8601."""
    moment = moment_of(value)
    return moment.isoformat() if moment else None


def contact_hashes(record: ListingRecord) -> frozenset[str]:
    """Keyed hashes of every phone and e-mail of a record."""
    phones = {keyed_hash(phone.partition(";")[0], purpose="phone") for phone in record.phones}
    return frozenset(phones | {keyed_hash(email.lower(), purpose="email") for email in record.emails})


def sighting_of_record(record: ListingRecord, facts: dict[str, Any], building: str) -> Sighting:
    """What identity looks at, from a record that is not stored yet, its ``public_facts`` and ``building_hash``."""
    name = name_phonetic_hash(record.contact_name)
    return _sighting(facts, building, contacts=contact_hashes(record), names=frozenset({name} - {""}))


def sighting_of_observation(observation: Observation) -> Sighting:
    """What identity looks at, from a stored observation with its contacts and images prefetched."""
    contacts = observation.contacts.all()
    return _sighting(
        observation.facts,
        observation.address_hash,
        contacts=frozenset({hash_ for item in contacts for hash_ in (item.phone_hash, item.email_hash)} - {""}),
        names=frozenset({item.name_phonetic_hash for item in contacts} - {""}),
        images=frozenset(image.bits for image in observation.images.all()),
    )


def _sighting(
    facts: dict[str, Any],
    building: str,
    *,
    contacts: frozenset[str],
    names: frozenset[str],
    images: frozenset[int] = frozenset(),
) -> Sighting:
    told = facts.get
    is_point_exact = told("is_point_exact", True)
    return Sighting(
        building=building,
        number=told("number") or "",
        street=told("street_key") or "",
        unit=told("unit") or "",
        zip_code=told("zip_code") or "",
        city=told("city") or "",
        latitude=told("latitude") if is_point_exact else None,
        longitude=told("longitude") if is_point_exact else None,
        contacts=contacts,
        names=names,
        images=images,
        wording=told("wording") or [],
        property_type=told("property_type") or "",
        beds=told("beds"),
        baths=told("baths"),
        area_sqft=told("area_sqft"),
        asking_price_cents=told("asking_price_cents"),
        price_period=told("price_period") or "once",
    )


def contacts_of(
    record: ListingRecord, sighting: Sighting, lead: Lead, observation: Observation, *, marks: Iterable[Mark] = ()
) -> list[Contact]:
    """One unsaved contact per phone and e-mail, or one with the name alone; ``sighting`` is the record's."""
    reaches: list[dict[str, Any]] = [
        {
            "phone": phone,
            "is_phone_fictitious": phone in record.fictitious_phones,
            "phone_hash": keyed_hash(phone.partition(";")[0], purpose="phone"),
            "phone_last_seven_hash": last_seven_hash(phone),
        }
        for phone in record.phones
    ]
    reaches += [
        {"email": email, "email_hash": keyed_hash(email.lower(), purpose="email")} for email in record.emails
    ]
    if not reaches and record.contact_name:
        reaches = [{}]
    name: dict[str, Any] = {
        "name": record.contact_name,
        "name_phonetic_hash": next(iter(sighting.names), ""),
        "household_hashes": [mark.newest for mark in marks if mark.kind == HOUSEHOLD],
    }
    return [Contact(lead=lead, observation=observation, **name, **reach) for reach in reaches]


def last_seven_hash(phone: str) -> str:
    """Keyed hash of a number's end, which is the same whatever the area code."""
    return keyed_hash(phone.partition(";")[0][-7:], purpose="phone_last_seven")


def consents_of(record: ListingRecord, observation: Observation) -> list[Consent]:
    """The record's consent as an unsaved row; none where it carries none."""
    given = record.consent
    if given is None:
        return []
    return [
        Consent(
            observation=observation,
            text_version=given.text_version,
            language=given.language,
            given_at=given.given_at,
            channels=list(given.channels),
            agents=given.agents,
            proof=dict(given.proof),
        )
    ]


def name_phonetic_hash(name: str | None) -> str:
    """Keyed hash of how the surname sounds, so that "Meyer" finds "Maier"; "" where none is known."""
    sound = name_sound(name)
    return keyed_hash(sound, purpose="name_phonetic") if sound else ""


def name_sound(name: str | None) -> str:
    """How the surname sounds; "" where none is known."""
    surname = read_bearer(name).surname if name else ""
    return doublemetaphone(surname)[0] if surname else ""


def _currency(observation: Observation) -> tuple[bool, datetime, datetime, str]:
    """What an advert says now sorts behind what it said before."""
    return (
        observation.gone_at is None,
        observation.last_seen_at,
        observation.first_seen_at,
        observation.content_hash,
    )


def newest_per_advert(observations: Iterable[Observation]) -> list[Observation]:
    """The current sighting of every advert, the most trusted and then the most recent first.

    The order does not depend on the order of arrival: ties are broken by content.
    """
    newest: dict[tuple[str, str], Observation] = {}
    for observation in sorted(observations, key=_currency):
        newest[(observation.source_id, observation.external_id_hash)] = observation
    return sorted(
        newest.values(),
        key=lambda item: (-item.source.trust_percent, -item.first_seen_at.timestamp(), item.content_hash),
    )


def current_sightings(lead: Lead) -> list[tuple[Observation, Sighting]]:
    """What every advert of ``lead`` says now, as far as identity looks at it."""
    seen = lead.observations.select_related("source").defer("raw", "source__access_token")
    return what_is_said(with_what_identifies(seen))


def what_is_said(observations: Iterable[Observation]) -> list[tuple[Observation, Sighting]]:
    """The newest word of every advert; an address that an operator corrected stands in each of them."""
    newest = newest_per_advert(observations)
    corrected = next(
        (item for item in newest if is_correction(item) and item.gone_at is None and item.address_hash), None
    )
    said = [(item, sighting_of_observation(item)) for item in newest if is_sighting(item)]
    if corrected is None:
        return said
    address = sighting_of_observation(corrected)
    return [
        (
            item,
            replace(
                sighting,
                building=address.building,
                number=address.number,
                street=address.street,
                unit=address.unit,
            ),
        )
        for item, sighting in said
    ]


def with_what_identifies(observations: QuerySet[Observation]) -> QuerySet[Observation]:
    """Prefetch what ``sighting_of_observation`` looks at."""
    hashes = Contact.objects.only("observation_id", "phone_hash", "email_hash", "name_phonetic_hash")
    return observations.prefetch_related(Prefetch("contacts", hashes), "images")


def apply_to_lead(lead: Lead, observations: list[Observation]) -> list[str]:
    """Set each field of ``lead`` from the first of ``observations`` that knows it; return what changed.

    Fields that belong together (a point's two numbers, a price and its period) come from one observation.
    """
    before = {field: getattr(lead, field) for field in (*MERGED_FIELDS, "summary", "provenance")}
    provenance: dict[str, str] = {}
    for field in MERGED_FIELDS:
        knows = TOGETHER.get(field, field)
        telling = _of_one_deal(lead, observations) if knows == "asking_price_cents" else observations
        chosen = _first_that_knows(knows, telling)
        if chosen is None and field in {"kind", "price_period"}:
            continue
        value = chosen.facts.get(field) if chosen else ("" if isinstance(before[field], str) else None)
        if field == "posted_at" and value:
            value = datetime.fromisoformat(value)
        if field == "image_count":
            value = value or 0
        setattr(lead, field, value)
        if chosen:
            provenance[field] = str(chosen.pk)
    lead.provenance = provenance
    lead.summary = summarise(
        kind=lead.kind,
        property_type=lead.property_type,
        beds=lead.beds,
        baths=lead.baths,
        area_sqft=lead.area_sqft,
        asking_price_cents=lead.asking_price_cents,
        price_period=lead.price_period,
    )
    return [field for field, value in before.items() if getattr(lead, field) != value]


def _first_that_knows(field: str, telling: Sequence[Observation]) -> Observation | None:
    """Whose value counts; one that contradicts the rest of its own advert gives way to what its words say."""
    knowing = [item for item in telling if item.facts.get(field) not in (None, "")]
    read = next((item for item in knowing if item.source_id == READER), None)
    first = knowing[0] if knowing else None
    is_doubted = first is not None and bool(DOUBTED_BY.get(field, set()) & set(first.facts.get("flags", ())))
    return read if read and is_doubted else first


def _of_one_deal(lead: Lead, observations: list[Observation]) -> list[Observation]:
    """A home may be for sale and to let at once; the price is that of the deal which the lead is about."""
    is_let = lead.kind == Kind.RENTAL_OWNER
    return [
        item
        for item in observations
        if not is_sighting(item) or (item.facts.get("kind") == Kind.RENTAL_OWNER) == is_let
    ]
