"""Which place a run of words names, with the state or the town that is said after it.

A name of several places means the one that most people live in, unless the state is said. A town that two or three
letters stand for is known by its nickname; "downtown X" is the middle of X.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

from leads import usps
from leads.gazetteer import Place, find_county, find_place, find_place_around, find_zip_place
from marketplace.understanding.distances import NEAR
from marketplace.understanding.reading import Reading
from marketplace.understanding.words import FILLERS, ORDINARY

LONGEST_NAME: Final = 6
LONGEST_MISSPELT: Final = 4
LONGEST_STATE: Final = 3
SHORTEST_MISSPELT: Final = 5
LONGEST_TOWN: Final = 3
A_TOWN: Final = 1_000
LIVED_IN: Final = frozenset({"city", "neighbourhood", "lake", "landmark", "region"})
WIDE: Final = frozenset({"city", "county"})
A_CITY: Final = frozenset({"city"})
ZIP: Final = re.compile(r"(?<![\d$.-])\d{5}(?:-\d{4})?(?![\d.])")
_TOKEN: Final = re.compile(rf"[a-z0-9][a-z0-9&'./-]*|[,;]|{NEAR}")
COUNTY_WORDS: Final = frozenset({"county", "parish", "borough", "co"})
_CODES_THAT_JOIN: Final = frozenset({"in", "or", "me", "ok", "as"})
_AFTER_A_PLACE: Final = frozenset({";", ",", NEAR, "with", "under", "over", "for", "by", "below", "that", "w"})
_TOWNS_AFTER_IN: Final = frozenset(
    {"bend", "enterprise", "independence", "liberty", "normal", "orange", "paradise", "surprise"}
)
NO_TOWN_AFTER_IN: Final = (FILLERS | ORDINARY) - _TOWNS_AFTER_IN
NICKNAMES: Final = {
    "nyc": ("New York", "NY"), "new york city": ("New York", "NY"), "new york": ("New York", "NY"),
    "manhattan": ("New York", "NY"), "sf": ("San Francisco", "CA"), "san fran": ("San Francisco", "CA"),
    "philly": ("Philadelphia", "PA"), "vegas": ("Las Vegas", "NV"), "dc": ("Washington", "DC"),
    "washington dc": ("Washington", "DC"), "nola": ("New Orleans", "LA"), "okc": ("Oklahoma City", "OK"),
    "slc": ("Salt Lake City", "UT"), "indy": ("Indianapolis", "IN"), "jax": ("Jacksonville", "FL"),
    "st pete": ("St. Petersburg", "FL"), "saint pete": ("St. Petersburg", "FL"), "kc": ("Kansas City", "MO"),
    "stl": ("St. Louis", "MO"), "cincy": ("Cincinnati", "OH"), "abq": ("Albuquerque", "NM"),
    "atl": ("Atlanta", "GA"), "the bronx": ("Bronx", "NY"), "bmore": ("Baltimore", "MD"),
    "la": ("Los Angeles", "CA"),
    "chi-town": ("Chicago", "IL"), "h-town": ("Houston", "TX"), "sacto": ("Sacramento", "CA"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """A place in the tokens from ``begin`` to before ``end``; ``is_near`` where it was said so."""

    place: Place
    begin: int
    end: int
    is_near: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """The words of a search; ``capitals`` are those that were typed in capitals, ``state`` is one said apart."""

    tokens: list[str]
    capitals: Collection[str] = ()
    state: str = ""

    @classmethod
    def of(cls, text: str, *, capitals: Collection[str], state: str = "") -> "Line":
        return cls(_TOKEN.findall(text), capitals, state)

    def spans(self, begin: int, *, longest: int) -> range:
        """The ends of the runs of words that begin here, the longest first."""
        return range(min(begin + longest, len(self.tokens)), begin, -1)

    def name(self, begin: int, end: int) -> str:
        """The words as one name; "" where something stands between them, or where they are numbers alone."""
        words = self.tokens[begin:end]
        is_broken = any(word in {",", ";", NEAR} for word in words) or not any(word[0].isalpha() for word in words)
        return "" if is_broken else " ".join(words)

    def after_the(self, at: int) -> int:
        return at + (self.tokens[at : at + 1] == ["the"])

    def place_at(self, begin: int, *, is_near: bool = False) -> Found | None:
        """The longest name that begins here, with the state or the town that is said after it."""
        for end in self.spans(begin, longest=LONGEST_NAME):
            if not (name := self.name(begin, end)):
                continue
            state, after = self.state_at(end)
            if state and (place := called(name, state, is_near=is_near)):
                return Found(place, begin, after)
            if name in NO_TOWN_AFTER_IN or (usps.state_code(name) and name not in NICKNAMES):
                return None
            if place := called(name, is_near=is_near):
                return self.in_its_town(Found(place, begin, end))
        return None

    def misspelt_at(self, begin: int) -> Found | None:
        """The longest name that begins here with a letter wrong, or two."""
        for end in self.spans(begin, longest=LONGEST_MISSPELT):
            name = self.name(begin, end)
            if usps.state_code(name):
                return None
            if len(name) < SHORTEST_MISSPELT or not FILLERS.isdisjoint((self.tokens[begin], self.tokens[end - 1])):
                continue
            state, after = self.state_at(end)
            if self.has_a_name(begin, end) and (place := find_place(name, state=state, least=A_TOWN, forgive=True)):
                return Found(place, begin, after)
        return None

    def has_a_name(self, begin: int, end: int) -> bool:
        """Whether any of the words is no word of adverts."""
        return any(map(may_be_a_name, self.tokens[begin:end]))

    def state_at(self, at: int) -> tuple[str, int]:
        """The state that is said here, after a comma or not, and where it ends; "" and ``at`` for none."""
        begin = at + (self.tokens[at : at + 1] == [","])
        for end in self.spans(begin, longest=LONGEST_STATE):
            code = usps.state_code(" ".join(self.tokens[begin:end]))
            is_long = end - begin > 1 or len(self.tokens[begin]) > 2
            if code and (is_long or begin > at or self._ends_a_place(begin)):
                return code, end
        return "", at

    def in_its_town(self, found: Found) -> Found:
        """ "Capitol Hill Seattle": of several places of a name the one in the town that is said next."""
        begin = found.end
        while begin < len(self.tokens) and self.tokens[begin] in {",", "in", "at"}:
            begin += 1
        for end in self.spans(begin, longest=LONGEST_TOWN):
            name = "" if self.tokens[begin] in FILLERS else self.name(begin, end)
            its_own = find_place_around(name, found.place.point) if name and found.place.kind not in WIDE else None
            if its_own and its_own.kind == "city" and its_own.weight >= A_TOWN:
                return Found(found.place, found.begin, self.state_at(end)[1])
            town = self._town(begin, end)
            if town and town.place.weight >= A_TOWN:
                place = find_place_around(self.name(found.begin, found.end), town.place.point)
                return Found(place, found.begin, town.end) if place and place.kind not in WIDE else found
        return found

    def _town(self, begin: int, end: int) -> Found | None:
        name = self.name(begin, end)
        if not name or self.tokens[begin] in FILLERS:
            return None
        state, after = self.state_at(end)
        place = _city(name, state)
        return Found(place, begin, after) if place else None

    def _ends_a_place(self, at: int) -> bool:
        """Whether "or", "in" and their like stand for a state: in capitals, or where they join nothing."""
        token, following = self.tokens[at], self.tokens[at + 1 : at + 2]
        if token not in _CODES_THAT_JOIN or token in self.capitals or not following:
            return True
        return following[0] in _AFTER_A_PLACE or bool(ZIP.fullmatch(following[0]))


def called(name: str, state: str = "", *, is_near: bool = False) -> Place | None:
    """The place of that name: by nickname, as the middle of a city, as a city, or as what is well known.

    Homes lie in a town before they lie in a campus or a base of its name, and near the base before the town.
    """
    nickname, nick_state = NICKNAMES.get(name, ("", ""))
    if nickname and state in {"", nick_state}:
        return find_place(nickname, state=nick_state, kinds=A_CITY)
    middle_of = name.removeprefix("downtown ").removesuffix(" downtown")
    if middle_of != name:
        city = _city(middle_of, state, least=A_TOWN)
        return city and replace(city, name=f"Downtown {city.name}", kind="downtown")
    lived_in = None if is_near else find_place(name, state=state, kinds=LIVED_IN, least=A_TOWN)
    return lived_in or find_place(name, state=state)


def place_named(text: str) -> Place | None:
    """The place that a text names and nothing else: as typed, or as :attr:`Place.label` says it."""
    reading = Reading(text)
    line = Line.of(reading.text, capitals=reading.capitals)
    if line.tokens and ZIP.fullmatch(line.tokens[0]):
        return find_zip_place(line.tokens[0][:5])
    county = _county_named(line)
    found = line.place_at(0, is_near=True) or line.misspelt_at(0)
    return county or (found.place if found else None)


def _county_named(line: Line) -> Place | None:
    for at, token in enumerate(line.tokens):
        if token in COUNTY_WORDS and (name := line.name(0, at)):
            return find_county(name, state=line.state_at(at + 1)[0])
    return None


def may_be_a_name(token: str) -> bool:
    """Whether a word may name a place with nothing else said: no filler, and no word that adverts are full of."""
    return len(token) >= 2 and token[0].isalpha() and token not in FILLERS and token not in ORDINARY


def _city(name: str, state: str, *, least: int = 0) -> Place | None:
    nickname, nick_state = NICKNAMES.get(name, (name, ""))
    return find_place(nickname, state=state or nick_state, kinds=A_CITY, least=least)
