"""Turning texts into vectors by a recipe."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from ai.embedding.recipes import LOCAL, Recipe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

QUERIES_KEPT: Final = 2_048
"""Three megabytes a process."""


def embed(texts: Sequence[str], recipe: Recipe = LOCAL) -> "NDArray[np.float32]":
    """One vector of length 1 for each text, ``(texts, recipe.dimensions)``, in the texts' order.

    The same text in other company differs in the seventh decimal place.

    :raises ModelMissing: the embedded model is not installed
    :raises ValueError: nobody here makes vectors by this recipe
    """
    from ai.embedding import minilm  # noqa: PLC0415  (numpy and the runtime, in processes that embed)

    if recipe.model != LOCAL.model:
        raise ValueError(f"no vectors are made by {recipe.stamp}")
    return minilm.embed(texts)


def embed_query(text: str, recipe: Recipe = LOCAL) -> "NDArray[np.float32]":
    """The vector of a few typed words, ``(recipe.dimensions,)``; remembered, so it may not be written to."""
    return _embed_query(" ".join(text.split()).lower(), recipe)


@lru_cache(maxsize=QUERIES_KEPT)
def _embed_query(text: str, recipe: Recipe) -> "NDArray[np.float32]":
    vector: NDArray[np.float32] = embed([text], recipe)[0]
    vector.setflags(write=False)
    return vector
