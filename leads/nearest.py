"""Leads whose public texts mean about the same as a vector, the nearest first.

Where some thousands may be an answer, each is looked at, so none is missed. Where more may be and there are lists
of vectors that are alike, the nearest lists are read, and the nearest of what they hold are asked whether they may
be an answer; should too few be, each is looked at after all: see ``docs/decisions/0034``.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import QuerySet

from ai.embedding import embed_query
from leads import vector_lists, vectors
from leads.models import LeadVector, ProviderVector, VectorRecipe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_EXACT: Final = """
SELECT near.lead_id, -near.distance FROM (
    SELECT own.lead_id, (own.vector <#> %s::halfvec) + 0 AS distance
    FROM {table} own WHERE own.recipe_id = %s{among}
) near ORDER BY near.distance, near.lead_id LIMIT %s
"""
"""Nothing is added to the distance so that no index of neighbours can be taken for the order asked for."""

_AMONG_NEAREST: Final = """
SELECT own.lead_id, -own.distance FROM (
    SELECT lead_id, state_code, vector <#> %s::halfvec AS distance FROM {table} WHERE recipe_id = %s
    ORDER BY vector <#> %s::halfvec LIMIT %s
) own WHERE true{among} ORDER BY own.distance, own.lead_id LIMIT %s
"""
_ROWS: Final = "EXPLAIN (FORMAT JSON) SELECT FROM {table} own WHERE own.recipe_id = %s{among}"
WIDE_FROM: Final = 20_000
"""So many that may be an answer cost as much to look at as the nearest lists."""
ASKED: Final = 2_000
"""So many of the nearest are asked whether they may be an answer."""

_OF_STATE: Final = {
    LeadVector._meta.db_table: "own.state_code = %s",
    ProviderVector._meta.db_table: "own.lead_id IN (SELECT lead_id FROM leads_leadvector WHERE state_code = %s)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A lead, and how alike it is: the cosine, 1 for the same."""

    lead_id: UUID
    similarity: float


def nearest_to_lead(
    lead_id: UUID, *, limit: int, among: "QuerySet[Any] | None" = None, state_code: str = ""
) -> list[Near]:
    """The leads most like another, itself left out; none where it has no vector (yet).

    A provider's vectors are asked while they are whole, else our own.

    :param among: leads to choose from, as a queryset of their ids (``offers.values("pk")``); None: all live leads
    :param state_code: leads of this state alone, which costs a third of the same filter in ``among``; "" for all
    """
    kept: ProviderVector | LeadVector | None = _provided(lead_id)
    kept = kept or LeadVector.objects.filter(lead=lead_id, recipe__state=VectorRecipe.State.SERVING).first()
    if kept is None:
        return []
    filters = _filters(kept._meta.db_table, kept.recipe_id, among, state_code)
    found = _search(vectors.as_literal(kept.vector), filters, limit=limit + 1) if filters else []
    return [item for item in found if item.lead_id != lead_id][:limit]


def _provided(lead_id: UUID) -> ProviderVector | None:
    return ProviderVector.objects.filter(lead=lead_id, recipe__state=VectorRecipe.State.SERVING).first()


def nearest_to_text(
    text: str, *, limit: int, among: "QuerySet[Any] | None" = None, state_code: str = ""
) -> list[Near]:
    """The leads nearest to what somebody typed; see :func:`nearest_to_lead`.

    :raises ai.embedding.ModelMissing: the embedded model is not installed
    :raises ValueError: the vectors that serve were made by a model that is no longer here
    """
    recipe = vectors.serving()
    if recipe is None:
        return []
    return nearest(embed_query(text, recipe.recipe), recipe=recipe, limit=limit, among=among, state_code=state_code)


def nearest(
    vector: "NDArray[np.float32]",
    *,
    recipe: VectorRecipe,
    limit: int,
    among: "QuerySet[Any] | None" = None,
    state_code: str = "",
    wide_from: int = WIDE_FROM,
) -> list[Near]:
    """The leads nearest to a vector of ``recipe``; see :func:`nearest_to_lead`.

    :param wide_from: where so many or more may be an answer, the nearest lists are read
    """
    literal = vectors.as_literal(vector.tolist())
    filters = _filters(LeadVector._meta.db_table, recipe.pk, among, state_code)
    return _search(literal, filters, limit=limit, wide_from=wide_from) if filters else []


@dataclass(frozen=True, slots=True, kw_only=True)
class _Filters:
    """What may be an answer: rows of a table, behind conditions on ``own`` and their values."""

    table: str
    recipe_id: int
    chosen: str
    values: Sequence[Any]


def _filters(table: str, recipe_id: int, among: "QuerySet[Any] | None", state_code: str) -> _Filters | None:
    """None where nothing can be an answer."""
    try:
        chosen, values = _among(among)
    except EmptyResultSet:  # Django knows of some filters that nothing fits them
        return None
    if state_code:
        chosen, values = f"{chosen} AND {_OF_STATE[table]}", [*values, state_code]
    return _Filters(table=table, recipe_id=recipe_id, chosen=chosen, values=values)


def _search(vector: str, filters: _Filters, *, limit: int, wide_from: int = WIDE_FROM) -> list[Near]:
    found = _among_nearest(vector, filters, limit=limit, wide_from=wide_from)
    if len(found) < limit:
        return _found(_EXACT, filters, [vector, filters.recipe_id, *filters.values, limit])
    return found


def _among_nearest(vector: str, filters: _Filters, *, limit: int, wide_from: int) -> list[Near]:
    """What the nearest lists hold; nothing where there are none, or where looking at each answer is quicker."""
    lists = vector_lists.kept() if filters.table == LeadVector._meta.db_table else None
    if lists is None or _rows(filters) < wide_from:
        return []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('ivfflat.probes', %s, true)", [str(lists.looked_into)])
        asked = [vector, filters.recipe_id, vector, max(ASKED, limit), *filters.values, limit]
        return _found(_AMONG_NEAREST, filters, asked)


def _rows(filters: _Filters) -> int:
    """How many rows the database expects to be an answer."""
    with connection.cursor() as cursor:
        cursor.execute(
            _ROWS.format(table=filters.table, among=filters.chosen), [filters.recipe_id, *filters.values]
        )
        (plan,) = cursor.fetchone()
    (expected,) = plan if isinstance(plan, list) else json.loads(plan)
    return int(expected["Plan"]["Plan Rows"])


def _found(statement: str, filters: _Filters, asked: Sequence[Any]) -> list[Near]:
    with connection.cursor() as cursor:
        cursor.execute(statement.format(table=filters.table, among=filters.chosen), asked)
        return [Near(lead_id=lead_id, similarity=similarity) for lead_id, similarity in cursor.fetchall()]


def _among(chosen: "QuerySet[Any] | None") -> tuple[str, Sequence[Any]]:
    if chosen is None:
        return "", ()
    statement, values = chosen.order_by().query.sql_with_params()
    return f" AND own.lead_id IN ({statement})", values
