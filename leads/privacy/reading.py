"""How what people write about themselves is read: as adverts are, so that both are known as the same."""

from collections.abc import Sequence

from doublemetaphone import doublemetaphone

from leads.address import NormalisedAddress, parse_address
from leads.normalise.person import clean_name, read_bearer
from leads.normalise.phone import parse_phone
from leads.zip_directory import place_key


class AsAdverts:
    """Reads telephones, addresses and surnames with the rules for adverts."""

    def phone(self, text: str) -> str | None:
        number = parse_phone(text)
        return number.e164.partition(";")[0] if number else None

    def address_keys(self, text: str) -> Sequence[str]:
        return address_keys(parse_address(text))

    def surname(self, name: str) -> str:
        return surname_sound(name)


def address_keys(address: NormalisedAddress | None) -> list[str]:
    """A home by its ZIP and by its town, as far as each is known; nothing for what names no building.

    The unit is a part of it: in a house of many homes a common name is another family's too.
    """
    if address is None or not address.is_complete:
        return []
    number, street, unit, _place = address.key.split("|")
    town = f"{place_key(address.city)} {address.state.lower()}" if address.city and address.state else ""
    return [f"{number}|{street}|{unit}|{place}" for place in (address.zip, town) if place]


def surname_sound(name: str | None) -> str:
    """How a family's name sounds, so that "Meyer" finds "Maier"; "" where none can be told."""
    cleaned = clean_name(name)
    surname = read_bearer(cleaned).surname if cleaned else ""
    return str(doublemetaphone(surname)[0]) if surname else ""
