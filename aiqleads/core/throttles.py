"""How often one caller may ask: so many times within any stretch of a minute (or an hour).

Counted in Redis by one script a request, which looks and counts in one step, so that two at once cannot both be the
last. While Redis is away each process counts for itself, and nobody is turned away for its absence. The count
protects against guessing and greed, not money: what a sale needs is refused by the database.
"""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import uuid4

from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from aiqleads.core.redis import breaker

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which loads this module

MOST_CALLERS_IN_MEMORY: Final = 20_000
COUNT: Final = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local answer = {}
local wait = 0
for i, key in ipairs(KEYS) do
    local most, window = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window)
    local used = redis.call('ZCARD', key)
    local oldest = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
    local until_free = oldest and (oldest + window - now) or window
    if used >= most then wait = math.max(wait, until_free) end
    answer[i] = {most - used, until_free}
end
if wait == 0 then
    for i, key in ipairs(KEYS) do
        redis.call('ZADD', key, now, ARGV[#ARGV])
        redis.call('PEXPIRE', key, ARGV[2 * i])
        answer[i][1] = answer[i][1] - 1
    end
end
return {wait, answer}
"""
"""Sliding windows: each key holds the moments of a caller's requests, by a mark that no other request has.

All of them are counted, or none.
"""
TAKE_BACK: Final = "for _, key in ipairs(KEYS) do redis.call('ZREM', key, ARGV[1]) end"
FORGET: Final = "redis.call('DEL', unpack(KEYS))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most ``most`` requests of ``caller`` within ``seconds``; ``name`` is told to the caller."""

    name: str
    caller: str
    most: int
    seconds: int

    @property
    def key(self) -> str:
        return f"limit:{self.name}:{self.caller}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What became of a request. ``wait_seconds`` is 0 where it may pass; ``left`` stands beside each limit.

    :param mark: what it is counted by
    """

    wait_seconds: float
    limits: tuple[tuple[Limit, int, float], ...]
    mark: str

    def headers(self) -> dict[str, str]:
        """``RateLimit`` and ``RateLimit-Policy``, as the drafts of the IETF's HTTPAPI group have them."""
        policy = ", ".join(f'"{limit.name}";q={limit.most};w={limit.seconds}' for limit, _, _ in self.limits)
        now = ", ".join(f'"{limit.name}";r={max(left, 0)};t={_whole(free)}' for limit, left, free in self.limits)
        return {"RateLimit-Policy": policy, "RateLimit": now}


def count(limits: Sequence[Limit]) -> Counted:
    """Count a request against all of its limits, or against none where one of them is reached."""
    mark = uuid4().hex
    wait, told = breaker.attempt(
        lambda: _in_redis(limits, mark), otherwise=lambda: _memory.count(limits, mark), purpose="throttle"
    )
    pairs = zip(limits, told, strict=True)
    return Counted(
        wait_seconds=wait / 1000,
        limits=tuple((limit, int(left), free / 1000) for limit, (left, free) in pairs),
        mark=mark,
    )


def take_back(counted: Counted) -> None:
    """Count a request no more that proved to be none of those that are limited."""
    limits = [limit for limit, _, _ in counted.limits]
    _run(TAKE_BACK, limits, [counted.mark], otherwise=lambda: _memory.take_back(limits, counted.mark))


def forget(limit: Limit) -> None:
    """Begin the count of one caller anew."""
    _run(FORGET, [limit], [], otherwise=lambda: _memory.forget(limit))


def _in_redis(limits: Sequence[Limit], mark: str) -> tuple[float, list[tuple[int, float]]]:
    numbers = [number for limit in limits for number in (limit.most, limit.seconds * 1000)]
    told: tuple[float, list[tuple[int, float]]]
    told = cast("Any", cache).run_script(COUNT, [limit.key for limit in limits], [*numbers, mark])
    return told


def _run(script: str, limits: Sequence[Limit], arguments: list[Any], *, otherwise: Callable[[], None]) -> None:
    keys = [limit.key for limit in limits]
    breaker.attempt(
        lambda: cast("Any", cache).run_script(script, keys, arguments), otherwise=otherwise, purpose="throttle"
    )


def _whole(seconds: float) -> int:
    return max(1, -int(-seconds // 1))


def network_of(address: str | None) -> str:
    """What an address counts as: an IPv4 one as itself, an IPv6 one as its /64."""
    told = address or ""
    try:
        known = ip_address(told.partition("%")[0])
    except ValueError:
        return told
    if isinstance(known, IPv6Address):
        return str(known.ipv4_mapped or IPv6Network((known, 64), strict=False))
    return told


class _Memory:
    """The same count for one process, while Redis is away."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._moments: OrderedDict[str, deque[tuple[float, str]]] = OrderedDict()

    def count(self, limits: Sequence[Limit], mark: str) -> tuple[float, list[tuple[int, float]]]:
        now = time.monotonic() * 1000
        with self._lock:
            kept = [self._recent(limit, now) for limit in limits]
            told = [_room(limit, moments, now) for limit, moments in zip(limits, kept, strict=True)]
            wait = max((free for left, free in told if left <= 0), default=0.0)
            if wait == 0:
                for moments in kept:
                    moments.append((now, mark))
                told = [(left - 1, free) for left, free in told]
        return wait, told

    def take_back(self, limits: Sequence[Limit], mark: str) -> None:
        with self._lock:
            for limit in limits:
                kept = self._moments.get(limit.key, deque())
                self._moments[limit.key] = deque(moment for moment in kept if moment[1] != mark)

    def forget(self, limit: Limit) -> None:
        with self._lock:
            self._moments.pop(limit.key, None)

    def _recent(self, limit: Limit, now: float) -> deque[tuple[float, str]]:
        moments = self._moments.setdefault(limit.key, deque())
        self._moments.move_to_end(limit.key)
        while moments and moments[0][0] <= now - limit.seconds * 1000:
            moments.popleft()
        if len(self._moments) > MOST_CALLERS_IN_MEMORY:
            self._moments.popitem(last=False)
        return moments


def _room(limit: Limit, moments: deque[tuple[float, str]], now: float) -> tuple[int, float]:
    window = limit.seconds * 1000
    return limit.most - len(moments), (moments[0][0] + window - now if moments else window)


_memory: Final = _Memory()


class CountedThrottle(SimpleRateThrottle):
    """Counts a request against the limits that ``limits_of`` names. Rates stand in ``DEFAULT_THROTTLE_RATES``."""

    def __init__(self) -> None:
        """Rates are read by name when they are asked for."""
        self.counted: Counted | None = None

    def limits_of(self, request: Request, view: "APIView") -> list[Limit]:
        """What this request counts against; none where it is nobody's business here."""
        caller = self.get_cache_key(request, view)
        return [self.limit(str(self.scope), caller)] if caller else []

    def get_ident(self, request: Any) -> str:
        """The network that an address lies in, where whoever has one address has all of it: an IPv6 /64."""
        return network_of(super().get_ident(request))

    def limit(self, name: str, caller: Any) -> Limit:
        """The limit called ``name`` in the settings, for one caller."""
        most, seconds = self.parse_rate(self.THROTTLE_RATES[name])
        return Limit(name=name, caller=str(caller), most=most or 0, seconds=seconds or 1)

    def allow_request(self, request: Request, view: "APIView") -> bool:
        limits = self.limits_of(request, view)
        if not limits:
            return True
        self.counted = count(limits)
        if isinstance(request, Request):
            request.counted = self.counted  # type: ignore[attr-defined]  # told in the answer's headers
        return self.counted.wait_seconds == 0

    def wait(self) -> float | None:
        return self.counted.wait_seconds if self.counted else None


class AnonymousThrottle(CountedThrottle):
    """Visitors without a token, by address."""

    scope = "anonymous"

    def get_cache_key(self, request: Request, view: "APIView") -> str | None:
        return None if request.user and request.user.is_authenticated else self.get_ident(request)


class LogInThrottle(CountedThrottle):
    """Everything that takes a password, by address."""

    scope = "log_in"

    def get_cache_key(self, request: Request, view: "APIView") -> str:
        return self.get_ident(request)
