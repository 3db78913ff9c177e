"""Grades pairs of rows, field by field: from "differs" to "the same", or nothing where either side is silent.

A grade is a small whole number; 0 is silence, 1 contradiction, the highest is sameness. What a grade is worth is
not decided here but learned (``weights``). Everything works on whole columns of pairs at once; two distinct values
are compared once, however many pairs hold them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.process import cpdist

from leads.resolution.features import Coded, Features, Numbers
from leads.resolution.given_names import may_be_one_name
from leads.resolution.values import with_figures

SILENT: Final = 0
DIFFERS: Final = 1
SAME_PHONE: Final = 4
SAME_EMAIL: Final = 3
SAME_STREET: Final = 5

Rows = NDArray[np.int64]
Grades = NDArray[np.uint8]
WordGrader = Callable[[Sequence[str], Sequence[str]], Grades]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The grades of one field over all pairs.

    :param best: the grade of sameness
    :param rarity: per row, the natural logarithm of how much rarer its value is than the field's values are on
        average; ``None`` where rarity says nothing
    """

    name: str
    best: int
    grades: Grades
    rarity: Numbers | None = None

    def thinned(self, most: int) -> Comparison:
        """The same of at most ``most`` pairs, taken at equal distances."""
        step = max(1, -(-len(self.grades) // most))
        return replace(self, grades=self.grades[::step])


def compare(features: Features, left: Rows, right: Rows) -> list[Comparison]:
    """Grade every field of the given pairs of rows."""
    return [*_words(features, left, right), *_names(features, left, right), *_quantities(features, left, right)]


def _words(features: Features, left: Rows, right: Rows) -> Iterator[Comparison]:
    for name, coded in features.words.items():
        if name == "unit":
            yield Comparison(name=name, best=3, grades=_units(coded, left, right))
        kind = _KINDS.get(name.partition(":")[0])
        if kind is not None:
            grades = _graded(coded, coded.codes[left], coded.codes[right], kind)
            yield Comparison(
                name=name, best=kind.best, grades=grades, rarity=_rarity(coded) if kind.has_rarity else None
            )
    if not {"city", "state", "zip"}.isdisjoint(features.words):
        yield Comparison(name="place", best=6, grades=_place(features, left, right))


def _graded(coded: Coded, one: NDArray[np.int32], other: NDArray[np.int32], kind: _Kind) -> Grades:
    """Grade pairs of words by their numbers, each distinct pair once."""
    grades = np.zeros(len(one), np.uint8)
    is_open = (one >= 0) & (other >= 0)
    grades[is_open & (one == other)] = kind.best
    is_open &= one != other
    low = np.minimum(one[is_open], other[is_open]).astype(np.int64)
    high = np.maximum(one[is_open], other[is_open]).astype(np.int64)
    distinct, which = np.unique(low * len(coded.words) + high, return_inverse=True)
    if len(distinct):
        first = [coded.words[number] for number in distinct // len(coded.words)]
        second = [coded.words[number] for number in distinct % len(coded.words)]
        grades[is_open] = kind.grader(first, second)[which]
    return grades


def _rarity(coded: Coded) -> Numbers:
    frequencies = coded.frequencies
    typical = float((frequencies**2).sum()) or 1.0
    rarities = np.log(typical / np.maximum(frequencies, 1e-12))
    return np.where(coded.codes >= 0, rarities[coded.codes], 0.0)


def _edits(one: Sequence[str], other: Sequence[str]) -> NDArray[np.int32]:
    """Letters to insert, delete, replace or swap; 3 stands for more than two."""
    return np.asarray(cpdist(one, other, scorer=OSA.distance, score_cutoff=2, dtype=np.int32))


def _jaro_winkler(one: Sequence[str], other: Sequence[str]) -> NDArray[np.float32]:
    return np.asarray(cpdist(one, other, scorer=JaroWinkler.normalized_similarity, dtype=np.float32))


def _lengths(words: Sequence[str]) -> NDArray[np.int32]:
    return np.fromiter(map(len, words), np.int32, len(words))


def _grade_exact(one: Sequence[str], other: Sequence[str]) -> Grades:
    return np.full(len(one), DIFFERS, np.uint8)


def _grade_code(one: Sequence[str], other: Sequence[str]) -> Grades:
    """Telephone numbers, identifiers, dates: 3 for one slip of the finger, 2 for two."""
    return (4 - np.clip(_edits(one, other), 1, 3)).astype(np.uint8)


def _grade_house_number(one: Sequence[str], other: Sequence[str]) -> Grades:
    """2 for one slip of the finger; "12A" and "12B" are two doors."""
    grades = np.where(_edits(one, other) == 1, 2, DIFFERS).astype(np.uint8)
    for position in np.flatnonzero(grades == 2).tolist():
        if one[position][-1].isalpha() and other[position][-1].isalpha():
            grades[position] = DIFFERS
    return grades


def _grade_family_name(one: Sequence[str], other: Sequence[str]) -> Grades:
    """3 for one slip, 2 for more of them in a long name."""
    edits, alike = _edits(one, other), _jaro_winkler(one, other)
    return np.select([edits <= 1, (edits == 2) | (alike >= 0.9)], [3, 2], DIFFERS).astype(np.uint8)


def _grade_given_name(one: Sequence[str], other: Sequence[str]) -> Grades:
    """4 for one slip, 3 for a nickname, 2 for an initial or a likeness."""
    shorter = np.minimum(_lengths(one), _lengths(other))
    starts_alike = np.fromiter((a[0] == b[0] for a, b in zip(one, other, strict=True)), np.bool_, len(one))
    is_nickname = np.fromiter(map(may_be_one_name, one, other), np.bool_, len(one))
    edits, alike = _edits(one, other), _jaro_winkler(one, other)
    return np.select(
        [(edits <= 1) & (shorter > 2), is_nickname, (shorter == 1) & starts_alike, (alike >= 0.85) & (shorter > 2)],
        [4, 3, 2, 2],
        DIFFERS,
    ).astype(np.uint8)


def _grade_street(one: Sequence[str], other: Sequence[str]) -> Grades:
    """4 for one slip, 3 for two or a missing word, 2 for two slips in a short name, which may be another name.

    "2nd" and "second" are the same; "2nd" and "3rd" differ, however few letters do; "3rd" and "33rd" may be a slip.
    """
    figures, other_figures = [with_figures(name) for name in one], [with_figures(name) for name in other]
    edits = np.minimum(_edits(one, other), _edits(figures, other_figures))
    is_part = np.asarray(cpdist(one, other, scorer=fuzz.token_set_ratio, dtype=np.float32)) >= 100
    is_long = np.minimum(_lengths(one), _lengths(other)) >= 5
    is_close = is_part | ((edits == 2) & is_long) | (_jaro_winkler(one, other) >= 0.9)
    grades = np.select([edits == 0, edits == 1, is_close, edits == 2], [5, 4, 3, 2], DIFFERS).astype(np.uint8)
    for position in np.flatnonzero(grades > DIFFERS).tolist():
        if _numbers_differ(figures[position], other_figures[position]):
            is_doubled = edits[position] == 1 and len(figures[position]) != len(other_figures[position])
            grades[position] = 2 if is_doubled else DIFFERS
    return grades


def _numbers_differ(one: str, other: str) -> bool:
    first, second = "".join(filter(str.isdigit, one)), "".join(filter(str.isdigit, other))
    return bool(first and second) and first != second


def _grade_text(one: Sequence[str], other: Sequence[str]) -> Grades:
    """4 to 2 by the share of letters or of words in common."""
    words = np.asarray(cpdist(one, other, scorer=fuzz.token_set_ratio, dtype=np.float32)) / 100
    letters = _jaro_winkler(one, other)
    alike = np.maximum(words, letters)
    return np.select([alike >= 0.95, alike >= 0.88, alike >= 0.75], [4, 3, 2], DIFFERS).astype(np.uint8)


def _grade_email(one: Sequence[str], other: Sequence[str]) -> Grades:
    """2 for two slips of the finger at most."""
    return np.where(_edits(one, other) <= 2, 2, DIFFERS).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class _Kind:
    grader: WordGrader
    best: int
    has_rarity: bool = False


_KINDS: Final = {
    "phone": _Kind(_grade_code, SAME_PHONE),
    "email": _Kind(_grade_email, SAME_EMAIL),
    "house_number": _Kind(_grade_house_number, 3),
    "street": _Kind(_grade_street, SAME_STREET, has_rarity=True),
    "direction": _Kind(_grade_exact, 2),
    "suffix": _Kind(_grade_exact, 2),
    "birth_date": _Kind(_grade_code, 4),
    "identifier": _Kind(_grade_code, 4),
    "category": _Kind(_grade_text, 5),
    "title": _Kind(_grade_text, 5, has_rarity=True),
    "text": _Kind(_grade_text, 5, has_rarity=True),
}


def _units(coded: Coded, left: Rows, right: Rows) -> Grades:
    """3 equal, 2 where one side alone names a unit: the building is no flat in it, but people leave units out."""
    one, other = coded.codes[left], coded.codes[right]
    states = [(one < 0) & (other < 0), (one < 0) | (other < 0), one == other]
    return np.select(states, [SILENT, 2, 3], DIFFERS).astype(np.uint8)


def _place(features: Features, left: Rows, right: Rows) -> Grades:
    """City, state and ZIP are one fact: 6 both equal, 5 ZIP alone, 4 city with a ZIP not told otherwise, 3 city
    with another ZIP, 2 state alone; another city with another ZIP is another place in one state as well."""
    city = _grades_of(features, "city", _Kind(_grade_family_name, 4), left, right)
    code = _grades_of(features, "zip", _Kind(_grade_code, 4), left, right)
    state = _grades_of(features, "state", _Kind(_grade_exact, 2), left, right)
    same_city = city >= 3
    return np.select(
        [
            (city == 0) & (code == 0) & (state == 0),
            (code == 4) & same_city,
            code == 4,
            same_city & (code != DIFFERS) & (state != DIFFERS),
            same_city & (state != DIFFERS),
            (city == DIFFERS) & (code == DIFFERS),
            state == 2,
        ],
        [0, 6, 5, 4, 3, DIFFERS, 2],
        DIFFERS,
    ).astype(np.uint8)


def _grades_of(features: Features, name: str, kind: _Kind, left: Rows, right: Rows) -> Grades:
    coded = features.words.get(name)
    if coded is None:
        return np.zeros(len(left), np.uint8)
    return _graded(coded, coded.codes[left], coded.codes[right], kind)


def _names(features: Features, left: Rows, right: Rows) -> Iterator[Comparison]:
    """Given and family name, each pair the way round in which more of it agrees."""
    given, family = features.words.get("given_name"), features.words.get("family_name")
    if family is None or given is None:
        for name, coded, kind in (("given_name", given, _GIVEN), ("family_name", family, _FAMILY)):
            if coded is not None:
                grades = _graded(coded, coded.codes[left], coded.codes[right], kind)
                yield Comparison(name=name, best=kind.best, grades=grades, rarity=_rarity(coded))
        return
    other_given, other_family = given.codes[right], family.codes[right]
    is_swapped = _is_swapped(given.codes[left], family.codes[left], other_given, other_family)
    second_given = np.where(is_swapped, other_family, other_given)
    second_family = np.where(is_swapped, other_given, other_family)
    first = _graded(given, given.codes[left], second_given, _GIVEN)
    last = _graded(family, family.codes[left], second_family, _FAMILY)
    yield Comparison(name="given_name", best=_GIVEN.best, grades=first, rarity=_rarity(given))
    yield Comparison(name="family_name", best=_FAMILY.best, grades=last, rarity=_rarity(family))


_GIVEN: Final = _Kind(_grade_given_name, 5, has_rarity=True)
_FAMILY: Final = _Kind(_grade_family_name, 4, has_rarity=True)


def _is_swapped(
    given: NDArray[np.int32],
    family: NDArray[np.int32],
    other_given: NDArray[np.int32],
    other_family: NDArray[np.int32],
) -> NDArray[np.bool_]:
    crossed = ((given == other_family) & (given >= 0)) | ((family == other_given) & (family >= 0))
    straight = ((given == other_given) & (given >= 0)) | ((family == other_family) & (family >= 0))
    return np.asarray(crossed & ~straight)


_TOLERANCES: Final = {"beds": (0.0, 1.0), "baths": (0.0, 1.0), "year": (1.0, 5.0)}
"""How far apart two quantities may lie for the grades 3 and 2; without an entry it is their share."""
_SHARES: Final = {"price": (0.04, 0.12)}
_USUAL_SHARES: Final = (0.03, 0.1)


def _quantities(features: Features, left: Rows, right: Rows) -> Iterator[Comparison]:
    for name, numbers in features.numbers.items():
        if name in {"latitude", "longitude", "listed_on"}:
            continue
        yield Comparison(name=name, best=4, grades=_quantity(name, numbers[left], numbers[right]))
    if {"latitude", "longitude"} <= features.numbers.keys():
        yield Comparison(name="point", best=4, grades=_point(features, left, right))


def _quantity(name: str, one: Numbers, other: Numbers) -> Grades:
    """4 equal, 3 close, 2 alike."""
    apart = np.abs(one - other)
    if name in _TOLERANCES:
        close, alike = _TOLERANCES[name]
    else:
        close, alike = _SHARES.get(name, _USUAL_SHARES)
        apart = apart / np.maximum(np.maximum(np.abs(one), np.abs(other)), 1e-9)
    grades = np.select([apart == 0, apart <= close, apart <= alike], [4, 3, 2], DIFFERS)
    return np.where(np.isnan(apart), SILENT, grades).astype(np.uint8)


def _point(features: Features, left: Rows, right: Rows) -> Grades:
    """4 within 30 metres, 3 within 150, 2 within a kilometre."""
    latitude, longitude = features.numbers["latitude"], features.numbers["longitude"]
    north = (latitude[left] - latitude[right]) * 111_000
    east = (longitude[left] - longitude[right]) * 111_000 * np.cos(np.radians(latitude[left]))
    metres = np.hypot(north, east)
    grades = np.select([metres <= 30, metres <= 150, metres <= 1000], [4, 3, 2], DIFFERS)
    return np.where(np.isnan(metres), SILENT, grades).astype(np.uint8)
