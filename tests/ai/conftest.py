"""Providers with keys, at the shipped stand-in."""

from collections.abc import Callable, Iterator

import pytest

from ai import breakers, providers
from ai.models import Route
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


@pytest.fixture
def route() -> Callable[..., None]:
    """Puts a version of a route in force: a purpose, and pairs of provider and model."""

    def put(purpose: str, asked: list[tuple[str, str]], **facts: int) -> None:
        steps = [
            {"role": f"reader {place}", "provider": provider, "model": model, "parameters": {}}
            for place, (provider, model) in enumerate(asked)
        ]
        told = {"deadline_seconds": 30, "daily_budget_cents": 500, "monthly_budget_cents": 5000, "max_tokens": 500}
        Route.objects.create(purpose=purpose, name="test", steps=steps, **{**told, **facts})

    return put
