"""How people write one and the same fact: telephone numbers, addresses, names and prices in many hands."""

from enum import Enum
from random import Random

from scraping.demo.people import Person
from scraping.demo.places import Address

_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_SHORT_DIRECTIONS = {"North": "N", "South": "S", "East": "E", "West": "W"}
_SHORT_SUFFIXES = {
    "Street": "St", "Avenue": "Ave", "Lane": "Ln", "Drive": "Dr", "Court": "Ct", "Boulevard": "Blvd",
    "Way": "Way", "Terrace": "Ter", "Circle": "Cir", "Road": "Rd",
}  # fmt: skip
_ORDINAL_WORDS = {"3rd": "Third", "5th": "Fifth", "9th": "Ninth", "12th": "Twelfth"}


class AddressHand(Enum):
    """Ways to write a street address."""

    FULL = "1506 North Maple Street, Apt 4"
    ABBREVIATED = "1506 N. Maple St #4"
    POSTAL = "1506 N MAPLE ST APT 4"
    CARELESS = "1506 north maple st unit 4"
    ORDINAL_WORDS = "1506 N Fifth Street, Unit 4"


def write_address(address: Address, hand: AddressHand) -> str:
    """Write house number, street and unit, without city, in the given hand."""
    match hand:
        case AddressHand.FULL:
            return _join(address, direction=address.street.direction, unit=", Apt {}")
        case AddressHand.ABBREVIATED:
            return _join(address, direction=_short(address, "."), suffix=_short_suffix(address), unit=" #{}")
        case AddressHand.POSTAL:
            written = _join(address, direction=_short(address), suffix=_short_suffix(address), unit=" Apt {}")
            return written.upper()
        case AddressHand.CARELESS:
            written = _join(
                address, direction=address.street.direction, suffix=_short_suffix(address), unit=" unit {}"
            )
            return written.lower()
        case AddressHand.ORDINAL_WORDS:
            name = _ORDINAL_WORDS.get(address.street.name, address.street.name)
            return _join(address, direction=_short(address), name=name, unit=", Unit {}")


def _join(address: Address, *, direction: str, unit: str, name: str = "", suffix: str = "") -> str:
    street = address.street
    words = (str(address.number), direction, name or street.name, suffix or street.suffix)
    written = " ".join(word for word in words if word)
    return written + unit.format(address.unit) if address.unit else written


def _short(address: Address, stop: str = "") -> str:
    direction = address.street.direction
    return _SHORT_DIRECTIONS[direction] + stop if direction else ""


def _short_suffix(address: Address) -> str:
    return _SHORT_SUFFIXES[address.street.suffix]


def write_phone(phone: str, chance: Random) -> str:
    """Write an E.164 number of the United States in one of the plain notations."""
    area, exchange, line = phone[2:5], phone[5:8], phone[8:]
    return chance.choice(
        (
            f"({area}) {exchange}-{line}",
            f"{area}-{exchange}-{line}",
            f"{area}.{exchange}.{line}",
            f"{area} {exchange} {line}",
            f"+1 {area} {exchange} {line}",
            f"1-{area}-{exchange}-{line}",
        )
    )


def spell_phone(phone: str, chance: Random) -> str:
    """Write an E.164 number as advertisers do who hide it from machines: ``512-555-01four2``."""
    area, exchange, line = phone[2:5], phone[5:8], phone[8:]
    at = chance.randrange(4)
    hidden = line[:at] + _WORDS[int(line[at])] + line[at + 1 :]
    spoken = " ".join(_WORDS[int(digit)] for digit in area)
    return chance.choice(
        (f"{area}-{exchange}-{hidden}", f"{area} {exchange} {hidden}", f"{spoken} {exchange} {line}")
    )


def write_name(person: Person, chance: Random) -> str:
    """Write a person's name as they would sign an advert."""
    return chance.choice((person.given_name, person.full_name, f"{person.given_name} {person.family_name[0]}."))


def write_price(price_usd: int, chance: Random) -> str:
    """Write a price in one of the notations of advert texts."""
    return chance.choice((f"${price_usd:,}", f"${price_usd}", f"{price_usd:,} dollars"))
