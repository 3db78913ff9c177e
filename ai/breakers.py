"""Who may be asked now: a provider that failed several times in a row rests, and no more calls run than it takes.

Both are shared by all processes through Redis. Without Redis every provider counts as well, and each process keeps
the number of calls by itself. Places that could not be given back meanwhile are given back with the next question:
else a moment without Redis would leave a provider without places for as long as its calls may take.
"""

import threading
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Final
from uuid import uuid4

from django.conf import settings
from django.db import connection
from redis import Redis

from ai.providers import Provider
from aiqleads.core.redis import breaker as redis_breaker

FAILURES: Final = 5
"""So many in a row, whatever lies between them, and a provider rests."""
REST_SECONDS: Final = 30
REMEMBERED_SECONDS: Final = 300
MOST_OWED: Final = 1_000

_ADMIT: Final = """
local slots, failures, rest, probe = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local ticket, most, threshold, lease_ms = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local owed = {unpack(ARGV, 5)}
if #owed > 0 then redis.call('ZREM', slots, unpack(owed)) end
if redis.call('EXISTS', rest) == 1 then return 'resting' end
local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', slots, 0, now_ms)
if redis.call('ZCARD', slots) >= most then return 'full' end
if tonumber(redis.call('GET', failures) or '0') >= threshold then
    if not redis.call('SET', probe, ticket, 'NX', 'PX', lease_ms) then return 'resting' end
end
redis.call('ZADD', slots, now_ms + lease_ms, ticket)
redis.call('PEXPIRE', slots, lease_ms)
return 'in'
"""
_LEAVE: Final = """
local slots, failures, rest, probe = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local ticket, report, threshold, rest_ms = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
redis.call('ZREM', slots, ticket)
if redis.call('GET', probe) == ticket then redis.call('DEL', probe) end
if report == 'well' then
    redis.call('DEL', failures)
elseif report ~= 'unknown' then
    local count = redis.call('INCRBY', failures, report == 'hopeless' and threshold or 1)
    redis.call('EXPIRE', failures, ARGV[5])
    if count >= threshold then redis.call('SET', rest, '1', 'PX', rest_ms) end
end
return 1
"""


class Report(StrEnum):
    """How a call went, for the next one."""

    WELL = "well"
    BADLY = "badly"
    HOPELESS = "hopeless"
    """The key is wrong or the account is empty: asking again at once is no use."""
    UNKNOWN = "unknown"
    """The provider is not to blame, or was not asked at all."""


class Door(StrEnum):
    """Whether a call may be made."""

    IN = "in"
    FULL = "full"
    RESTING = "resting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A place among the calls of a provider; ``leave`` gives it back."""

    door: Door
    provider: str
    id: str = ""
    is_local: bool = False

    def leave(self, report: Report) -> None:
        """Give the place back and say how it went. Without Redis the latter is forgotten."""
        if self.is_local:
            _leave_locally(self.provider)
            return
        arguments = [self.id, report.value, FAILURES, REST_SECONDS * 1000, REMEMBERED_SECONDS]
        redis_breaker.attempt(
            lambda: _run(_LEAVE, self.provider, arguments),
            otherwise=lambda: _owe(self.provider, [self.id]),
            purpose="model breaker",
        )


def enter(provider: Provider, *, seconds: float) -> Ticket:
    """Take a place among the provider's calls, if it is not resting and there is one.

    :param seconds: after which the place is free again, whatever became of the process
    """
    ticket = str(uuid4())
    owed = _owed_to(provider.name)
    arguments = [ticket, provider.concurrency, FAILURES, round(seconds * 1000), *owed]
    door = redis_breaker.attempt(
        lambda: str(_run(_ADMIT, provider.name, arguments)), otherwise=lambda: "", purpose="model breaker"
    )
    if not door:
        _owe(provider.name, [*owed, ticket])  # Redis may have heard, and not have said so in time
        is_in = _enter_locally(provider)
        return Ticket(door=Door.IN if is_in else Door.FULL, provider=provider.name, is_local=is_in)
    return Ticket(door=Door(door), provider=provider.name, id=ticket)


def keys(provider: str) -> list[str]:
    """What Redis holds about a provider, of this database's deployment."""
    place = f"ai:{connection.settings_dict['NAME']}:{provider}"
    return [f"{place}:{kind}" for kind in ("slots", "failures", "rest", "probe")]


def _run(script: str, provider: str, arguments: list[Any]) -> str:
    return str(_script(script)(keys=keys(provider), args=arguments))


@cache
def client() -> Redis:
    """The process's connections to Redis."""
    return Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1, decode_responses=True)


@cache
def _script(text: str) -> Any:
    return client().register_script(text)


_owed: dict[str, list[str]] = {}
_under_way: Counter[str] = Counter()
_lock = threading.Lock()


def _enter_locally(provider: Provider) -> bool:
    with _lock:
        if _under_way[provider.name] >= provider.concurrency:
            return False
        _under_way[provider.name] += 1
        return True


def _leave_locally(provider: str) -> None:
    with _lock:
        _under_way[provider] -= 1


def _owe(provider: str, tickets: list[str]) -> None:
    """Keep places that Redis may take for taken; the newest alone, since the oldest will have run out."""
    with _lock:
        _owed[provider] = [*_owed.get(provider, []), *tickets][-MOST_OWED:]


def _owed_to(provider: str) -> list[str]:
    with _lock:
        return _owed.pop(provider, [])
