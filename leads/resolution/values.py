"""Single cells in comparable form: names, street lines, telephone numbers, e-mails, quantities, dates.

These readers are of the coarse kind that a table needs: a few microseconds a cell, no verdict on whether a number
can ring or a street exists. ``leads.address`` and ``leads.normalise`` read single leads, carefully and a hundred
times slower; the tables of street words are the same (``leads.usps``).
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final, NamedTuple

from leads import usps

_WORD_CHARACTERS: Final = re.compile(r"[^\w\s/-]")
_HOUSE_NUMBER: Final = re.compile(r"\d+(?:[\w/-]*\w)?")
_UNIT_DESIGNATORS: Final = """
apt apartment apmnt unit ste suite spc space lot rm room flat bldg building trlr trailer fl floor ph no
"""
_UNIT_WORDS: Final = frozenset(_UNIT_DESIGNATORS.split())
_CROSS_STREET: Final = frozenset(["between", "btw", "near", "off", "at", "corner"])
_NAME_SUFFIXES: Final = frozenset(["jr", "sr", "ii", "iii", "iv", "mr", "mrs", "ms", "dr", "esq"])
_PLACE_WORDS: Final = {
    "saint": "st",
    "mount": "mt",
    "fort": "ft",
    "north": "n",
    "south": "s",
    "east": "e",
    "west": "w",
}
_DATE_FORMS: Final = (
    re.compile(r"(?P<year>\d{4})-?(?P<month>\d\d)-?(?P<day>\d\d)"),
    re.compile(r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})"),
)


class PersonName(NamedTuple):
    """Lower case; "" where absent. A given name may be an initial, a household is named after its first person."""

    given: str
    family: str


class StreetLine(NamedTuple):
    """Lower case, short forms; "" where absent. ``rest`` is what followed a comma: city, state, ZIP."""

    number: str
    direction: str
    street: str
    suffix: str
    unit: str
    rest: str


class PlaceParts(NamedTuple):
    """Where a street lies; "" where absent."""

    city: str
    state: str
    zip: str


def plain(text: str) -> str:
    """Lower case, single spaces, without the signs that nobody repeats alike."""
    return " ".join(_WORD_CHARACTERS.sub(" ", text.replace("'", "").lower()).split())


def person_name(text: str) -> PersonName:
    """ "Smith, Bob", "BOB SMITH" and "Bob J. Smith Jr" are one person."""
    before, comma, behind = text.partition(",")
    if comma and behind.strip():
        return PersonName(_first(_name_words(behind)), " ".join(_name_words(before)))
    words = _name_words(text)
    if len(words) < 2:
        return PersonName("", _first(words))
    return PersonName(words[0], words[-1])


def _name_words(text: str) -> list[str]:
    return [word for word in plain(text).split() if word not in _NAME_SUFFIXES]


def _first(words: list[str]) -> str:
    return words[0] if words else ""


def street_line(text: str) -> StreetLine:
    """Split "12 N. Oak Street Apt 4B" into its parts by the Postal Service's words."""
    line, _, rest = text.partition(",")
    if rest and _begins_with_unit(rest):
        unit, _, rest = rest.partition(",")
        line = f"{line} {unit}"
    words = _street_words(line)
    words, unit = _without_unit(words)
    number, words = _split_number(words)
    ahead, words = _behind_direction(words)
    behind, words = _before_direction(words)
    suffix, words = _without_suffix(words)
    return StreetLine(number, ahead or behind, " ".join(words), suffix, unit, rest.strip())


def _begins_with_unit(text: str) -> bool:
    words = _street_words(text)
    return bool(words) and (words[0] in _UNIT_WORDS or words[0] == "#")


def _street_words(line: str) -> list[str]:
    return plain(line.replace("#", " unit ")).split()


def _without_unit(words: list[str]) -> tuple[list[str], str]:
    for position in range(1, len(words) - 1):
        if words[position] in _UNIT_WORDS:
            identifier = "".join(word for word in words[position + 1 :] if word not in _UNIT_WORDS)
            return words[:position], identifier.lstrip("0")
    return words, ""


def _split_number(words: list[str]) -> tuple[str, list[str]]:
    if len(words) > 1 and _HOUSE_NUMBER.fullmatch(words[0]):
        return words[0].lstrip("0"), _before_cross_street(words[1:])
    return "", _before_cross_street(words)


def _before_cross_street(words: list[str]) -> list[str]:
    for position, word in enumerate(words):
        if position and word in _CROSS_STREET:
            return words[:position]
    return words


def _behind_direction(words: list[str]) -> tuple[str, list[str]]:
    """ "N Oak" is "Oak" behind "n"; a direction alone is the street's name."""
    if len(words) > 1 and (found := usps.directional(words[0])):
        return found.lower(), words[1:]
    return "", words


def _before_direction(words: list[str]) -> tuple[str, list[str]]:
    if len(words) > 1 and (found := usps.directional(words[-1])):
        return found.lower(), words[:-1]
    return "", words


def _without_suffix(words: list[str]) -> tuple[str, list[str]]:
    if len(words) > 1 and (found := usps.suffix(words[-1])):
        return found.lower(), words[:-1]
    return "", words


def with_figures(street: str) -> str:
    """ "second" is "2nd"."""
    return " ".join(usps.ORDINALS.get(word, word) for word in street.split())


def phone_digits(text: str) -> str:
    """The national digits; "" for fewer than seven."""
    digits = "".join(filter(str.isdigit, text.partition("x")[0]))
    if len(digits) == 11 and digits[0] == "1":
        digits = digits[1:]
    return digits if len(digits) >= 7 else ""


def email_address(text: str) -> str:
    """Lower case; "" without "@"."""
    address = text.strip().lower()
    return address if "@" in address else ""


def zip_digits(text: str) -> str:
    """The five digits of "78704-1234"; other countries' codes in lower case."""
    code = text.partition("-")[0].strip().lower()
    return code.zfill(5) if code.isdigit() and len(code) in {3, 4} and "-" in text else code


def place_name(text: str) -> str:
    """ "Saint Paul" and "St. Paul" are one."""
    return " ".join(_PLACE_WORDS.get(word, word) for word in plain(text).split())


def state(text: str) -> str:
    """The two letters of a state; another country's as written."""
    return (usps.state_code(text) or text.strip()).lower()


def place_parts(text: str) -> PlaceParts:
    """What stands behind a street: "Austin, TX 78704"."""
    code = re.search(r"\b(\d{5})(?:-\d{4})?\s*$", text)
    before = text[: code.start()] if code else text
    city, _, last = before.rstrip(" ,").rpartition(",")
    if not city:
        city, _, last = before.strip().rpartition(" ")
    short = usps.state_code(last)
    return PlaceParts(place_name(city if short else before), (short or "").lower(), code.group(1) if code else "")


def house_number(text: str) -> str:
    """ "0012-B" is "12-b"."""
    return plain(text).replace(" ", "").lstrip("0")


def unit(text: str) -> str:
    """The identifier without designator: "Apt. 04B" is "4b"."""
    return "".join(word for word in _street_words(text) if word not in _UNIT_WORDS).lstrip("0")


def identifier(text: str) -> str:
    """Letters and digits alone."""
    return "".join(filter(str.isalnum, text.lower()))


def quantity(text: str) -> float:
    """A number out of "$325,000", "1,450 sqft" or "2.5"; not-a-number where there is none."""
    found = re.search(r"\d[\d,]*(?:\.\d+)?", text)
    if found is None or len(found.group()) > 18:
        return float("nan")
    number = float(found.group().replace(",", "")) * (-1 if text[: found.start()].rstrip("$ ").endswith("-") else 1)
    return number * 1000 if re.match(r"k\b", text[found.end() :], re.IGNORECASE) else number


def day_number(text: str) -> float:
    """The ordinal of a day in "2026-01-31", "20260131" or "1/31/2026"; not-a-number where there is none."""
    for form in _DATE_FORMS:
        if found := form.match(text.strip()):
            try:
                return float(date(int(found["year"]), int(found["month"]), int(found["day"])).toordinal())
            except ValueError:
                return float("nan")
    return float("nan")
