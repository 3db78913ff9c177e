"""US addresses: one canonical form for the many spellings of one home.

``leads.labelling`` tells the words apart; this module decides what is compared and what is shown. It never raises:
text that is no address yields a :class:`NormalisedAddress` without number. It cannot say whether a house exists,
and it never corrects a city or a ZIP.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from leads import usps
from leads.labelling import Labelled, label_address
from leads.zip_directory import place_key

MAX_ADDRESS_CHARACTERS = 300

_LABEL_PARTS = {
    "AddressNumberPrefix": "number",
    "AddressNumber": "number",
    "AddressNumberSuffix": "number",
    "StreetNamePreModifier": "name",
    "StreetNamePreDirectional": "predirectional",
    "StreetNamePreType": "name",
    "StreetName": "name",
    "StreetNamePostType": "suffix",
    "StreetNamePostDirectional": "postdirectional",
    "StreetNamePostModifier": "suffix",
    "CornerOf": "name",
    "IntersectionSeparator": "name",
    "OccupancyType": "unit",
    "OccupancyIdentifier": "unit",
    "SubaddressType": "unit",
    "SubaddressIdentifier": "unit",
    "USPSBoxType": "box",
    "USPSBoxGroupType": "box",
    "USPSBoxGroupID": "box",
    "USPSBoxID": "box",
    "PlaceName": "city",
    "StateName": "state",
    "ZipCode": "zip",
}
_STREET_PARTS = frozenset({"name", "predirectional", "suffix", "postdirectional"})
_PLACE_PARTS = frozenset({"city", "state", "zip"})
_UNIT_WORDS = frozenset(
    [
        "apartment",
        "apt",
        "unit",
        "suite",
        "ste",
        "space",
        "spc",
        "sp",
        "lot",
        "room",
        "rm",
        "no",
        "number",
        "trailer",
        "trlr",
        "site",
        "slip",
        "#",
    ]
)
_SPACED_UNIT_WORDS = {"building": "bldg", "bld": "bldg", "tower": "twr", "penthouse": "ph", "floor": "fl"}
_ZIP = re.compile(r"(?<!\d)(\d{5})(?:-?\d{4})?(?!\d)")
_UNIT_BEFORE_CITY = re.compile(
    r"(?P<unit>(?:(?:apartment|apt|unit|suite|ste|space|spc|lot|bldg|building|trlr)\.?\s+#?\s?|#\s?)[\w-]*\d[\w-]*"
    r"|(?:apartment|apt|unit|suite|ste|bldg|building)\.?\s+[a-z])\s+(?P<city>[^\W\d].+)",
    re.IGNORECASE,
)
"""A line break was lost: "77 Shoreline Dr, Unit B Boise, ID"."""
_VULGAR_FRACTIONS = str.maketrans({"½": " 1/2", "¼": " 1/4", "¾": " 3/4"})
_ROADS = (("county rd", "cr"), ("co rd", "cr"), ("state rd", "sr"), ("state rte", "sr"), ("state hwy", "sr"))
_NUMBERED_ROADS = frozenset({"box", "rr", "hc", "hwy", "rte", "cr", "sr", "us", "fm", "interstate", "sh", "loop"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalisedAddress:
    """An address in parts, each ``None`` where the text does not hold it.

    ``predirectional``, ``suffix``, ``postdirectional`` and ``state`` are postal short forms ("N", "St", "WI");
    ``unit`` is the identifier without its designator ("4B"); ``zip`` has five digits.
    """

    number: str | None = None
    predirectional: str | None = None
    street_name: str | None = None
    suffix: str | None = None
    postdirectional: str | None = None
    unit: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None

    @property
    def street(self) -> str:
        """The street without house number and unit, fit for the public view."""
        parts = (self.predirectional, self.street_name, self.suffix, self.postdirectional)
        return " ".join(part for part in parts if part)

    @property
    def line(self) -> str:
        """The delivery line: number, street and unit, in postal short forms."""
        unit = f"Unit {self.unit}" if self.unit else None
        return " ".join(part for part in (self.number, self.street, unit) if part)

    @property
    def key(self) -> str:
        """What two spellings of one address share: number and street, unit, and ZIP or else city and state."""
        return _key(self)

    @property
    def is_complete(self) -> bool:
        """Whether the address names one building: number, street, and ZIP or city with state."""
        return bool(self.number and self.street and (self.zip or (self.city and self.state)))


@lru_cache(maxsize=256)
def _key(address: NormalisedAddress) -> str:
    """Kept for a while: each thing that is made of an arriving record asks for it again."""
    town = (place_key(address.city), (address.state or "").lower())
    place = address.zip or " ".join(part for part in town if part)
    return "|".join((_number_key(address.number), street_key(address.street), _unit_key(address.unit), place))


def parse_address(
    text: str, *, city: str | None = None, state: str | None = None, zip_code: str | None = None
) -> NormalisedAddress:
    """Tell the parts of an address apart.

    :param text: a street line, or a whole address on one line, however messy
    :param city: the city if the source gives it apart; with ``state`` and ``zip_code`` it wins over ``text``
    """
    line = street_line(text, city=city, state=state, zip_code=zip_code).translate(_VULGAR_FRACTIONS)
    parts = _collect_parts(label_address(line))
    street_name, suffix = _name_and_suffix(parts)
    place, of_state = _town_and_state(parts)
    return NormalisedAddress(
        number=_number(parts.get("number", ())),
        predirectional=_join_directional(parts.get("predirectional", ())),
        street_name=street_name,
        suffix=suffix,
        postdirectional=_join_directional(parts.get("postdirectional", ())),
        unit=_unit(parts),
        city=_tidy_case(_words(city) or _words(" ".join(place))) or None,
        state=usps.state_code(state) or usps.state_code(" ".join(of_state)),
        zip=zip5(zip_code) or zip5(" ".join(parts.get("zip", ()))),
    )


def street_line(
    text: str, *, city: str | None = None, state: str | None = None, zip_code: str | None = None
) -> str:
    """Drop the city, state and ZIP that sources repeat behind the street; the rest stays as it was written."""
    line = _words(text)[:MAX_ADDRESS_CHARACTERS].strip(" ,")
    tails = [_words(tail) for tail in (zip_code, zip5(zip_code), state, city) if tail]
    while tail := next((tail for tail in tails if _ends_with_word(line, tail)), None):
        line = line[: -len(tail)].rstrip(" ,-")
    return line


def split_place(text: str) -> tuple[str, str]:
    """Split a one-line address into what stands before the city and what follows, both verbatim."""
    line = _words(text)[:MAX_ADDRESS_CHARACTERS]
    if by_commas := _split_at_commas(line):
        return by_commas
    position = 0
    has_street = False
    for token, label in label_address(line):
        start = line.find(token.strip(",;"), position)
        part = _LABEL_PARTS.get(label)
        if part in _PLACE_PARTS and has_street and start >= 0:
            return line[:start].strip(" ,"), line[start:].strip(" ,")
        has_street = has_street or part in _STREET_PARTS or part == "box"
        position = max(start, position)
    return (line.strip(" ,"), "") if has_street else ("", line.strip(" ,"))


def _split_at_commas(line: str) -> tuple[str, str] | None:
    """ "…, City, ST 12345" needs no guessing; neither does "City, ST" where the first part is no street."""
    *streets, city, last = ["", *(part.strip() for part in line.split(","))]
    state = re.sub(r"[\d\-\s]+$", "", last)
    if usps.state_code(state) is None:
        return None
    if unit := _UNIT_BEFORE_CITY.match(city):
        streets, city = [*streets, unit["unit"]], unit["city"]
    street = ", ".join(part for part in streets if part)
    if not street and (re.search(r"\d", city) or usps.suffix(city.split()[-1] if city else "")):
        return None
    return street, f"{city}, {last}".strip(" ,")


def zip5(text: str | None) -> str | None:
    """The five digits of the last ZIP or ZIP+4; four digits alone have lost a zero in a spreadsheet."""
    if not text:
        return None
    if re.fullmatch(r"\d{4}", text.strip()):
        return text.strip().zfill(5)
    found = _ZIP.findall(text)
    return found[-1] if found else None


@lru_cache(maxsize=4096)
def street_key(street: str) -> str:
    """A street's canonical spelling: every directional, suffix and ordinal in short form, lower case."""
    words = [_key_word(word) for word in re.split(r"[\s\-/]+", street) if usps.bare(word)]
    key = " ".join(word for word in words if word)
    for long_form, short_form in _ROADS:
        key = re.sub(rf"\b{long_form}\b", short_form, key)
    return _with_ordinal_number(re.sub(r" ([ns]) ([ew])$", r" \1\2", key))


def _key_word(word: str) -> str:
    bare = re.sub(r"[^\w]", "", usps.bare(word))
    if bare == "saint":
        return "st"
    short = usps.directional(bare) or usps.suffix(bare) or usps.ORDINALS.get(bare)
    return (short or bare).lower()


def _with_ordinal_number(key: str) -> str:
    """ "116 st" is "116th st"; the number of a highway is no ordinal."""
    words = key.split()
    if _NUMBERED_ROADS.intersection(words):
        return key
    for position, word in enumerate(words[:-1]):
        if word.isascii() and word.isdigit():
            words[position] = usps.ordinal(int(word))
    return " ".join(words)


def _collect_parts(labelled: Labelled) -> dict[str, list[str]]:
    """Group the tokens by part. The library's own ``tag`` refuses text in which a label occurs twice; here the
    second street name of a corner, or of a doubled line, simply follows the first."""
    parts: dict[str, list[str]] = {}
    for token, label in labelled:
        part = _LABEL_PARTS.get(label)
        if part == "number" and _STREET_PARTS.intersection(parts):
            part = "name"  # a number behind the street belongs to the street ("Highway 6"), not to the door
        if part is not None:
            parts.setdefault(part, []).append(token.strip(" ,;"))
    return parts


def _name_and_suffix(parts: dict[str, list[str]]) -> tuple[str | None, str | None]:
    box = parts.get("box", [])
    names = list(parts.get("name", ()))
    if box and not names:
        return " ".join(box), None
    suffixes = [word for word in parts.get("suffix", ()) if word]
    *middle, last = suffixes or [""]
    name = _tidy_case(" ".join((*names, *middle)))
    short = usps.suffix(last)
    if last and short is None:
        name = f"{name} {_tidy_case(last)}".strip()
    return name or None, short


def _town_and_state(parts: dict[str, list[str]]) -> tuple[list[str], list[str]]:
    """ "Salt Lake City UT" without a comma: two letters of a state behind a town are the state."""
    town, state = parts.get("city", []), parts.get("state", [])
    if not state and len(town) > 1 and len(usps.bare(town[-1])) == 2 and usps.state_code(town[-1]):
        return town[:-1], town[-1:]
    return town, state


def _number(words: list[str] | tuple[str, ...]) -> str | None:
    return " ".join(word for word in words if word).upper() or None


def _join_directional(words: list[str] | tuple[str, ...]) -> str | None:
    return " ".join(usps.directional(word) or word for word in words if word) or None


def _unit(parts: dict[str, list[str]]) -> str | None:
    words = list(parts.get("unit", ()))
    if parts.get("name"):
        words += parts.get("box", [])  # "SPACE 139" behind a street is labelled as a box
    kept = [word for word in (_unit_word(word) for word in words) if word]
    if "fl" in kept and len(kept) > 1:  # "2nd Floor" is "Floor 2"
        kept = ["fl", *(re.sub(r"(?<=\d)(?:st|nd|rd|th)$", "", word) for word in kept if word != "fl")]
    return " ".join(kept).upper() or None


def _unit_word(word: str) -> str:
    bare = usps.bare(word).replace("#", "").strip()
    return "" if bare in _UNIT_WORDS else _SPACED_UNIT_WORDS.get(bare, bare)


def _number_key(number: str | None) -> str:
    key = re.sub(r"(?<=\d)-(?=[a-z])| (?=[nsew]\d)", "", (number or "").lower())  # "W156 N8480" is one number
    return re.sub(r"[^\w/\- ]", "", key).lstrip("0")


def _unit_key(unit: str | None) -> str:
    return re.sub(r"[^\w]", "", (unit or "").lower())


def _ends_with_word(line: str, tail: str) -> bool:
    if not line.lower().endswith(tail.lower()) or len(line) <= len(tail):
        return False
    before = line[: -len(tail)]
    return not before[-1].isalnum() and not _is_street_word(before, tail)


def _is_street_word(before: str, tail: str) -> bool:
    """Whether the tail belongs to the street after all: "12 Avenue CA" hardly, but "100 Houston" and "5 E" do."""
    return "," not in before and len(before.split()) < 2


def _words(text: str | None) -> str:
    return " ".join((text or "").split())


def _tidy_case(text: str) -> str:
    """Give shouted or whispered words capitals; leave mixed case (McKinley) alone."""
    if text != text.upper() and text != text.lower():
        return text
    return " ".join(word.capitalize() if word[:1].isalpha() else word.lower() for word in text.split())
