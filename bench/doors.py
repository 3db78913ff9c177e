"""Doors of log-in, leads, carts and webhooks, each through all middleware, beside an empty view plus its own SQL.

Each round asks the empty view and the door, who first by turns, so that a machine that slows down slows both. The
empty view stands before every other address, so the least is no more than it has to be; what a door's SQL takes is
measured within it, from the statement to its answer, its COMMIT included. What it asks of Redis counts as its own.

Password hashing is left out: it is slow on purpose. What it takes is told as a figure of its own.
"""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Final
from uuid import uuid4

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import check_password, make_password
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import override_settings
from django.urls import path

from accounts import services as accounts
from accounts.models import Membership
from aiqleads import urls
from aiqleads.core import clock
from aiqleads.settling import settle
from bench import cast
from bench.measuring import Figure
from bench.visitors import Latency
from billing.models import SandboxEvent
from billing.providers.sandbox import telling
from marketplace.models import Listing

ROUNDS: Final = 150
WARM_UP: Final = 20
PASSWORD: Final = "correct horse battery"  # noqa: S105  (of a user who lives as long as the benchmark)
EMPTY: Final = "/bench/empty/"
MOST_RATIO: Final = 6.0
"""A bound that only a mistake crosses; the aim is 2."""
DOORS: Final = (
    "page of log-in", "auth/token/", "auth/token/refresh/", "me/", "leads/", "leads/{id}/", "cart/", "cart/items/",
    "webhooks/{provider}", "webhooks/{provider}, brought again",
)  # fmt: skip

FIGURES: Final = (*(f"door: {door}, p0" for door in DOORS), "door: password hashing")


def empty(request: HttpRequest) -> HttpResponse:
    """The least that a view can do."""
    return HttpResponse()


urlpatterns = [path(EMPTY.strip("/") + "/", empty), *urls.urlpatterns]

Ask = Callable[[str], Any]
"""Asks from one address; visitors are counted by it."""


def _leave(answer: Any) -> None:
    """Nothing to tidy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What is asked. ``tidy`` gets the answer and is not timed."""

    ask: Ask
    tidy: Callable[[Any], None] = _leave


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A door, how much of it the database took, and the empty view beside it."""

    door: Latency
    of_sql: Latency
    nothing: Latency


def figures() -> Iterator[Figure]:
    """p50 and p95 of each door in milliseconds, by one visitor after another."""
    with override_settings(
        ROOT_URLCONF="bench.doors", PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]
    ):
        settle()  # as the web server does at its start
        for name in DOORS:
            taken = _measured(door(name, _member()))
            least_p95_ms = taken.nothing.p95_ms + taken.of_sql.p95_ms
            yield Figure(
                name=f"door: {name}, p50", value=taken.door.p50_ms, unit="ms", beside="empty view + SQL",
                other=taken.nothing.p50_ms + taken.of_sql.p50_ms,
            )  # fmt: skip
            yield Figure(
                name=f"door: {name}, p95", value=taken.door.p95_ms, unit="ms", beside="empty view + SQL",
                other=least_p95_ms, at_most=least_p95_ms * MOST_RATIO,
            )  # fmt: skip
    yield Figure(name="door: password hashing", value=_hashing_ms(), unit="ms")


def _member() -> Membership:
    """Somebody else for each door: all of them together would ask more often than one member may."""
    member = cast.buyer("doors")
    member.user.set_password(PASSWORD)
    member.user.save(update_fields=["password"])
    EmailAddress.objects.create(user=member.user, email=member.user.email, primary=True, verified=True)
    return member


def door(name: str, member: Membership) -> Door:
    """One of ``DOORS``, as ``member`` asks at it."""
    email = member.user.email
    bearer = {"Authorization": f"Bearer {accounts.open_session(user=member.user).access}"}
    if name == "page of log-in":
        return Door(
            ask=lambda address: _client(address).post("/account/login/", {"login": email, "password": PASSWORD})
        )
    if name == "auth/token/":
        return Door(ask=lambda address: _posted(address, name, {"email": email, "password": PASSWORD}))
    if name == "auth/token/refresh/":
        return _trading(member)
    if name == "cart/items/":
        return _holding(bearer)
    if name.startswith("webhooks/"):
        return _bringing(is_duplicate=name != "webhooks/{provider}")
    lead_id = Listing.objects.offered().values_list("pk", flat=True)[0]
    where = f"/api/v1/{name.format(id=lead_id)}"
    return Door(ask=lambda address: _client(address).get(where, headers=bearer))


def _trading(member: Membership) -> Door:
    """Each round trades the refresh token that the one before it got."""
    refresh = [accounts.open_session(user=member.user).refresh]
    return Door(
        ask=lambda address: _posted(address, "auth/token/refresh/", {"refresh": refresh[-1]}),
        tidy=lambda answer: refresh.append(answer.json()["refresh"]),
    )


def _holding(bearer: dict[str, str]) -> Door:
    """Each round holds a lead that nobody has touched, and gives it back."""
    lead_ids = cast.Share().lead_ids()

    def give_back(answer: Any) -> None:
        _client("::1").delete(f"/api/v1/cart/items/{answer.json()['id']}/", headers=bearer)

    return Door(
        ask=lambda address: _posted(address, "cart/items/", {"lead": str(next(lead_ids))}, bearer), tidy=give_back
    )


def _bringing(*, is_duplicate: bool) -> Door:
    """Each round brings a signed message that the inbox has not heard, or all the same one. Nobody works it."""
    messages = itertools.repeat(_message()) if is_duplicate else iter(_message, None)

    def bring(address: str) -> Any:
        raw, headers = next(messages)
        browser = _client(address)
        return browser.post("/webhooks/sandbox/", raw, content_type="application/json", headers=headers)

    return Door(ask=bring)


def _message() -> tuple[bytes, dict[str, str]]:
    """As the sandbox tells of an event; its signature is made within the time that is measured."""
    event = SandboxEvent(
        id=f"sbevt_{uuid4().hex}",
        name="checkout.paid",
        object_kind="checkout",
        object_id=f"sbcs_{uuid4().hex}",
        occurred_at=clock.now(),
    )
    raw, headers = telling.message(event)
    return raw, {telling.HEADER: headers[telling.HEADER]}


def _posted(address: str, where: str, told: dict[str, str], bearer: dict[str, str] | None = None) -> Any:
    return _client(address).post(f"/api/v1/{where}", told, content_type="application/json", headers=bearer)


@lru_cache(maxsize=1)
def _browser() -> Client:
    """One for all: each makes its middleware anew, which looks through every static file."""
    return Client(HTTP_HOST="localhost")


def _client(address: str) -> Client:
    """A visitor nobody knows."""
    browser = _browser()
    browser.cookies.clear()
    browser.defaults["REMOTE_ADDR"] = address
    return browser


_numbers = itertools.count(1)


def _measured(door: Door) -> Taken:
    took, of_sql, nothing = [], [], []
    for number in range(WARM_UP + ROUNDS):
        if number % 2:
            nothing.append(_seconds(lambda address: _client(address).get(EMPTY))[0])
        with _Watch() as watch:
            seconds, answer = _seconds(door.ask)
        took.append(seconds)
        of_sql.append(watch.seconds)
        door.tidy(answer)
        if not number % 2:
            nothing.append(_seconds(lambda address: _client(address).get(EMPTY))[0])
    return Taken(
        door=Latency.of(took[WARM_UP:]), of_sql=Latency.of(of_sql[WARM_UP:]), nothing=Latency.of(nothing[WARM_UP:])
    )


def _seconds(ask: Ask) -> tuple[float, Any]:
    """:raises RuntimeError: the answer is neither of success nor a redirect"""
    address = f"2001:db8:{next(_numbers):x}::1"
    began = time.perf_counter()
    answer = ask(address)
    seconds = time.perf_counter() - began
    if answer.status_code not in {200, 201, 302}:
        raise RuntimeError(f"A door answered {answer.status_code}: {answer.content[:200]!r}")
    return seconds, answer


class _Watch:
    """Adds up what statements take until their answer is there, and the ends of transactions."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._database: Any = connections[DEFAULT_DB_ALIAS]
        self._within: AbstractContextManager[None] = self._database.execute_wrapper(self._of_statement)

    def __enter__(self) -> "_Watch":
        self._within.__enter__()
        vars(self._database)["_commit"] = partial(self._timed, self._database._commit)  # no statement for Django
        return self

    def __exit__(self, *how: Any) -> None:
        del vars(self._database)["_commit"]
        self._within.__exit__(*how)

    def _of_statement(self, execute: Any, *told: Any) -> Any:
        return self._timed(partial(execute, *told))

    def _timed(self, work: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        try:
            return work()
        finally:
            self.seconds += time.perf_counter() - began


def _hashing_ms() -> float:
    hashed = make_password(PASSWORD)
    began = time.perf_counter()
    check_password(PASSWORD, hashed)
    return (time.perf_counter() - began) * 1000
