"""Leads whose public texts mean about the same as a vector, the nearest first.

Every row that may be an answer is looked at, so none is missed: an index of neighbours finds only some of those of
a short query, and under a filter too few: see ``docs/decisions/0034``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from ai.embedding import embed_query
from leads import vectors
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
    found = _search(
        vectors.as_literal(kept.vector),
        table=kept._meta.db_table,
        recipe_id=kept.recipe_id,
        limit=limit + 1,
        among=among,
        state_code=state_code,
    )
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
) -> list[Near]:
    """The leads nearest to a vector of ``recipe``; see :func:`nearest_to_lead`."""
    literal = vectors.as_literal(vector.tolist())
    table = LeadVector._meta.db_table
    return _search(literal, table=table, recipe_id=recipe.pk, limit=limit, among=among, state_code=state_code)


def _search(
    vector: str, *, table: str, recipe_id: int, limit: int, among: "QuerySet[Any] | None", state_code: str
) -> list[Near]:
    try:
        chosen, values = _among(among)
    except EmptyResultSet:  # Django knows of some filters that nothing fits them
        return []
    if state_code:
        chosen, values = f"{chosen} AND {_OF_STATE[table]}", [*values, state_code]
    with connection.cursor() as cursor:
        cursor.execute(_EXACT.format(table=table, among=chosen), [vector, recipe_id, *values, limit])
        return [Near(lead_id=lead_id, similarity=similarity) for lead_id, similarity in cursor.fetchall()]


def _among(chosen: "QuerySet[Any] | None") -> tuple[str, Sequence[Any]]:
    if chosen is None:
        return "", ()
    statement, values = chosen.order_by().query.sql_with_params()
    return f" AND own.lead_id IN ({statement})", values
