"""Where: "in Travis County", "austin tx", "78704", "within 10 miles of downtown Dallas", "near UT Austin".

A place that homes lie near, and any place with a distance, becomes a point and a radius; a city, county, ZIP code
or state stays one. One place is read, or several ZIP codes; what is certain comes before what is likely.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from leads import usps
from leads.gazetteer import Place, find_county, find_place, find_zip_place
from marketplace.understanding.distances import NEAR
from marketplace.understanding.naming import (
    A_TOWN,
    COUNTY_WORDS,
    LONGEST_NAME,
    LONGEST_STATE,
    NICKNAMES,
    SHORTEST_MISSPELT,
    WIDE,
    ZIP,
    Found,
    Line,
    called,
    may_be_a_name,
)
from marketplace.understanding.reading import GAP, Reading
from marketplace.understanding.words import FILLERS, ORDINARY, PHRASES

MILES_AROUND: Final = {"city": 10.0, "county": 10.0, "region": 30.0}
MILES_AROUND_A_SPOT: Final = 5.0
KNOWN_TO_EVERYBODY: Final = 20_000
MANY_ENOUGH: Final = 500
LONGEST_COUNTY: Final = 4
SHORTEST_COUNTY: Final = 6
LONGEST_CODE: Final = 3
PLACED: Final = frozenset({"near", "city", "county"})
_COUNTY_WORD: Final = re.compile(
    r"\s(?:County|Parish|Borough|Census Area|Municipality|City and Borough|Municipio)$"
)
_INTO: Final = frozenset({"in", "at", "inside", "throughout", "of", "from", "within", "for"})
_ALSO_NEAR: Final = frozenset({"around", "by"})
_CODES_THAT_ARE_WORDS: Final = frozenset(
    {"al", "as", "co", "ct", "de", "hi", "id", "in", "la", "ma", "me", "mi", "mo", "ms", "mt", "ne", "oh", "ok",
     "or", "pa"}
)  # fmt: skip


def read_places(reading: Reading) -> None:
    """Note a place that cannot be mistaken: by its context, its state, or several words that name it alone."""
    _read_zips(reading)
    for look in (_after_near, _county, _after_in, _before_state, _several_words):
        _take(reading, look)


def read_names(reading: Reading) -> None:
    """Note a state, and a place that is named by one word and nothing else; asked last."""
    if PLACED.isdisjoint(reading.facts) and "zip" not in reading.facts:
        _take_state(reading)
        for look in (_one_word, _county_alone, _misspelt):
            _take(reading, look)
    reading.text = reading.text.replace(NEAR, GAP)


def miles_around(place: Place) -> float:
    """How far from a place homes are near it where nobody says how far."""
    return MILES_AROUND.get(place.kind, MILES_AROUND_A_SPOT)


def _line(reading: Reading) -> Line:
    return Line.of(reading.text, capitals=reading.capitals, state=reading.facts.get("state", ""))


def _take(reading: Reading, look: Callable[[Line], Found | None]) -> None:
    """Note what ``look`` finds where no place is known yet, and read its words no more."""
    line = _line(reading)
    if PLACED.isdisjoint(reading.facts) and (found := look(line)):
        _note(reading, found)
        is_led = found.begin > 0 and line.tokens[found.begin - 1] in {NEAR, *_INTO, *_ALSO_NEAR}
        _cut(reading, line, found.begin - is_led, found.end)


def _cut(reading: Reading, line: Line, begin: int, end: int) -> None:
    reading.text = " ".join([*line.tokens[:begin], GAP, *line.tokens[end:]])


def _note(reading: Reading, found: Found) -> None:
    """A city and a county narrow; near one, and near everything else, homes lie within a radius."""
    place = reading.place = found.place
    if found.is_near or reading.miles or place.kind not in WIDE:
        for name in ("zip", "state"):
            reading.facts.pop(name, None)
        reading.note(near=place.point, radius_miles=reading.miles or miles_around(place))
    elif place.kind == "county":
        reading.facts |= {"county": _COUNTY_WORD.sub("", place.name), "state": place.state}
    else:
        reading.facts |= {"city": place.name, "state": place.state}


def _read_zips(reading: Reading) -> None:
    """ZIP codes that there are: one that homes lie near, or all."""
    _take(reading, _zip_after_near)
    reading.each(ZIP, lambda found: bool(find_zip_place(found[0][:5])) and reading.add("zip", found[0][:5]))
    if reading.miles and "zip" in reading.facts and (place := find_zip_place(reading.facts["zip"][0])):
        _note(reading, Found(place, 0, 0))


def _zip_after_near(line: Line) -> Found | None:
    for at, (token, following) in enumerate(zip(line.tokens, line.tokens[1:], strict=False), start=1):
        is_zip = token in {NEAR, *_ALSO_NEAR} and ZIP.fullmatch(following)
        if is_zip and (place := find_zip_place(following[:5])):
            return Found(place, at, at + 1, is_near=True)
    return None


def _after_near(line: Line) -> Found | None:
    """What follows "near" or a distance, misspelt too, and "around" or "by" where that is a place for certain."""
    for at, before in enumerate(line.tokens, start=1):
        if before not in {NEAR, *_ALSO_NEAR}:
            continue
        begin = line.after_the(at)
        found = line.place_at(at, is_near=True) or line.place_at(begin, is_near=True)
        if not found and before == NEAR:
            found = line.misspelt_at(begin)
        if found:
            return replace(found, begin=at, is_near=True)
    return None


def _county(line: Line) -> Found | None:
    """ "Travis County", "king county wa", "Orleans Parish": the longest name that a county has."""
    for at, token in enumerate(line.tokens):
        for begin in range(max(0, at - LONGEST_COUNTY), at) if token in COUNTY_WORDS else ():
            name = line.name(begin, at)
            state, end = line.state_at(at + 1)
            county = find_county(name, state=state, forgive=begin == at - 1) if name else None
            if county:
                return Found(county, begin, end)
    return None


def _after_in(line: Line) -> Found | None:
    """What follows "in" and its like; misspelt too, after "in" alone."""
    for at, before in enumerate(line.tokens, start=1):
        if before in _INTO and (found := line.place_at(at) or line.place_at(line.after_the(at))):
            return found
    misspelt = (line.misspelt_at(at) for at, before in enumerate(line.tokens, start=1) if before == "in")
    return next(filter(None, misspelt), None)


def _before_state(line: Line) -> Found | None:
    """A name with its state: "Portland OR", "austin, texas"; misspelt, too."""
    for begin, first in enumerate(line.tokens):
        for end in line.spans(begin, longest=LONGEST_NAME) if first not in FILLERS else ():
            state, after = line.state_at(end)
            name = line.name(begin, end) if state else ""
            place = (
                (called(name, state) or find_place(name, state=state, forgive=True, least=A_TOWN)) if name else None
            )
            if place:
                return Found(place, begin, after)
    return None


def _several_words(line: Line) -> Found | None:
    """The longest name of several words, where these are not the words of an ordinary advert."""
    found: list[Found] = []
    for begin, first in enumerate(line.tokens):
        for end in line.spans(begin, longest=LONGEST_NAME):
            name = line.name(begin, end)
            is_a_name = name and end - begin > 1 and name not in PHRASES and not _is_a_state(line, begin, end)
            is_doubtful = first in FILLERS or ORDINARY.issuperset(line.tokens[begin:end])
            place = called(name) if is_a_name else None
            if place and place.weight >= (KNOWN_TO_EVERYBODY if is_doubtful else MANY_ENOUGH):
                found.append(line.in_its_town(Found(place, begin, end)))
                break
    return max(found, key=lambda one: (one.end - one.begin, one.place.weight), default=None)


def _is_a_state(line: Line, begin: int, end: int) -> bool:
    """ "Washington state" is no university and "upstate New York" no city."""
    words = line.tokens[begin:end]
    is_said = words[-1] == "state" or line.tokens[begin - 1 : begin] == ["upstate"]
    return is_said and bool(usps.state_code(" ".join(words).removesuffix(" state")))


def _one_word(line: Line) -> Found | None:
    """The first word that names a large place, or the one that names the largest, if it is no word of adverts."""
    found: list[Found] = []
    for at, token in enumerate(line.tokens):
        place = called(token, line.state) if may_be_a_name(token) else None
        if place and place.weight >= MANY_ENOUGH and _is_meant(line, token, place.kind):
            found.append(line.in_its_town(Found(place, at, at + 1)))
    large = (one for one in found if one.place.weight >= KNOWN_TO_EVERYBODY)
    return next(large, None) or max(found, key=lambda one: one.place.weight, default=None)


def _is_meant(line: Line, token: str, kind: str) -> bool:
    """Whether a short word names a campus or an airport: only in capitals."""
    return len(token) > LONGEST_CODE or kind in WIDE or token in line.capitals or token in NICKNAMES


def _county_alone(line: Line) -> Found | None:
    """A county that is no other place's name: "Miami-Dade"."""
    for at, token in enumerate(line.tokens):
        is_a_name = len(token) >= SHORTEST_COUNTY and may_be_a_name(token) and not find_place(token)
        if is_a_name and (county := find_county(token, state=line.state)):
            return Found(county, at, at + 1)
    return None


def _misspelt(line: Line) -> Found | None:
    """A large city, or a well-known place, with a letter wrong; the longest name first."""
    spans = ((begin, begin + length) for length in (3, 2, 1) for begin in range(len(line.tokens) - length + 1))
    for begin, end in spans:
        name = line.name(begin, end)
        is_a_name = line.has_a_name(begin, end) and FILLERS.isdisjoint(line.tokens[begin:end])
        if is_a_name and len(name) >= SHORTEST_MISSPELT:
            place = find_place(name, state=line.state, least=KNOWN_TO_EVERYBODY, forgive=True)
            if place:
                return Found(place, begin, end)
    return None


def _take_state(reading: Reading) -> None:
    """A state by its name or code; a code that is also a word only in capitals or after "in"."""
    line = _line(reading)
    for begin, first in enumerate(line.tokens):
        for end in line.spans(begin, longest=LONGEST_STATE) if first not in NICKNAMES else ():
            code = usps.state_code(" ".join(line.tokens[begin:end]))
            if code and (end - begin > 1 or len(first) > 2 or _is_code(line, begin)):
                reading.note(state=code)
                is_led = begin > 0 and line.tokens[begin - 1] in _INTO
                _cut(reading, line, begin - is_led, end + (line.tokens[end : end + 1] == ["state"]))
                return


def _is_code(line: Line, at: int) -> bool:
    token = line.tokens[at]
    is_after_in = at > 0 and line.tokens[at - 1] == "in"
    return token in line.capitals or token not in _CODES_THAT_ARE_WORDS or is_after_in
