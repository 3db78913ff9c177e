"""How often the local model stepped in, by day: kept in Redis, for figures alone, and uncounted without Redis."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from django.db import connection

from ai.breakers import client
from ai.purposes import Purpose
from aiqleads.core.redis import breaker

KEPT_SECONDS: Final = 3 * 24 * 3600


def note(purpose: Purpose, why: str, *, day: date) -> None:
    """Count one answer of the local model that a provider should have given."""

    def count() -> None:
        pipe = client().pipeline()
        pipe.hincrby(_key(day), f"{purpose}/{why}", 1)
        pipe.expire(_key(day), KEPT_SECONDS)
        pipe.execute()

    breaker.attempt(count, otherwise=lambda: None, purpose="local answers")


def counts(day: date) -> Iterator[tuple[str, str, int]]:
    """Purpose, reason and how often, on a day."""
    found: dict[Any, Any] = breaker.attempt(
        lambda: client().hgetall(_key(day)), otherwise=dict, purpose="local answers"
    )
    for name, number in sorted(found.items()):
        purpose, _, why = name.partition("/")
        yield purpose, why, int(number)


def _key(day: date) -> str:
    return f"ai:{connection.settings_dict['NAME']}:local:{day}"
