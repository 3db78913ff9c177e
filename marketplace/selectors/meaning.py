"""What offers mean, as vectors of their public texts tell it: the nearest to words or to a taste, and why.

Where the model is not installed, or no vector was made yet, nothing is near and words alone are searched.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import structlog
from django.db.models import QuerySet

from ai.embedding import ModelMissing, embed
from leads import nearest, vectors
from leads.models import LeadVector, VectorRecipe
from leads.reading.catalogue import FEATURES
from marketplace.models import Listing
from marketplace.querysets import ListingQuerySet
from marketplace.taste import City

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from marketplace.taste import Vector

LEAST_ALIKE: Final = 0.1
"""Below it a text has nothing to do with what was typed."""
FEATURE_ALIKE: Final = 0.42
FEATURES_OF_A_WORD: Final = 3
"""A feature means what a word says if it is among the most alike of the catalogue, and this alike."""
MOST_TOLD: Final = 2
TEXTS_KEPT: Final = 512

log = structlog.get_logger(__name__)


def nearest_to_words(text: str, among: "QuerySet[Any]", *, limit: int, state_code: str = "") -> list[UUID]:
    """The offers that come nearest to what was typed; none where nothing can be compared.

    :param among: ids of the offers to choose from
    :param state_code: the state in which all of them lie, which spares looking at the others; "" for any
    """
    try:
        found = nearest.nearest_to_text(text, limit=limit, among=among, state_code=state_code)
    except ModelMissing:
        log.warning("search.without_meaning")
        return []
    return [near.lead_id for near in found if near.similarity >= LEAST_ALIKE]


def nearest_to_taste(
    vector: "Vector | None", offers: ListingQuerySet, *, cities: Sequence[City], limit: int
) -> list[Listing]:
    """Of the offers in some cities those most like what somebody likes."""
    recipe = vectors.serving()
    if vector is None or recipe is None:
        return []
    found: list[UUID] = []
    for city, state in cities:
        among = offers.filter(city=city, state_code=state).values("pk")
        in_state = nearest.nearest(vector, recipe=recipe, limit=limit, among=among, state_code=state)
        found += [near.lead_id for near in in_state]
    by_key = offers.in_bulk(found)
    return [by_key[pk] for pk in found if pk in by_key]


def vectors_of(lead_ids: Iterable[UUID]) -> "dict[UUID, Vector]":
    """The vectors of leads' public texts, of those that have one."""
    rows = LeadVector.objects.filter(lead__in=list(lead_ids), recipe__state=VectorRecipe.State.SERVING)
    import numpy as np  # noqa: PLC0415  (in processes that compare vectors)

    return {
        lead_id: np.array(vector, dtype=np.float32) for lead_id, vector in rows.values_list("lead_id", "vector")
    }


def alike(features: Sequence[str], parts: Sequence[str], *, of: tuple[str, ...]) -> tuple[str, ...]:
    """Of an offer's features those that mean what some parts of a search say, the most alike first.

    :param of: all parts of the search, which are compared with the catalogue together
    """
    meant = _meant(of) if parts and features else {}
    likeness = {feature: max(meant[part].get(feature, 0.0) for part in parts) for feature in features if meant}
    in_order = sorted(likeness, key=lambda feature: (-likeness[feature], feature))
    return tuple(feature for feature in in_order[:MOST_TOLD] if likeness[feature])


@lru_cache(maxsize=TEXTS_KEPT)
def _meant(parts: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Which features of the catalogue each part is most like, and how much; nothing without the model."""
    try:
        labels, known = _catalogue()
        likeness = embed(parts) @ known.T
    except ModelMissing:
        return {}
    return {
        part: {
            labels[place]: float(row[place])
            for place in row.argsort()[::-1][:FEATURES_OF_A_WORD]
            if row[place] >= FEATURE_ALIKE
        }
        for part, row in zip(parts, likeness, strict=True)
    }


@lru_cache(maxsize=1)
def _catalogue() -> "tuple[list[str], NDArray[np.float32]]":
    labels = [entry.says for entry in FEATURES.values()]
    return labels, embed(labels)
