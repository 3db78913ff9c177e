"""While keys change: what arriving records name is found under every live key, and written under the newest.

Whoever takes records in looks rows up by hashes under the newest key alone. So long as the keyring holds older
ones, the rows that these very values made under those are brought to the newest first. ``rotate_keys`` does so to
all rows; neither waits for the other, and crawls go on meanwhile.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from django.conf import settings
from django.db import connection
from psycopg import sql

from accounts.privacy.people import HOUSEHOLD, household
from aiqleads.core import transactions
from aiqleads.core.personal_data import hash_under, newest_version
from leads import sightings
from leads.arrivals import Arrival
from leads.models import Contact, Lead, Observation
from leads.privacy.reading import address_keys, surname_sound

_COLUMNS: Final = {
    "phone": ((Contact, "phone_hash"),),
    "phone_last_seven": ((Contact, "phone_last_seven_hash"),),
    "email": ((Contact, "email_hash"),),
    "name_phonetic": ((Contact, "name_phonetic_hash"),),
    "building": ((Observation, "address_hash"), (Lead, "address_hash")),
    "door": ((Observation, "door_hash"),),
    "external_id": ((Observation, "external_id_hash"),),
    "content": ((Observation, "content_hash"),),
}
"""Purpose of a hash → where it stands."""
_UPDATE: Final = """
UPDATE {table} kept SET {column} = pair.newest FROM unnest(%s::text[], %s::text[]) pair (older, newest)
WHERE kept.{column} = pair.older {once}
"""
_ONCE: Final = {
    "external_id_hash": "AND NOT EXISTS (SELECT FROM leads_observation twin WHERE twin.source_id = kept.source_id "
    "AND twin.external_id_hash = pair.newest AND twin.content_hash = kept.content_hash)",
    "content_hash": "AND NOT EXISTS (SELECT FROM leads_observation twin WHERE twin.source_id = kept.source_id "
    "AND twin.external_id_hash = kept.external_id_hash AND twin.content_hash = pair.newest)",
}
"""An advert that a process with one key alone stored once more meanwhile stays as it is."""
_HOUSEHOLDS: Final = """
UPDATE leads_contact kept SET household_hashes = array_replace(household_hashes, pair.older, pair.newest)
FROM unnest(%s::text[], %s::text[]) pair (older, newest) WHERE kept.household_hashes @> ARRAY[pair.older]::varchar[]
"""


def follow(arrivals: Sequence[Arrival]) -> None:
    """Bring the rows that ``arrivals`` may be compared with to the newest key. Joins the caller's transaction.

    With one key in the ring it asks nothing.
    """
    transactions.require_transaction()
    older = [version for version in settings.PERSONAL_DATA_KEYS if version != newest_version()]
    if not older or not arrivals:
        return
    pairs: dict[str, dict[str, str]] = defaultdict(dict)
    for purpose, value in {told for item in arrivals for told in _values(item)}:
        newest = hash_under(newest_version(), value, purpose=purpose)
        pairs[purpose] |= {hash_under(version, value, purpose=purpose): newest for version in older}
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('core.rotating_keys', 'on', true)")
        for purpose, hashes in sorted(pairs.items()):
            told = [list(hashes), list(hashes.values())]
            if purpose == HOUSEHOLD:
                cursor.execute(_HOUSEHOLDS, told)
            for model, column in _COLUMNS.get(purpose, ()):
                cursor.execute(_statement(model, column), told)
        cursor.execute("SELECT set_config('core.rotating_keys', 'off', true)")


def _statement(model: Any, column: str) -> sql.Composed:
    return sql.SQL(_UPDATE).format(
        table=sql.Identifier(model._meta.db_table),
        column=sql.Identifier(column),
        once=sql.SQL(_ONCE.get(column, "")),
    )


def _values(arrival: Arrival) -> Iterator[tuple[str, str]]:
    """What a record's rows are hashed of: (purpose, value)."""
    record = arrival.record
    for phone in record.phones:
        number = phone.partition(";")[0]
        yield from (("phone", number), ("phone_last_seven", number[-7:]))
    yield from (("email", email.lower()) for email in record.emails)
    yield "external_id", record.external_id or record.url or ""
    yield "content", json.dumps(sightings.compared(arrival.document), sort_keys=True)
    yield from _of_the_home(record)


def _of_the_home(record: Any) -> Iterable[tuple[str, str]]:
    address, heard = record.parsed_address, sightings.name_sound(record.contact_name)
    if heard:
        yield "name_phonetic", heard
    for purpose, key in (("building", sightings.building_key(address)), ("door", sightings.door_key(address))):
        if key:
            yield purpose, key
    sound = surname_sound(record.contact_name)
    yield from ((HOUSEHOLD, household(key, sound)) for key in address_keys(address) if sound)
