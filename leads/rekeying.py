"""What the keyed hashes of this app were made of, for when keys change: read from the row that holds the hash.

Several values are told where the row does not say which of them it was; the hash itself decides.
"""

import json
from collections.abc import Iterator
from typing import Any

from accounts.privacy.people import household
from leads import sightings
from leads.address import NormalisedAddress, parse_address
from leads.models import Contact, Lead, Observation, Reading
from leads.privacy.reading import address_keys, surname_sound
from leads.readings import text_of


def external_ids(row: Observation) -> Iterator[str]:
    """The site's own name of the advert, or its address; what operators and readers say names lead or advert."""
    raw = row.raw or {}
    yield from (str(raw[name]) for name in ("external_id", "url") if raw.get(name))
    yield f"correction:{row.lead_id}"
    yield f"read from:{raw.get('read_from')}"


def contents(row: Observation) -> Iterator[str]:
    """What is compared of a record."""
    if row.raw and "image_urls" in row.raw:
        yield json.dumps(sightings.compared(row.raw), sort_keys=True)


def buildings(row: Observation) -> Iterator[str]:
    """Number, street and place."""
    yield from filter(None, (sightings.building_key(address) for address in _addresses(row)))


def doors(row: Observation) -> Iterator[str]:
    """House number and town."""
    yield from filter(None, (sightings.door_key(address) for address in _addresses(row)))


def buildings_of_lead(row: Lead) -> Iterator[str]:
    """What one of its sightings says, or the lead itself."""
    for observation in row.observations.all():
        yield from buildings(observation)
    own = parse_address(
        row.address_line, city=row.city or None, state=row.state_code or None, zip_code=row.zip_code or None
    )
    if own is not None:
        yield sightings.building_key(own)


def _addresses(row: Observation) -> Iterator[NormalisedAddress]:
    raw = row.raw or {}
    if raw.get("parsed_address"):
        yield NormalisedAddress(**raw["parsed_address"])
    corrections: dict[str, Any] = raw.get("corrections") or {}
    lead = row.lead if corrections else None
    if lead is not None:
        corrected = parse_address(
            corrections.get("address", lead.address_line),
            city=corrections.get("city", lead.city) or None,
            state=corrections.get("state_code", lead.state_code) or None,
            zip_code=corrections.get("zip_code", lead.zip_code) or None,
        )
        if corrected is not None:
            yield corrected


def phone(row: Contact) -> str | None:
    """The number without its extension."""
    return row.phone.partition(";")[0] if row.phone else None


def phone_last_seven(row: Contact) -> str | None:
    """The number's end, which is the same whatever the area code."""
    number = phone(row)
    return number[-7:] if number else None


def email(row: Contact) -> str | None:
    """The address, however it was spelt."""
    return row.email.lower() if row.email else None


def name_sound(row: Contact) -> str | None:
    """How the surname sounds."""
    return sightings.name_sound(row.name)


def read_text(row: Reading) -> str:
    """Title and description, as they were read."""
    return text_of(row.observation)


def households(row: Contact) -> Iterator[str]:
    """Address and surname, by ZIP and by town."""
    sound = surname_sound(row.name)
    for address in _addresses(row.observation) if sound else ():
        yield from (household(key, sound) for key in address_keys(address))
