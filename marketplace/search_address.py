"""The one address of a search: no blanks and no defaults in it, and its words understood as explicit filters.

``q`` keeps what is left to search as text, ``typed`` says what was typed, ``literal=1`` keeps words as they are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.http import QueryDict

from leads.gazetteer import Place
from marketplace.filters import PLACE, Sort
from marketplace.forms.finding import FilterForm
from marketplace.understanding import Understanding, place_named, read_literally, understand

DEFAULTS: Final = {("beds_min", 0.0)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How the words of a search were taken, read or literally, and the query string of the other way.

    ``left_out`` is a second place that was asked for, ``there`` the query string of the same search in it.
    """

    typed: str
    is_literal: bool
    is_refused: bool
    other_way: str
    left_out: str = ""
    there: str = ""


def canonical(query: QueryDict, *, without: str = "") -> QueryDict:
    """The parameters of the search's own address, but for ``without``."""
    tidy = query.copy()
    for name in list(tidy):
        kept = [value for value in tidy.getlist(name) if name != without and value]
        tidy.setlist(name, kept) if kept else tidy.pop(name)
    if "zip" in tidy:
        tidy.setlist("zip", list(dict.fromkeys(" ".join(tidy.getlist("zip")).replace(",", " ").split())))
    words = tidy.get("q", "")
    if words and "literal" not in tidy and _can_be_read(words):
        understood = understand(words)
        tidy = _explicit(tidy, words, understood) if understood.says_something else tidy
    return _without_usual_sort(tidy)


def _without_usual_sort(query: QueryDict) -> QueryDict:
    """The order that nobody needs to ask for is not told: the best match of words, the newest of all else."""
    usual = Sort.MATCH if query.get("q") and "literal" not in query else Sort.NEWEST
    if query.get("sort") == usual:
        del query["sort"]
    return query


def told(query: QueryDict) -> Told | None:
    """How the words of a canonical address were taken; ``None`` where there is nothing to tell."""
    words = query.get("q", "")
    if "literal" in query and words:
        other = query.copy()
        other.pop("literal")
        return Told(
            typed=words, is_literal=True, is_refused=read_literally(words).is_refused, other_way=other.urlencode()
        )
    typed = query.get("typed", "")
    if not typed or not _can_be_read(typed):
        return None
    other = QueryDict(mutable=True)
    other.update({"q": typed, "literal": "1"})
    understood = understand(typed)
    place = understood.left_out
    return Told(
        typed=typed,
        is_literal=False,
        is_refused=understood.is_refused,
        other_way=other.urlencode(),
        left_out=place.label if place else "",
        there=_there(understood, place) if place else "",
    )


def _there(understood: Understanding, place: Place) -> str:
    """The query string of what was understood, in another place."""
    query = QueryDict(mutable=True)
    for name, values in _parameters(understood):
        if name not in PLACE:
            query.setlist(name, values)
    query.update({"q": understood.text} if understood.text else {})
    query.update({"city": place.name, "state": place.state} if place.kind == "city" else {"place": place.label})
    return _without_usual_sort(query).urlencode()


def _can_be_read(words: str) -> bool:
    try:
        FilterForm.base_fields["q"].clean(words)
    except ValidationError:
        return False  # the form says why
    return True


def _explicit(query: QueryDict, words: str, understood: Understanding) -> QueryDict:
    """``query`` with what was understood in place of the words, and of what they contradict."""
    said = dict(_parameters(understood))
    for name in ("cursor", "q", "typed", *(PLACE if not said.keys().isdisjoint(PLACE) else ())):
        query.pop(name, None)
    for name, values in said.items():
        query.setlist(name, values)
    if understood.text:
        query["q"] = understood.text
    query["typed"] = words
    return query


def _parameters(understood: Understanding) -> Iterator[tuple[str, list[str]]]:
    """What was understood as parameters of an address; a point by its place's name where that names it alone."""
    for name, fact in understood.facts.items():
        if name == "near":
            yield from _near(understood)
        elif (name, fact) not in DEFAULTS:
            yield name, [_parameter(one) for one in (fact if isinstance(fact, tuple) else (fact,))]


def _near(understood: Understanding) -> Iterator[tuple[str, list[str]]]:
    place = understood.place
    if place is None or place_named(place.label) != place:
        yield "near", ["{},{}".format(*understood.facts["near"])]
    if place:
        yield "place", [place.label]


def _parameter(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
