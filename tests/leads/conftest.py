"""Providers of models with keys, at the shipped stand-in."""

from tests.ai.conftest import give_keys

__all__ = ["give_keys"]
