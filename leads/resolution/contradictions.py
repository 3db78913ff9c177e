"""Which pairs can never be one home, whatever else they share.

A landlord's houses share owner, telephone and e-mail, twin houses share every fact, the units of a building share
the address: a contradiction in unit, street, house number or place therefore outweighs any sum of agreements. One
thing tempers it: numbers and short names of streets are mistyped. A slip of the finger is forgiven where nothing
else contradicts, the facts agree, the pair is all but certain otherwise, and no sighting says that both exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from leads.resolution.comparing import DIFFERS, SAME_EMAIL, SAME_PHONE, SAME_STREET, Comparison, Grades, Rows
from leads.resolution.features import Features, Numbers, Subject

RELISTED_AFTER_DAYS: Final = 300
"""A home that is offered again after so long is another lead."""
NEARLY_CERTAIN: Final = 4.6
"""Natural log-odds of 99 in 100."""
NEXT_DOOR: Final = 2
"""House numbers of neighbours on one side of a street differ by two."""

SLIP: Final = 2
"""The grade of a house number or a short street name that one or two slips of a finger explain."""
_FACTS: Final = frozenset({"beds", "baths", "area", "year", "price"})

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Case:
    """What is known of the pairs on trial."""

    features: Features
    grades: dict[str, Grades]
    left: Rows
    right: Rows

    def grade(self, name: str) -> Grades:
        """The grades of a field, silent where the table lacks it."""
        return self.grades.get(name, np.zeros(len(self.left), np.uint8))


def contradicted(
    features: Features, comparisons: Sequence[Comparison], log_odds: Numbers, left: Rows, right: Rows
) -> Flags:
    """Which of the pairs can not be one home. Of persons and firms nothing is said: they move."""
    if features.subject is not Subject.HOME:
        return np.zeros(len(left), np.bool_)
    case = _Case(features, {comparison.name: comparison.grades for comparison in comparisons}, left, right)
    verdict = _relisted(features, left, right)
    for name in ("unit", "street", "direction", "house_number", "place"):
        verdict |= case.grade(name) == DIFFERS
    verdict |= (case.grade("suffix") == DIFFERS) & (case.grade("street") == SAME_STREET)
    is_alike = _facts_agree(case) & ~_strangers(case) & (log_odds > NEARLY_CERTAIN)
    number_slip, street_slip = case.grade("house_number") == SLIP, case.grade("street") == SLIP
    forgiven = is_alike
    if street_slip.any():
        forgiven &= ~street_slip | _is_lone(case, "street", beside="house_number")
    if number_slip.any():
        forgiven &= ~number_slip | _only_one_house_exists(case, log_odds, ~verdict)
    return np.asarray(verdict | ((number_slip | street_slip) & ~forgiven))


def _relisted(features: Features, left: Rows, right: Rows) -> Flags:
    days = features.numbers.get("listed_on")
    if days is None:
        return np.zeros(len(left), np.bool_)
    return np.asarray(np.abs(days[left] - days[right]) > RELISTED_AFTER_DAYS)


def _only_one_house_exists(case: _Case, log_odds: Numbers, is_open: Flags) -> Flags:
    """Whether several sightings say one number and a single one the other; or nothing speaks for neighbours."""
    words = case.features.words["house_number"]
    same = is_open & (words.codes[case.left] == words.codes[case.right]) & (log_odds > 0)
    is_seen_again = np.zeros(case.features.row_count, np.bool_)
    is_seen_again[case.left[same]] = is_seen_again[case.right[same]] = True
    one, other = is_seen_again[case.left], is_seen_again[case.right]
    values = np.array([int("".join(filter(str.isdigit, word)) or 0) % 10**9 for word in words.words])
    is_next_door = np.abs(values[words.codes[case.left]] - values[words.codes[case.right]]) == NEXT_DOOR
    return np.asarray(
        (one ^ other) | (~one & ~other & ~is_next_door & _is_lone(case, "house_number", beside="street"))
    )


def _is_lone(case: _Case, name: str, *, beside: str) -> Flags:
    """Whether neither row is alike to rows at two other numbers of the street: those are a landlord's."""
    words = case.features.words[name]
    likes = _facts_agree(case) & ~_strangers(case) & np.isin(case.grade(name), (DIFFERS, SLIP))
    likes &= case.grade(beside) != DIFFERS
    left, right = case.left[likes], case.right[likes]
    elsewhere = np.concatenate(
        (left * len(words.words) + words.codes[right], right * len(words.words) + words.codes[left])
    )
    others = np.bincount(np.unique(elsewhere) // max(1, len(words.words)), minlength=case.features.row_count)
    return np.asarray((others[case.left] <= 1) & (others[case.right] <= 1))


def _facts_agree(case: _Case) -> Flags:
    """At least two facts of the house are close, and none differs."""
    close, differs = np.zeros(len(case.left), np.int8), np.zeros(len(case.left), np.bool_)
    for name, grades in case.grades.items():
        if name in _FACTS or name.startswith("number:"):
            close += grades >= 3
            differs |= grades == DIFFERS
    return np.asarray((close >= 2) & ~differs)


def _strangers(case: _Case) -> Flags:
    """Whether the owners are told apart: neither telephone nor e-mail is the same, and the family names differ."""
    agrees = (case.grade("phone") == SAME_PHONE) | (case.grade("email") == SAME_EMAIL)
    return np.asarray(~agrees & (case.grade("family_name") == DIFFERS))
