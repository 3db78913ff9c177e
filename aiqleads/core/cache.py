"""The cache. What lies in it is never the truth, so an absent Redis is an empty cache and stops nothing."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache.backends.redis import RedisCache

from aiqleads.core.redis import breaker

V = TypeVar("V")


class LenientRedisCache(RedisCache):
    """Django's Redis cache for what may be lost: while Redis is away nothing is found and nothing is kept.

    ``add`` then says that it added, so that a lock taken with it is granted instead of waited for.
    """

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return _or_else(default, lambda: super(LenientRedisCache, self).get(key, default, version))

    def set(self, key: Any, *arguments: Any, **options: Any) -> None:
        _or_else(None, lambda: super(LenientRedisCache, self).set(key, *arguments, **options))

    def add(self, key: Any, *arguments: Any, **options: Any) -> bool:
        return _or_else(True, lambda: super(LenientRedisCache, self).add(key, *arguments, **options))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return _or_else(False, lambda: super(LenientRedisCache, self).delete(key, version))


def _or_else(otherwise: V, ask: Callable[[], V]) -> V:
    return breaker.attempt(ask, otherwise=otherwise, purpose="cache")
