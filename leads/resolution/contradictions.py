"""Which pairs can never be one home, whatever else they share.

A landlord's houses share owner, telephone and e-mail, twin houses share every fact, the units of a building share
the address: a contradiction in unit, street or house number therefore outweighs any sum of agreements. One thing
tempers it: house numbers are mistyped. One slip of a finger is forgiven where nothing else contradicts, the facts
agree, the pair is all but certain otherwise, and the other sightings do not say that both houses exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from leads.resolution.comparing import DIFFERS, Comparison, Grades, Rows
from leads.resolution.features import Features, Numbers, Subject

RELISTED_AFTER_DAYS: Final = 300
"""A home that is offered again after so long is another lead."""
NEARLY_CERTAIN: Final = 4.6
"""Natural log-odds of 99 in 100."""
NEXT_DOOR: Final = 2
"""House numbers of neighbours on one side of a street differ by two."""

_SLIP: Final = 2
_FACTS: Final = frozenset({"beds", "baths", "area", "year", "price"})

Flags = NDArray[np.bool_]


def contradicted(
    features: Features, comparisons: Sequence[Comparison], log_odds: Numbers, left: Rows, right: Rows
) -> Flags:
    """Which of the pairs can not be one home. Of persons and firms nothing is said: they move."""
    if features.subject is not Subject.HOME:
        return np.zeros(len(left), np.bool_)
    grades = {comparison.name: comparison.grades for comparison in comparisons}
    silent = np.zeros(len(left), np.uint8)
    number = grades.get("house_number", silent)
    verdict = (grades.get("unit", silent) == DIFFERS) | (grades.get("street", silent) == DIFFERS)
    verdict |= (number == DIFFERS) | _relisted(features, left, right)
    if "house_number" in features.words:
        is_slip = (number == _SLIP) & ~verdict
        open_odds = np.where(verdict, -np.inf, log_odds)
        verdict |= is_slip & ~_forgivable(features, grades, open_odds, left, right)
    return np.asarray(verdict)


def _relisted(features: Features, left: Rows, right: Rows) -> Flags:
    days = features.numbers.get("listed_on")
    if days is None:
        return np.zeros(len(left), np.bool_)
    return np.asarray(np.abs(days[left] - days[right]) > RELISTED_AFTER_DAYS)


def _forgivable(features: Features, grades: dict[str, Grades], log_odds: Numbers, left: Rows, right: Rows) -> Flags:
    """Where a slip in the house number is the likelier story than two houses."""
    is_alike = _facts_agree(grades, len(left)) & ~_strangers(grades, len(left)) & (log_odds > NEARLY_CERTAIN)
    numbers = features.words["house_number"].codes
    is_seen_again = np.zeros(features.row_count, np.bool_)
    same = (numbers[left] == numbers[right]) & (log_odds > 0)
    is_seen_again[left[same]] = is_seen_again[right[same]] = True
    one, other = is_seen_again[left], is_seen_again[right]
    return np.asarray(is_alike & ((one ^ other) | (~one & ~other & _lone_slip(features, grades, left, right))))


def _facts_agree(grades: dict[str, Grades], count: int) -> Flags:
    """At least two facts of the house are close, and none differs."""
    close, differs = np.zeros(count, np.int8), np.zeros(count, np.bool_)
    for name, graded in grades.items():
        if name in _FACTS or name.startswith("number:"):
            close += graded >= 3
            differs |= graded == DIFFERS
    return np.asarray((close >= 2) & ~differs)


def _strangers(grades: dict[str, Grades], count: int) -> Flags:
    """Whether the owners are told apart: neither telephone nor e-mail agrees, and the family names differ."""
    silent = np.zeros(count, np.uint8)
    agrees = (grades.get("phone", silent) >= 3) | (grades.get("email", silent) >= 2)
    return np.asarray(~agrees & (grades.get("family_name", silent) == DIFFERS))


def _lone_slip(features: Features, grades: dict[str, Grades], left: Rows, right: Rows) -> Flags:
    """Whether neither row has a like at yet another number (a landlord's row of houses), nor lives next door."""
    numbers = features.words["house_number"]
    likes = _facts_agree(grades, len(left)) & ~_strangers(grades, len(left)) & (grades["house_number"] != 0)
    likes &= (grades["house_number"] < 3) & (grades.get("street", grades["house_number"]) != DIFFERS)
    apart = np.unique(
        np.concatenate(
            (
                left[likes] * len(numbers.words) + numbers.codes[right[likes]],
                right[likes] * len(numbers.words) + numbers.codes[left[likes]],
            )
        )
    )
    others = np.bincount(apart // max(1, len(numbers.words)), minlength=features.row_count)
    values = np.array([int("".join(filter(str.isdigit, word)) or 0) % 10**9 for word in numbers.words])
    distance = np.abs(values[numbers.codes[left]] - values[numbers.codes[right]])
    return np.asarray((others[left] <= 1) & (others[right] <= 1) & (distance != NEXT_DOOR))
