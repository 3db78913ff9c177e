"""Providers with keys, at the shipped stand-in."""

from collections.abc import Callable, Iterator

import pytest

from ai import breakers, providers
from tests.ai.served import Models


def point_at(models: Models, *names: str) -> dict[str, dict[str, str]]:
    """The setting that asks the stand-in for these providers, and nobody for the others."""
    return {name: {"key": f"key-of-{name}", "url": models.base_url(name)} for name in names}


def forget_breakers() -> None:
    """As if no provider had ever failed."""
    breakers.client().delete(*(key for name in providers.providers() for key in breakers.keys(name)))


@pytest.fixture
def give_keys(models: Models, settings, db) -> Iterator[Callable[..., Models]]:
    """Gives keys to providers, which are at the stand-in."""

    def give(*names: str) -> Models:
        settings.MODEL_PROVIDERS = point_at(models, *names)
        return models

    forget_breakers()
    yield give
    forget_breakers()
