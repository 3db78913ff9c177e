"""Asks each reader in turn, keeps what is left as text, and reads the rest again until there is nothing to read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from leads import fair_housing
from leads.gazetteer import Place
from leads.normalise.place import miles_between
from marketplace.filters import ListingFilters
from marketplace.understanding.areas import read_areas
from marketplace.understanding.distances import read_distances
from marketplace.understanding.keeping import kept_aside, put_back
from marketplace.understanding.kinds import read_kinds, read_sorts, read_types
from marketplace.understanding.money import read_money
from marketplace.understanding.places import read_names, read_places
from marketplace.understanding.reading import GAP, Reading
from marketplace.understanding.rooms import read_rooms, read_studio
from marketplace.understanding.scores import read_scores
from marketplace.understanding.spelling import put_right, put_wishes_right
from marketplace.understanding.times import read_times
from marketplace.understanding.words import FILLERS

LONGEST: Final = 120
"""Characters of a search that are read; the doors refuse longer ones."""
REMEMBERED: Final = 1_024
MILES_ACROSS_A_CITY: Final = 30
WHERE: Final = frozenset({"near", "radius_miles", "city", "county", "state", "zip"})
_MARKS: Final = ".,;:!?-/&'()+*#@~=<>$%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """What a search means: ``facts`` by the names of ListingFilters, ``text`` what nobody understood.

    ``place`` is what ``near`` was said by, ``left_out`` a second place: a search lies in one. ``is_refused`` where
    people were asked for, which finds nothing by them.
    """

    facts: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
    place: Place | None = None
    left_out: Place | None = None
    is_refused: bool = False

    @property
    def says_something(self) -> bool:
        """Whether there is more in it than words to search for as they were typed."""
        return bool(self.facts) or self.is_refused

    def filters(self) -> ListingFilters:
        """The search that is meant."""
        return ListingFilters(q=self.text, **self.facts)

    def document(self) -> dict[str, Any]:
        """The same for JSON: each fact, then ``place``, ``text`` and ``refused``."""
        facts = {name: list(fact) if isinstance(fact, tuple) else fact for name, fact in self.facts.items()}
        place = self.place.label if self.place and "near" in self.facts else ""
        return {**facts, "place": place, "text": self.text, "refused": self.is_refused}


@lru_cache(REMEMBERED)
def understand(words: str) -> Understanding:
    """Read a search. It never fails: what is not understood is left as text, in small letters.

    Understanding ``text`` again finds nothing.
    """
    found = _read(words[:LONGEST])
    while found.text and (more := _read(found.text)).text != found.text:
        found = _merged(found, more)
    return found


def read_literally(words: str) -> Understanding:
    """A search for the words as typed, but for those that choose people."""
    text = fair_housing.searchable(words)
    return Understanding(text=text, is_refused=text != " ".join(words.lower().split()))


def _merged(first: Understanding, more: Understanding) -> Understanding:
    """Both, but one place: the first, or what lies in the city that was said first ("Chicago, Lincoln Park")."""
    kept, added = first, more
    is_elsewhere = False
    if first.place and more.place:
        is_elsewhere = miles_between(first.place.point, more.place.point) > MILES_ACROSS_A_CITY
        if "near" in more.facts and "city" in first.facts and not is_elsewhere:
            kept, added = more, first
    has_place = not WHERE.isdisjoint(kept.facts)
    beside = {name: fact for name, fact in added.facts.items() if not (has_place and name in WHERE)}
    return Understanding(
        facts={**beside, **kept.facts},
        text=more.text,
        place=kept.place or added.place,
        left_out=first.left_out or (more.place if is_elsewhere else None),
        is_refused=first.is_refused or more.is_refused,
    )


def _read(words: str) -> Understanding:
    reading = Reading(words)
    _refuse(reading, fair_housing.without_steering(reading.text, instead=GAP))
    put_right(reading)
    kept = kept_aside(reading)
    for read in (read_distances, read_areas, read_rooms, read_times, read_scores, read_money, read_places):
        read(reading)
    for read in (read_sorts, read_kinds, read_types, read_studio):
        read(reading)
    _refuse(reading, fair_housing.without_people(reading.text, instead=GAP))
    put_wishes_right(reading)
    read_names(reading)
    left = (word.strip(_MARKS) for word in reading.text.replace(GAP, " ").split())
    text = put_back(kept, " ".join(word for word in left if word and word not in FILLERS))
    return Understanding(facts=reading.facts, text=text, place=reading.place, is_refused=reading.is_refused)


def _refuse(reading: Reading, allowed: str) -> None:
    reading.is_refused = reading.is_refused or allowed != reading.text
    reading.text = allowed
