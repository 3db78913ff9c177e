"""The cache. What lies in it is never the truth, so an absent Redis stops nothing."""

from functools import cache, cached_property
from typing import Any, Final

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient

from aiqleads.core.redis import breaker

MAX_ENTRIES_IN_MEMORY: Final = 20_000


class LastingClient(RedisCacheClient):
    """Django's, with one ``Redis`` for the process, whose connections all threads share."""

    @cached_property
    def _redis(self) -> Any:
        return super().get_client(write=True)

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        return self._redis


@cache
def _client(server: str, **options: Any) -> LastingClient:
    return LastingClient([server], **options)


@cache
def _script(client: Any, text: str) -> Any:
    return client.register_script(text)


class LenientRedisCache(RedisCache):
    """Django's Redis cache for what may be lost. While Redis is away, each process remembers for itself.

    So log-ins and requests are still counted, by each process alone.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        # Django makes a cache for each request: each would connect anew.
        self._cache = _client(server, **params.get("OPTIONS", {}))
        self._memory = LocMemCache("while Redis is away", {"OPTIONS": {"MAX_ENTRIES": MAX_ENTRIES_IN_MEMORY}})
        self._memory.key_prefix = self.key_prefix

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._ask("get", key, default, version)

    def set(self, key: Any, *arguments: Any, **options: Any) -> None:
        self._ask("set", key, *arguments, **options)

    def add(self, key: Any, *arguments: Any, **options: Any) -> bool:
        return bool(self._ask("add", key, *arguments, **options))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(self._ask("delete", key, version))

    def run_script(self, script: str, keys: list[str], arguments: list[Any]) -> Any:
        """Run a script of Redis on keys of this cache, in one step. Not lenient: who asks has another plan."""
        registered = _script(self._cache.get_client(), script)
        return registered(keys=[self.make_key(key) for key in keys], args=arguments)

    def _ask(self, operation: str, *arguments: Any, **options: Any) -> Any:
        return breaker.attempt(
            lambda: getattr(RedisCache, operation)(self, *arguments, **options),
            otherwise=lambda: getattr(self._memory, operation)(*arguments, **options),
            purpose="cache",
        )
