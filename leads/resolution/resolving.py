"""Runs a table through entity resolution: rows in, clusters with confidence out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from leads.resolution import clustering
from leads.resolution.blocking import Pairs, candidate_pairs, pairs_in_blocks, sorted_distinct
from leads.resolution.columns import Role, infer_roles
from leads.resolution.comparing import compare
from leads.resolution.contradictions import contradicted
from leads.resolution.features import Features, Numbers, prepare
from leads.resolution.table import Table
from leads.resolution.weights import Model, learn

RANDOM_PAIRS: Final = 50_000
MAX_COMPLETED_ROWS: Final = 50
"""Within a group of up to so many rows every pair is judged, also those that no rule proposed."""
HOPELESS: Final = -7.0
"""Natural log-odds of one in a thousand."""

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """The outcome, one element per row of the table, in its order.

    :param cluster_ids: rows with one number are one; numbered from 1 in the order of appearance
    :param confidences: from 0 to 1; how sure it is that a row belongs to its cluster, or stands alone
    """

    record_ids: list[str]
    cluster_ids: list[int]
    confidences: list[float]
    roles: dict[str, Role]
    candidate_pair_count: int


@dataclass(frozen=True, slots=True)
class _Judged:
    left: Rows
    right: Rows
    log_odds: Numbers


def resolve(table: Table, assigned: Mapping[Role, str] | None = None) -> Resolution:
    """Cluster the rows of a table that are one home, one person or one firm. The order of rows does not matter.

    :raises UnknownColumn: ``assigned`` names a column that the table lacks
    """
    roles = infer_roles(table, assigned)
    distinct, row_of = _distinct_rows(table, roles)
    features = prepare(distinct, roles)
    judged, model = _judge(features)
    clusters = clustering.cluster(features.row_count, judged.left, judged.right, judged.log_odds)
    confidences = _confidences(clusters, judged)
    numbers = _numbered(_apart(clusters[row_of], _is_telling(features, model)[row_of]))
    return Resolution(
        record_ids=_record_ids(table, roles),
        cluster_ids=numbers,
        confidences=[round(float(value), 4) for value in confidences[row_of]],
        roles=roles,
        candidate_pair_count=len(judged.left),
    )


def _distinct_rows(table: Table, roles: Mapping[str, Role]) -> tuple[Table, NDArray[np.intp]]:
    """The table's different rows in an order of their own, and which of them each row is."""
    names = [name for name, role in roles.items() if role not in {Role.RECORD_ID, Role.IGNORED}]
    rows = list(zip(*(table.columns[name] for name in names), strict=True)) or [()] * table.row_count
    distinct = sorted(set(rows))
    number_of = {row: number for number, row in enumerate(distinct)}
    columns = zip(*distinct, strict=True) if distinct else ([] for _ in names)
    content = {name: list(column) for name, column in zip(names, columns, strict=False)}
    return Table(columns=content), np.array([number_of[row] for row in rows], dtype=np.intp)


def _judge(features: Features) -> tuple[_Judged, Model]:
    left, right = candidate_pairs(features)
    comparisons = compare(features, left, right)
    model = learn(features.subject, comparisons, compare(features, *_random_pairs(features.row_count)))
    left, right = _worth_a_verdict(features.row_count, left, right, model.log_odds(comparisons, left))
    comparisons = compare(features, left, right)
    log_odds = model.log_odds(comparisons, left)
    is_contradicted = contradicted(features, comparisons, log_odds, left, right)
    return _Judged(left, right, np.where(is_contradicted, clustering.FORBIDDEN, log_odds)), model


def _random_pairs(row_count: int) -> Pairs:
    """Pairs drawn blindly, by a fixed seed."""
    generator = np.random.default_rng(seed=20_260_101)
    count = min(RANDOM_PAIRS, row_count * (row_count - 1) // 2)
    one, other = generator.integers(0, max(1, row_count), (2, count))
    return one[one != other], other[one != other]


def _worth_a_verdict(row_count: int, left: Rows, right: Rows, log_odds: Numbers) -> Pairs:
    """The pairs that are not hopeless, and all pairs inside the small groups that hang together."""
    pulls = log_odds > 0
    groups = clustering.components(row_count, left[pulls], right[pulls])
    is_kept = (log_odds > HOPELESS) | (groups[left] == groups[right])
    inside = pairs_in_blocks(groups, row_count, largest=MAX_COMPLETED_ROWS, reach=0)
    coded = sorted_distinct(np.concatenate((left[is_kept] * row_count + right[is_kept], inside)))
    return coded // max(1, row_count), coded % max(1, row_count)


def _is_telling(features: Features, model: Model) -> NDArray[np.bool_]:
    """Whether a row says enough to be told from any other: if not, its equals are not one with it."""
    rows = np.arange(features.row_count)
    return model.log_odds(compare(features, rows, rows), rows) > 0


def _apart(clusters: Rows, is_telling: NDArray[np.bool_]) -> Rows:
    """Give every row that says too little a cluster of its own."""
    own = len(clusters) + np.arange(len(clusters))
    return np.where(is_telling, clusters, own)


def _numbered(clusters: Rows) -> list[int]:
    numbers: dict[int, int] = {}
    return [numbers.setdefault(cluster, len(numbers) + 1) for cluster in clusters.tolist()]


def _confidences(clusters: Rows, judged: _Judged) -> Numbers:
    """Of a row with company: how sure its surest tie is. Of a row alone: how unsure its surest suspicion is."""
    certainty = 1 / (1 + np.exp(-np.clip(judged.log_odds, -50, 50)))
    is_inside = clusters[judged.left] == clusters[judged.right]
    tie, suspicion = np.zeros(len(clusters)), np.zeros(len(clusters))
    for rows in (judged.left, judged.right):
        np.maximum.at(tie, rows[is_inside], certainty[is_inside])
        np.maximum.at(suspicion, rows[~is_inside], certainty[~is_inside])
    has_company = np.bincount(clusters, minlength=len(clusters))[clusters] > 1
    return np.where(has_company, tie, 1 - suspicion)


def _record_ids(table: Table, roles: Mapping[str, Role]) -> list[str]:
    for name, role in roles.items():
        if role is Role.RECORD_ID:
            return table.columns[name]
    return [str(number) for number in range(1, table.row_count + 1)]
