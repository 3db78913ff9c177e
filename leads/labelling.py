"""What each word of an address is: ``usaddress``'s labels, mended where a rule of the mail knows better.

The library reads words by their neighbours and knows no place. Three things that it cannot know are added: what
stands between the last commas, which towns a ZIP code serves, and that a house number holds a digit. It never
raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import usaddress

from leads import usps
from leads.zip_directory import cities_of_state, find_zip, place_key

Labelled = list[tuple[str, str]]

_COUNTRY = re.compile(
    r"[\s,]+(united states(?: of america)?|u\.?s\.?a\.?|(?<=\d[ ,])u\.?s\.?)[\s.,]*$", re.IGNORECASE
)
_ZIP = re.compile(r"\d{5}(?:-?\d{4})?")
_GLUED_SIGN = re.compile(r"(?<=[^\s#])(?=#)")
_UNIT_IN_BRACKETS = re.compile(r"\((rear|front|lower|upper|basement|side)(?: unit| level)?\)", re.IGNORECASE)
_SPACED_DASH = re.compile(r"^(\d+)\s+-\s+(?=\d+\s)")
_CAPITAL_INSIDE = re.compile(r"(?<=[a-z.])(?=[A-Z])")
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th)", re.IGNORECASE)
_STREET: Final = frozenset(
    {
        "StreetNamePreModifier",
        "StreetNamePreDirectional",
        "StreetNamePreType",
        "StreetName",
        "StreetNamePostType",
        "StreetNamePostDirectional",
        "StreetNamePostModifier",
    }
)
_NO_PLACE: Final = frozenset(
    {"OccupancyType", "OccupancyIdentifier", "SubaddressType", "SubaddressIdentifier", "USPSBoxType", "StateName"}
)
_TAKEN: Final = _STREET | _NO_PLACE
_UNITS_BY_PLACE: Final = frozenset(
    [
        "rear",
        "front",
        "lower",
        "upper",
        "basement",
        "bsmt",
        "downstairs",
        "upstairs",
        "down",
        "up",
        "penthouse",
        "side",
    ]
)
_NUMBER_WORDS: Final = re.compile(
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|"
    r"(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundred"
)
_ROAD_OWNERS: Final = frozenset(
    {"county", "co", "state", "us", "farm", "ranch", "forest", "service", "township", "old"}
)


def label_words(text: str) -> Labelled:
    """Each word of an address with ``usaddress``'s name for its part, in order; a second copy as the first."""
    before, labelled, behind = _label(text)
    label_of = {usps.bare(word): label for word, label in reversed(labelled)}
    copies = [[(word, label_of.get(usps.bare(word), "NotAddress")) for word in words] for words in (before, behind)]
    return [*copies[0], *labelled, *copies[1]]


def label_address(text: str) -> Labelled:
    """As :func:`label_words`, of the address alone where the line tells it twice."""
    return _label(text)[1]


def _label(text: str) -> tuple[list[str], Labelled, list[str]]:
    words = _opened(text).split()
    start, end = _one_copy(words)
    line, country = _without_country(" ".join(words[start:end]))
    labelled = list(usaddress.parse(line)) if line else []
    for mend in _MENDS:
        labelled = mend(labelled)
    return words[:start], labelled + [(word, "CountryName") for word in country.split()], words[end:]


def _opened(text: str) -> str:
    """Put back the space lost before "#" and behind "St" in "Main StBlacksburg"; close "32 - 233 M Street"."""
    unwrapped = _UNIT_IN_BRACKETS.sub(r"\1", text.replace("\\n", " "))
    closed = _SPACED_DASH.sub(r"\1-", _GLUED_SIGN.sub(" ", unwrapped).strip())
    words = [_CAPITAL_INSIDE.split(word, maxsplit=1) for word in closed.split()]
    return " ".join(
        " ".join(word) if position > 1 and usps.is_common_suffix(word[0]) else "".join(word)
        for position, word in enumerate(words)
    )


def _one_copy(words: list[str]) -> tuple[int, int]:
    """Where one address begins and ends in a line that tells it twice, before its place or behind its ZIP code."""
    plain = [re.sub(r"\W", "", word).lower() for word in words]
    start = 0
    for length in range(2, len(plain) // 2 + 1):
        if plain[0].isdigit() and plain[:length] == plain[length : 2 * length]:
            start = length
    for position in range(start + 3, len(plain) - 1):
        told, again = set(plain[start : position + 1]), [word.lstrip("0") for word in plain[position + 1 :]]
        known = told | {plain[position][:5], plain[position][:5].lstrip("0")}
        if _ZIP.fullmatch(words[position].strip(",.")) and all(word in known for word in again):
            return start, position + 1
    return start, len(words)


def _without_country(line: str) -> tuple[str, str]:
    found = _COUNTRY.search(line)
    return (line[: found.start()], found.group(1)) if found and found.start() else (line, "")


def _zip_is_no_number(labelled: Labelled) -> Labelled:
    """ "…, Palm Coast, 32137, Florida": five digits behind a street and a comma are a ZIP code if none is named."""
    if any(label == "ZipCode" for _, label in labelled):
        return labelled
    for position in range(len(labelled) - 1, 1, -1):
        word = labelled[position][0].strip(" ,.")
        if _ZIP.fullmatch(word) and labelled[position - 1][0].endswith(",") and find_zip(word[:5]):
            return _relabelled(labelled, position, position + 1, "ZipCode")
    return labelled


def _place_between_commas(labelled: Labelled) -> Labelled:
    """ "Street, City, ST 12345" needs no guessing."""
    end = _place_end(labelled)
    start = end
    while start > 0 and not (start < end and labelled[start - 1][0].endswith(",")):
        start -= 1
    if start < end and labelled[start][1] == "StreetNamePostDirectional":
        start += 1
    if not 0 < start < end or not labelled[end - 1][0].endswith(",") or end == len(labelled):
        return labelled
    words, labels = zip(*labelled[start:end], strict=True)
    is_place = len(words) <= 4 and not any(sign.isdigit() for word in words for sign in word)
    return _relabelled(labelled, start, end, "PlaceName") if is_place and not _NO_PLACE & set(labels) else labelled


def _place_of_the_zip(labelled: Labelled) -> Labelled:
    """The words before the state are the longest name of a town that the ZIP code, or else the state, serves.

    What the library reads as part of the street stays there: streets are named for towns.
    """
    end = _place_end(labelled)
    known = _towns(labelled[end:])
    if end == len(labelled) or not known:
        return labelled
    for start in range(max(1, end - 4), end):
        if _TAKEN & {label for _, label in labelled[start:end]}:
            continue
        if place_key(" ".join(word for word, _ in labelled[start:end])) in known:
            return _directional_before(_relabelled(labelled, start, end, "PlaceName"), start)
    return labelled


def _towns(tail: Labelled) -> frozenset[str]:
    zips = [word.strip(" ,.")[:5] for word, label in tail if label == "ZipCode"]
    area = find_zip(zips[-1]) if zips else None
    if area:
        return area.city_keys
    state = usps.state_code(" ".join(word for word, label in tail if label == "StateName"))
    return cities_of_state(state) if state else frozenset()


def _directional_before(labelled: Labelled, start: int) -> Labelled:
    """ "Baker St S Kerrville" with a town called Kerrville: the S belongs to the street."""
    word, label = labelled[start - 1]
    behind, behind_label = labelled[start - 2] if start > 1 else ("", "")
    is_zip_named = any(name == "ZipCode" for _, name in labelled)
    if label == "PlaceName" and usps.directional(word) and is_zip_named and _goes_on(behind, behind_label):
        return _relabelled(labelled, start - 1, start, "StreetNamePostDirectional")
    return labelled


def _goes_on(word: str, label: str) -> bool:
    """Whether a street's words may go on behind this one."""
    return label in _STREET and not word.endswith(",")


def _place_end(labelled: Labelled) -> int:
    """Where the place's name would end: before the state and the ZIP code at the end of the line."""
    end = len(labelled)
    while end and labelled[end - 1][1] in {"ZipCode", "ZipPlus4", "CountryName"}:
        end -= 1
    for words in (4, 3, 2, 1):
        state = usps.state_code(" ".join(word for word, _ in labelled[max(0, end - words) : end]))
        if state and end > words:
            is_told_twice = labelled[end - words - 1][0].strip(" ,.").upper() == state  # "Memphis TN, TN"
            return end - words - is_told_twice
    return end


def _house_number_holds_a_digit(labelled: Labelled) -> Labelled:
    """ "Homer Spit Road" and "I-25 Highway 87" begin with their street."""
    labels = [label for _, label in labelled]
    first = next((at for at, label in enumerate(labels) if label == "AddressNumber"), None)
    if first is None or first + 1 >= len(labels) or labels[first + 1] not in _STREET:
        return labelled
    word = usps.bare(labelled[first][0])
    has_no_digit = word.isalpha() and len(word) > 2 and not _NUMBER_WORDS.fullmatch(word)
    if has_no_digit or re.fullmatch(r"i-?\d+", word):
        return _relabelled(labelled, first, first + 1, "StreetName")
    return labelled


def _number_of_a_road(labelled: Labelled) -> Labelled:
    """ "State Route 410": a number that follows the type of road is the road's name."""
    return [
        (word, "StreetName")
        if label == "AddressNumber" and position and labelled[position - 1][1] == "StreetNamePreType"
        else (word, label)
        for position, (word, label) in enumerate(labelled)
    ]


def _number_before_the_street(labelled: Labelled) -> Labelled:
    """ "300 East Randolph St": digits before a directional number the house, where nothing else does."""
    if any(label == "AddressNumber" for _, label in labelled):
        return labelled
    first = next((at for at, (_, label) in enumerate(labelled) if label in _STREET), None)
    if (
        first is None
        or first + 2 >= len(labelled)
        or not re.fullmatch(r"\d{1,6}[a-z]?", labelled[first][0].lower())
    ):
        return labelled
    if usps.directional(labelled[first + 1][0]) and labelled[first + 2][1] in _STREET:
        return _relabelled(labelled, first, first + 1, "AddressNumber")
    return labelled


def _ordinal_names_the_street(labelled: Labelled) -> Labelled:
    """ "10 116th court": behind the house's number an ordinal names the street, where nothing else does."""
    if any(label == "StreetName" for _, label in labelled):
        return labelled
    return [
        (word, "StreetName")
        if position and label == labelled[position - 1][1] == "AddressNumber" and _ORDINAL.fullmatch(word)
        else (word, label)
        for position, (word, label) in enumerate(labelled)
    ]


def _letter_of_the_number(labelled: Labelled) -> Labelled:
    """ "530 A Ramona Street": a letter before a one-word name belongs to the number; that of A Street does not."""
    labels = [label for _, label in labelled[:4]]
    if labels == ["AddressNumber", "StreetName", "StreetName", "StreetNamePostType"]:
        letter = usps.bare(labelled[1][0])
        if letter in set("abcd") and labelled[2][0][:1].isalpha():
            return _relabelled(labelled, 1, 2, "AddressNumberSuffix")
    return labelled


def _sign_and_number(labelled: Labelled) -> Labelled:
    """ "… Maple Court # 1": behind a street, a sign and its number are a unit; roads have numbers of their own."""
    for position in range(2, len(labelled) - 1):
        (before, _), (owner, _) = labelled[position - 1], labelled[position - 2]
        is_street = all(label in _STREET for _, label in labelled[position - 1 : position + 2])
        if labelled[position][0] != "#" or not is_street or not usps.is_common_suffix(before):
            continue
        if usps.bare(owner) not in _ROAD_OWNERS and usps.suffix(before) not in {"Hwy", "Rd"}:
            return _relabelled(labelled, position, position + 2, "OccupancyIdentifier")
    return labelled


def _part_of_the_house(labelled: Labelled) -> Labelled:
    """ "… Main St rear": behind a street such a word is a unit, unless it begins the town's name (Front Royal)."""
    for position in range(2, len(labelled)):
        (word, label), (_, before_label) = labelled[position], labelled[position - 1]
        if usps.bare(word) == "floor" and label == "PlaceName" and before_label == "OccupancyIdentifier":
            return _relabelled(labelled, position, position + 1, "OccupancyType")
        is_alone = position + 1 == len(labelled) or word.endswith(",") or labelled[position + 1][1] != "PlaceName"
        is_misread = label == "PlaceName" or (label == "StreetNamePostDirectional" and not usps.directional(word))
        if usps.bare(word) in _UNITS_BY_PLACE and is_misread and before_label in _STREET and is_alone:
            return _relabelled(labelled, position, position + 1, "OccupancyIdentifier")
    return labelled


def _type_before_the_name(labelled: Labelled) -> Labelled:
    """ "3 Avenue B": a street has a name; a lone letter behind its type is one, not a unit."""
    if any(label == "StreetName" for _, label in labelled):
        return labelled
    for position in range(1, len(labelled) - 1):
        (_, label), (name, next_label) = labelled[position], labelled[position + 1]
        if label == "StreetNamePostType" and next_label == "OccupancyIdentifier" and len(usps.bare(name)) == 1:
            named = _relabelled(labelled, position, position + 1, "StreetNamePreType")
            return _relabelled(named, position + 1, position + 2, "StreetName")
    return labelled


def _state_is_a_state(labelled: Labelled) -> Labelled:
    """ "St Louis MO": a word that is part of no state's name belongs to the town behind it."""
    mended = list(labelled)
    for position, (word, label) in enumerate(labelled[:-1]):
        if label == "StateName" and labelled[position + 1][1] == "PlaceName" and not usps.state_code(word):
            mended[position] = (word, "PlaceName")
    return mended


def _type_behind_the_name(labelled: Labelled) -> Labelled:
    """ "Beach Road": what stands behind the street's name is no type before it, and a street has a name."""
    types = [at for at, (_, label) in enumerate(labelled) if label == "StreetNamePreType"]
    named_at = next((at for at, (_, label) in enumerate(labelled) if label == "StreetName"), -1)
    is_nameless = named_at < 0 and (len(types) < 2 or usps.bare(labelled[types[0]][0]) in _ROAD_OWNERS)
    late = [] if is_nameless else [at for at in types if at > named_at]
    has_name_behind = late and any(label == "StreetName" for _, label in labelled[late[-1] :])
    if not late or has_name_behind or any(label == "IntersectionSeparator" for _, label in labelled):
        return labelled
    mended = list(labelled)
    for position in late:
        mended[position] = (mended[position][0], "StreetNamePostType" if position == late[-1] else "StreetName")
    return mended


def _type_ends_the_street(labelled: Labelled) -> Labelled:
    """ "116th court #12": a street that ends in one of the few common types has that type."""
    names = [at for at, (_, label) in enumerate(labelled) if label == "StreetName"]
    is_typed = any(label in {"StreetNamePreType", "StreetNamePostType"} for _, label in labelled)
    last = labelled[names[-1]][0] if len(names) > 1 else ""
    if is_typed or not usps.is_common_suffix(last) or usps.suffix(last) == "Hwy":
        return labelled
    return _relabelled(labelled, names[-1], names[-1] + 1, "StreetNamePostType")


def _relabelled(labelled: Labelled, start: int, end: int, label: str) -> Labelled:
    return labelled[:start] + [(word, label) for word, _ in labelled[start:end]] + labelled[end:]


_MENDS: Final[tuple[Callable[[Labelled], Labelled], ...]] = (
    _zip_is_no_number,
    _state_is_a_state,
    _house_number_holds_a_digit,
    _number_of_a_road,
    _number_before_the_street,
    _letter_of_the_number,
    _sign_and_number,
    _ordinal_names_the_street,
    _type_behind_the_name,
    _type_ends_the_street,
    _type_before_the_name,
    _part_of_the_house,
    _place_between_commas,
    _place_of_the_zip,
)
