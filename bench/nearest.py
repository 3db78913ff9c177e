"""The nearest leads of a lead and of short queries: how many of the true ones are found, and in what time.

The vectors are those of made-up texts, scattered; the queries are the labelled ones. What is true is reckoned here
with numpy over the whole table. Beside it stands an index of neighbours (HNSW), asked as its manual says; it is
made for no more than 100,000, since a million take it half an hour.
"""

import json
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from random import Random
from typing import Any, Final
from uuid import UUID

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from ai.embedding import LOCAL, embed
from bench.measuring import Figure
from leads import nearest, vector_lists, vectors
from leads.models import Kind, Lead, VectorRecipe

Vectors = NDArray[np.float32]

LABELLED: Final = Path(__file__).parent.parent / "tests/marketplace/queries.jsonl"
ASKED: Final = 40
FOUND: Final = 10
TEXTS: Final = 1_000
"""So many leads' texts are embedded; the vectors of the others are scattered about those."""
SCATTER: Final = 0.5
"""How long a scattered vector's difference is, beside a vector of length 1."""
SHARES: Final = {"all": 1.0, "8 %": 0.08, "1 %": 0.01, "0.1 %": 0.001}
IN_STATE: Final = "TX"
"""Where the leads of the share of 8 % are."""
AIM_MS: Final = {"all": 60.0, "8 %": 20.0, "1 %": 20.0, "0.1 %": 20.0}
AIM_RECALL: Final = 0.98
AIMED_AT_ROWS: Final = 100_000
_BY_INDEX: Final = """
SELECT own.lead_id, -(own.vector <#> %(asked)s::halfvec) FROM leads_leadvector own
JOIN leads_lead lead ON lead.id = own.lead_id AND lead.area_sqft < %(below)s
ORDER BY own.vector <#> %(asked)s::halfvec LIMIT %(most)s
"""
_MORE: Final = """
INSERT INTO leads_lead SELECT made.* FROM leads_lead first, generate_series(1, %s) AS number,
    LATERAL jsonb_populate_record(first, jsonb_build_object('id', gen_random_uuid(), 'area_sqft', number)) made
"""
FIGURES: Final = tuple(
    f"nearest: 0 rows, of {share}, from {asked}, {what}"
    for share, asked, what in product(SHARES, ("a lead", "a query"), ("found of ten", "p95", "found by HNSW"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """What lies in the database: ids in its order, their vectors, and the share of each filter."""

    ids: Sequence[UUID]
    vectors: Vectors
    numbers: NDArray[np.int64]
    recipe: VectorRecipe


def figures(sizes: Sequence[int]) -> Iterator[Figure]:
    """For each size: recall and time from leads and from queries, without a filter and behind three."""
    queries = [json.loads(line)["q"] for line in LABELLED.read_text(encoding="utf-8").splitlines()][:ASKED]
    asked_by_query = embed(queries)
    for size in sizes:
        table = _fill(size)
        vector_lists.keep()
        asked = {"a lead": table.vectors[np.linspace(0, size - 1, ASKED).astype(int)], "a query": asked_by_query}
        for share, (what, questions) in product(SHARES, asked.items()):
            yield from _measured(table, share, what, questions)
        if size <= AIMED_AT_ROWS:
            yield from _by_index(table, asked)
        _empty()


def _measured(table: _Table, share: str, what: str, questions: Vectors) -> Iterator[Figure]:
    chosen = table.numbers < SHARES[share] * len(table.ids)
    how: dict[str, Any] = {"recipe": table.recipe, "limit": FOUND}
    if share == "8 %":
        how["state_code"] = IN_STATE
    elif share != "all":
        how["among"] = Lead.objects.filter(area_sqft__lt=round(SHARES[share] * len(table.ids))).values("pk")
    found, taken = _asked(questions, lambda one: nearest.nearest(one, **how))
    name = f"nearest: {len(table.ids):,} rows, of {share}, from {what}"
    recall = _recall(table, chosen, questions, found)
    yield Figure(name=f"{name}, found of ten", value=recall * FOUND, unit="", at_least=AIM_RECALL * FOUND)
    at_most = AIM_MS[share] if len(table.ids) <= AIMED_AT_ROWS else None
    p95 = sorted(taken)[int(len(taken) * 0.95)]
    yield Figure(
        name=f"{name}, p95", value=p95, unit="ms", at_most=at_most, beside="median", other=statistics.median(taken)
    )


def _by_index(table: _Table, asked: dict[str, Vectors]) -> Iterator[Figure]:
    """The same questions to an index of neighbours, which the product does not have."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX IF EXISTS {vector_lists.NAME}")
        cursor.execute("SET maintenance_work_mem = '1GB'")
        cursor.execute("CREATE INDEX bench_hnsw ON leads_leadvector USING hnsw (vector halfvec_ip_ops)")
        cursor.execute("SET hnsw.iterative_scan = relaxed_order; SET enable_seqscan = off; SET enable_sort = off")
        cursor.execute("SET hnsw.ef_search = 100")
    for share, (what, questions) in product(SHARES, asked.items()):
        chosen = table.numbers < SHARES[share] * len(table.ids)
        found, taken = _asked(questions, partial(_neighbours, table, share))
        recall = _recall(table, chosen, questions, found)
        yield Figure(
            name=f"nearest: {len(table.ids):,} rows, of {share}, from {what}, found by HNSW",
            value=recall * FOUND,
            unit="",
            beside="its median, ms",
            other=statistics.median(taken),
        )
    with connection.cursor() as cursor:
        cursor.execute("RESET ALL; DROP INDEX bench_hnsw")


def _neighbours(table: _Table, share: str, vector: Vectors) -> list[nearest.Near]:
    most = round(SHARES[share] * len(table.ids))
    with connection.cursor() as cursor:
        asked: dict[str, Any] = {"asked": vectors.as_literal(vector.tolist()), "below": most, "most": FOUND}
        cursor.execute(_BY_INDEX, asked)
        return [nearest.Near(lead_id=lead_id, similarity=alike) for lead_id, alike in cursor.fetchall()]


def _asked(
    questions: Vectors, ask: Callable[[Vectors], list[nearest.Near]]
) -> tuple[list[list[nearest.Near]], list[float]]:
    """What was found for each question, and in how many milliseconds, after one question that does not count."""
    ask(questions[0])
    found, taken = [], []
    for question in questions:
        began = time.perf_counter()
        found.append(ask(question))
        taken.append((time.perf_counter() - began) * 1000)
    return found, taken


def _recall(table: _Table, chosen: NDArray[np.bool_], questions: Vectors, found: list[list[nearest.Near]]) -> float:
    """The share of the ten truly nearest that were found; what is as near as the tenth is as good."""
    rows = {pk: row for row, pk in enumerate(table.ids)}
    candidates = table.vectors[chosen]
    shares: list[float] = []
    for question, answer in zip(questions, found, strict=True):
        tenth = np.sort(candidates @ question)[-FOUND]
        near = [float(table.vectors[rows[item.lead_id]] @ question) for item in answer]
        shares.append(sum(alike >= tenth - 1e-3 for alike in near) / FOUND)
    return statistics.mean(shares)


def _fill(size: int) -> _Table:
    """Live leads of which nothing is known but a number, with vectors scattered about those of made-up texts."""
    rng = np.random.default_rng(5)
    centres = embed(_texts(TEXTS))
    recipe = vectors.follow(recipe=LOCAL)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # what triggers would note is not measured
        Lead.objects.create(kind=Kind.FSBO, state=Lead.State.ACTIVE, area_sqft=0)
        cursor.execute(_MORE, [size - 1])
        cursor.execute("CREATE INDEX bench_area ON leads_lead (area_sqft)")
        cursor.execute("SELECT id, area_sqft FROM leads_lead ORDER BY id")
        rows = cursor.fetchall()
        made = _scattered(centres, size, rng)
        with cursor.copy(
            "COPY leads_leadvector (lead_id, recipe_id, state_code, text_hash, vector) FROM STDIN"
        ) as copy:
            for (pk, number), vector in zip(rows, made, strict=True):
                state = IN_STATE if number < SHARES["8 %"] * size else "FL"
                copy.write_row((pk, recipe.pk, state, "", vectors.as_literal(vector.tolist())))
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE leads_leadvector")
        cursor.execute("VACUUM ANALYZE leads_lead")
    numbers = np.array([number for _, number in rows])
    return _Table(ids=[pk for pk, _ in rows], vectors=made, numbers=numbers, recipe=recipe)


def _scattered(centres: Vectors, size: int, rng: np.random.Generator) -> Vectors:
    noise = rng.standard_normal((size, LOCAL.dimensions), dtype=np.float32)
    noise *= SCATTER / np.linalg.norm(noise, axis=1, keepdims=True)
    made = centres[rng.integers(0, len(centres), size)] + noise
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return made


def _texts(count: int) -> list[str]:
    from bench.embedding import texts  # noqa: PLC0415

    return texts(count, Random(7))  # noqa: S311  (made up, not secret)


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX bench_area; DELETE FROM leads_leadvector; DELETE FROM leads_lead")
