"""Asking a worker to do at once what a sweep would do later."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.core.cache import cache

from aiqleads.core.redis import breaker

ASKED_SECONDS: Final = 1
"""A worker that was asked and did not begin within so long is not waited for: another is asked."""


@dataclass(frozen=True, slots=True)
class Errand:
    """Work that many ask for: the first is heard, and the worker who begins then sees what all of them left."""

    name: str

    def ask(self, send: Callable[[], object]) -> None:
        """Ask a worker, unless one was asked a moment ago and has not begun. Without a broker the sweep does it."""
        if cache.add(self._key, True, ASKED_SECONDS):
            breaker.attempt(send, otherwise=lambda: None, purpose=self.name)

    def begin(self) -> None:
        """As the worker who was asked: whoever asks from now on is heard again."""
        cache.delete(self._key)

    @property
    def _key(self) -> str:
        return f"{self.name}:asked"
