"""Texts as vectors: near ones mean alike. Nothing here knows what the texts are about."""

from ai.embedding.errors import ModelMissing
from ai.embedding.recipes import LOCAL, Recipe
from ai.embedding.vectors import embed, embed_query

__all__ = ["LOCAL", "ModelMissing", "Recipe", "embed", "embed_query"]
