"""The contacts of an agent's own CRM, as they compare with leads. Nothing here keeps them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from leads.address import parse_address
from leads.normalise.email import find_emails
from leads.normalise.phone import parse_phone
from leads.sightings import building_hash
from marketplace import errors
from scraping.readers.guessing import count_known, guess
from scraping.readers.mapping import TableMapping, read_row
from scraping.readers.page import UnreadablePage
from scraping.readers.tables import open_table

MOST_ROWS: Final = 20_000
MOST_CHARACTERS: Final = 200
MOST_REACHES_AT_AN_ADDRESS: Final = 8
MOST_ADDRESSES_OF_A_REACH: Final = 50
"""An agent's own contacts hold households and portfolios. Somebody who tries numbers at a door goes beyond both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmContact:
    """One person of a CRM: how to reach them and where they live."""

    phones: tuple[str, ...]
    """E.164, without extensions."""
    emails: tuple[str, ...]
    address: str
    city: str
    state: str
    zip_code: str

    @property
    def can_match(self) -> bool:
        """Whether it has what a match needs: an address, and a phone or an e-mail."""
        return bool(self.address and (self.phones or self.emails))

    def building(self) -> str:
        """Keyed hash of the building as leads have it, however the address is spelt; "" where it names none."""
        place = {"city": self.city or None, "state": self.state or None, "zip_code": self.zip_code or None}
        return building_hash(parse_address(self.address, **place))


def read_table(file: BinaryIO) -> list[CrmContact]:
    """The contacts of a CSV or JSON file, by the names of its columns.

    :raises CrmRefused: it is no table, tells no addresses beside phones or e-mails, or has too many rows
    """
    try:
        table = open_table(file, count_known=count_known)
        mapping = guess(table.columns, table.sample)
        _require_columns(mapping)
        return _bounded(_contact_of_row(mapping, row) for _, row in table.rows)
    except UnreadablePage as error:
        raise errors.CrmRefused(f"The file cannot be read: {error}") from error


def _require_columns(mapping: TableMapping) -> None:
    fields = {rule.field for rule in mapping.rules}
    if "address" not in fields or not fields & {"phones", "emails"}:
        raise errors.CrmRefused(
            "The file needs a column with the address and one with the phone or the e-mail, named in line 1."
        )


def _contact_of_row(mapping: TableMapping, row: Any) -> CrmContact | None:
    read = read_row(mapping, row)
    if read is None:
        return None
    return read_contact(
        {
            "phone": " / ".join(read.phones),
            "email": " ".join(read.emails),
            "address": ", ".join(read.address_lines),
            "city": read.city or "",
            "state": read.state or "",
            "zip": read.zip or "",
        }
    )


def read_items(items: Iterable[Mapping[str, str]]) -> list[CrmContact]:
    """The contacts that a program pushes: ``phone``, ``email``, ``address``, ``city``, ``state``, ``zip``.

    :raises CrmRefused: there are too many
    """
    return _bounded(read_contact(item) for item in items)


def _bounded(contacts: Iterator[CrmContact | None]) -> list[CrmContact]:
    kept = []
    for number, contact in enumerate(contacts, 1):
        if number > MOST_ROWS:
            raise errors.CrmRefused(f"More than {MOST_ROWS:,} rows. Send those you work with now.")
        if contact:
            kept.append(contact)
    return kept


def read_contact(told: Mapping[str, str]) -> CrmContact:
    """One contact; what cannot be a phone or an e-mail is left out."""
    cut = {name: str(value or "")[:MOST_CHARACTERS].strip() for name, value in told.items()}
    phones = [phone for text in cut.get("phone", "").split(" / ") if (phone := parse_phone(text))]
    return CrmContact(
        phones=tuple(dict.fromkeys(phone.e164.partition(";")[0] for phone in phones)),
        emails=tuple(find_emails(cut.get("email", ""))),
        address=cut.get("address", ""),
        city=cut.get("city", ""),
        state=cut.get("state", ""),
        zip_code=cut.get("zip", ""),
    )


def looks_like_guessing(contacts: Iterable[tuple[str, CrmContact]]) -> bool:
    """Whether so many numbers stand at one door, or so many doors behind one number, that owners are read off.

    :param contacts: each with its building, which no spelling of the address turns into another door
    """
    reaches_at: dict[str, set[str]] = defaultdict(set)
    buildings_of: dict[str, set[str]] = defaultdict(set)
    for building, contact in contacts:
        for reach in (*contact.phones, *contact.emails):
            reaches_at[building].add(reach)
            buildings_of[reach].add(building)
    return any(len(found) > MOST_REACHES_AT_AN_ADDRESS for found in reaches_at.values()) or any(
        len(found) > MOST_ADDRESSES_OF_A_REACH for found in buildings_of.values()
    )
