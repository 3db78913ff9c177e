"""How a RESO server is asked: addresses in the server's own names, with only the fields that it has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from scraping.feeds.errors import FeedStopped
from scraping.readers.reso.answers import Row
from scraping.readers.reso.listing import FIELDS_READ
from scraping.readers.reso.metadata import Field, Schema

KEYS: Final = ("ListingKey", "ListingKeyNumeric", "ListingId")
MODIFIED: Final = "ModificationTimestamp"
SAFE: Final = "$,()'/:"
KEYS_PER_REQUEST: Final = 40
"""So many keys in one filter stay well below the 2,000 characters that some gateways allow in an address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The server's names for what we read: standard name → its field; ``key`` is what it calls a listing by."""

    fields: Mapping[str, Field]
    key: Field
    modified: Field
    is_media_linked: bool
    lookups: Mapping[str, Mapping[str, str]]

    def standard(self, row: Row) -> Row:
        """``row`` in standard names and values; fields that we do not read are left out."""
        told = {name: self._value(item, row.get(item.name)) for name, item in self.fields.items()}
        return {**told, "Media": row.get("Media"), "@odata.id": row.get("@odata.id")}

    def _value(self, item: Field, value: object) -> object:
        known = self.lookups.get(item.lookup) if item.lookup else None
        return known.get(value, value) if known and isinstance(value, str) else value


def names_of(schema: Schema, lookups: Mapping[str, Mapping[str, str]]) -> Names:
    """Find our way through a server's description.

    :raises FeedStopped: it lacks what a feed cannot be followed without
    """
    listing = schema.resource("Property")
    if listing is None:
        raise FeedStopped("The server describes no Property resource; is the address that of its Web API?")
    fields = listing.names_of(FIELDS_READ)
    key = next((fields[name] for name in KEYS if name in fields), None)
    if key is None or MODIFIED not in fields:
        raise FeedStopped(
            f"The server's Property has no {MODIFIED if key else 'ListingKey'}, so nobody can follow it."
        )
    return Names(
        fields=fields,
        key=key,
        modified=fields[MODIFIED],
        is_media_linked="Media" in listing.expandable,
        lookups=lookups,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Addresses below ``root``, the service's own.

    :param licence_filter: what the licence allows, joined to every filter
    """

    root: str
    names: Names
    page_size: int
    licence_filter: str = ""
    has_pictures: bool = True

    def changed_since(self, moment: str) -> str:
        """Records changed at ``moment`` (an OData literal) or later, in the order of their change."""
        return self._changes(f"{self.names.modified.name} ge {moment}")

    def changed_after(self, moment: str) -> str:
        """Records changed after ``moment``."""
        return self._changes(f"{self.names.modified.name} gt {moment}")

    def changed_at(self, moment: str, *, after_key: str) -> str:
        """The rest of the records that changed in one moment, in the order of their keys."""
        same = f"{self.names.modified.name} eq {moment} and {self._key_above(after_key)}"
        return self._changes(same)

    def by_keys(self, keys: Iterable[str]) -> str:
        """The records of these keys, as far as there are any; at most ``KEYS_PER_REQUEST``."""
        any_of = " or ".join(f"{self.names.key.name} eq {self.literal(key)}" for key in keys)
        return self._records(any_of, {"$top": str(KEYS_PER_REQUEST)})

    def keys_after(self, key: str | None) -> str:
        """Keys alone, in their order, and how many there are in all."""
        options = {"$select": self.names.key.name, "$orderby": self.names.key.name, "$top": str(self.page_size)}
        told = self._joined(self._key_above(key) if key else "")
        return address(self.root, "Property", {**told, **options, "$count": "true"})

    def literal(self, key: str) -> str:
        """A key as it stands in a filter."""
        return key if self.names.key.is_numeric else "'" + key.replace("'", "''") + "'"

    def _key_above(self, key: str) -> str:
        return f"{self.names.key.name} gt {self.literal(key)}"

    def _changes(self, condition: str) -> str:
        order = f"{self.names.modified.name},{self.names.key.name}"
        return self._records(condition, {"$orderby": order, "$top": str(self.page_size)})

    def _records(self, condition: str, options: Mapping[str, str]) -> str:
        select = ",".join(item.name for item in self._wanted())
        expand = {"$expand": "Media"} if self.has_pictures and self.names.is_media_linked else {}
        return address(self.root, "Property", {**self._joined(condition), "$select": select, **expand, **options})

    def _wanted(self) -> list[Field]:
        pictures = {"Media", "Photos"}
        fields = self.names.fields.items()
        return [item for name, item in fields if self.has_pictures or name not in pictures]

    def _joined(self, condition: str) -> dict[str, str]:
        conditions = [part for part in (self.licence_filter, condition) if part]
        whole = " and ".join(f"({part})" if " or " in part else part for part in conditions)
        return {"$filter": whole} if whole else {}


def address(root: str, resource: str, options: Mapping[str, str]) -> str:
    """An address with its options; spaces as %20, because not every server knows "+"."""
    told = "&".join(f"{name}={quote(value, safe=SAFE)}" for name, value in options.items())
    return f"{root}/{resource}?{told}"


def literal_of(moment: datetime) -> str:
    """A moment as OData writes it, in UTC."""
    text = moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00")
    return f"{text.rstrip('0').rstrip('.')}Z"
