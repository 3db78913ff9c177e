"""What each grade is worth, learned from the table itself without a single example.

Fellegi and Sunter's model: true pairs have a grade with one probability, other pairs with another, and the odds
of the two are the evidence. Expectation-maximisation finds the probabilities that explain the candidate pairs
best. The usual model has one class of "other pairs" in which the fields are independent. Candidates are not like
that: two flats of one building share the whole address, two houses of one landlord share name, telephone and
e-mail, and in the usual model each of those agreements counts in full. So the other pairs are three classes here:
unrelated, the same who elsewhere, somebody else at the same place; within each the fields are independent.

Silence weighs nothing. All classes begin from plain expectations, which count as a few pairs, so that a table
without doubles, or with three rows, does not lead the model astray.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from leads.resolution.comparing import Comparison
from leads.resolution.features import Numbers, Subject

MAX_ROUNDS: Final = 100
PRIOR_PAIRS: Final = 20.0
"""How many pairs the expectations before any evidence count as."""
SMALLEST_PROBABILITY: Final = 1e-4
MAX_RARITY: Final = 3.0
USUAL_PAIRS: Final = 300.0
USUALLY_SAME: Final = {
    **dict.fromkeys(("phone", "email", "identifier", "birth_date"), 0.001),
    **dict.fromkeys(("house_number", "family_name", "street", "title", "price", "point", "area"), 0.01),
    **dict.fromkeys(("given_name", "year", "place"), 0.02),
    **dict.fromkeys(("beds", "baths", "direction", "suffix", "category"), 0.3),
}
"""How often two unrelated rows of a table agree; what is not named, one time in twenty."""
TIED_PAIRS: Final = 1e6
"""The same for the fields in which a class is known to be like unrelated pairs: so many that nothing moves them."""
LEARNED_PAIRS: Final = 60_000
CONVERGED: Final = 1e-6
FIRST_SHARES: Final = (0.1, 0.05)
"""Of true pairs, and of each class that agrees in part."""

_WHO: Final = frozenset({"given_name", "family_name", "phone", "email", "birth_date", "identifier", "title"})
_WHERE: Final = frozenset({"house_number", "unit", "street", "direction", "suffix", "place", "point"})
_PARTLY_AGREEING: Final = {
    Subject.HOME: (_WHO, _WHERE - {"unit"}),
    Subject.BUSINESS: (_WHO, _WHERE),
    Subject.PERSON: (_WHERE | {"family_name"},),
}

Classes = list[list[Numbers]]
"""``classes[class][field][grade]`` is a probability; class 0 are the true pairs."""


@dataclass(frozen=True, slots=True)
class Model:
    """The learned probabilities, and how large a share of the candidates each class is."""

    classes: Classes
    shares: Numbers

    def log_odds(self, comparisons: Sequence[Comparison], left: NDArray[np.int64]) -> Numbers:
        """How sure it is that each pair is one thing, as natural logarithm of the odds: 4.6 is 99 in 100.

        :param left: one row of each pair; how rare its values are is added where they agree
        """
        if not comparisons:
            return np.full(len(left), np.log(self.shares[0]))
        patterns, _, which = _patterns(comparisons)
        likelihoods = _log_likelihoods(patterns, self.classes, self.shares)
        total = np.asarray((likelihoods[:, 0] - np.logaddexp.reduce(likelihoods[:, 1:], axis=1))[which])
        for comparison in comparisons:
            if comparison.rarity is not None:
                rarity = np.clip(comparison.rarity[left], -MAX_RARITY, MAX_RARITY)
                total += np.where(comparison.grades == comparison.best, rarity, 0.0)
        return total


def learn(subject: Subject, comparisons: Sequence[Comparison], random: Sequence[Comparison]) -> Model:
    """Fit the model to the candidate pairs; ``random`` are the grades of pairs drawn blindly."""
    patterns, counts, _ = _patterns([comparison.thinned(LEARNED_PAIRS) for comparison in comparisons])
    alike = [_expected_of_true_pairs(comparison.best) for comparison in comparisons]
    names = [comparison.name.partition(":")[0] for comparison in comparisons]
    unlike = [_of_unrelated_pairs(name, drawn) for name, drawn in zip(names, random, strict=True)]
    first = [alike, unlike]
    priors = [_light(names), _light(names)]
    for agreeing in _PARTLY_AGREEING[subject]:
        first.append([a if name in agreeing else u for name, a, u in zip(names, alike, unlike, strict=True)])
        priors.append([PRIOR_PAIRS if name in agreeing or name == "place" else TIED_PAIRS for name in names])
    return _fit(patterns, counts, first, priors)


def _light(names: Sequence[str]) -> list[float]:
    return [PRIOR_PAIRS] * len(names)


def _patterns(comparisons: Sequence[Comparison]) -> tuple[NDArray[np.uint8], Numbers, NDArray[np.intp]]:
    """The distinct combinations of grades, how many pairs have each, and which one each pair has."""
    coded = np.zeros(len(comparisons[0].grades) if comparisons else 0, np.int64)
    for comparison in comparisons:
        coded = coded * (comparison.best + 1) + comparison.grades
    _, first, which, counts = np.unique(coded, return_index=True, return_inverse=True, return_counts=True)
    grades = np.empty((len(first), len(comparisons)), np.uint8)
    for column, comparison in enumerate(comparisons):
        grades[:, column] = comparison.grades[first]
    return grades, counts.astype(np.float64), which


def _expected_of_true_pairs(best: int) -> Numbers:
    """Four in five agree, the rest is spread with the better grades ahead."""
    steps = np.arange(1, best, dtype=np.float64)
    return np.concatenate(([0.0], 0.2 * steps / steps.sum(), [0.8]))


def _of_unrelated_pairs(name: str, drawn: Comparison) -> Numbers:
    """How often pairs drawn blindly have each grade; a few hundred pairs of usual towns are thrown in, since in a
    small table too many of the pairs are true ones."""
    counts = np.bincount(drawn.grades, minlength=drawn.best + 1).astype(np.float64)
    same = USUALLY_SAME.get(name, 0.05)
    between = 0.1 * (1 - same) / max(1, drawn.best - 2) if drawn.best > 2 else 0.0
    usual = np.full(drawn.best + 1, between)
    usual[-1] = same
    usual[1] = 1 - same - between * (drawn.best - 2)
    usual[0] = counts[0] = 0.0
    counts += USUAL_PAIRS * usual
    return np.asarray(counts / counts.sum())


def _fit(patterns: NDArray[np.uint8], counts: Numbers, first: Classes, priors: list[list[float]]) -> Model:
    classes = first
    first_shares = np.array(
        [FIRST_SHARES[0], 1 - FIRST_SHARES[0] - FIRST_SHARES[1] * (len(first) - 2)]
        + [FIRST_SHARES[1]] * (len(first) - 2)
    )
    shares = first_shares
    for _ in range(MAX_ROUNDS):
        likelihoods = _log_likelihoods(patterns, classes, shares)
        beliefs = np.exp(likelihoods - np.logaddexp.reduce(likelihoods, axis=1, keepdims=True)) * counts[:, None]
        classes = [
            [
                _estimate(patterns[:, field], beliefs[:, number], prior, weight)
                for field, (prior, weight) in enumerate(zip(first[number], priors[number], strict=True))
            ]
            for number in range(len(first))
        ]
        before = shares
        sums = beliefs.sum(axis=0) + PRIOR_PAIRS * first_shares
        shares = sums / sums.sum()
        if np.abs(shares - before).max() < CONVERGED:
            break
    return Model(classes, shares)


def _log_likelihoods(patterns: NDArray[np.uint8], classes: Classes, shares: Numbers) -> Numbers:
    """One row per pattern, one column per class."""
    columns = []
    for fields, share in zip(classes, shares, strict=True):
        total = np.full(len(patterns), np.log(share))
        for position, probabilities in enumerate(fields):
            logarithms = np.log(np.maximum(probabilities, SMALLEST_PROBABILITY))
            logarithms[0] = 0.0
            total += logarithms[patterns[:, position]]
        columns.append(total)
    return np.stack(columns, axis=1)


def _estimate(grades: NDArray[np.uint8], pairs: Numbers, prior: Numbers, prior_pairs: float) -> Numbers:
    """The shares of the grades among the pairs that say something, with the prior counted as a few pairs."""
    counts = np.bincount(grades, weights=pairs, minlength=len(prior))
    counts[0] = 0.0
    return np.asarray((counts + prior_pairs * prior) / (counts.sum() + prior_pairs))
