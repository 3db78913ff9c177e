"""Log-in, token and lead doors, each through all middleware, beside a view that does nothing plus their own SQL.

Password hashing is left out: it is slow on purpose. What it takes is told as a figure of its own.
"""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any, Final

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import check_password, make_password
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import override_settings
from django.urls import path

from accounts import services as accounts
from aiqleads import urls
from bench import cast
from bench.measuring import Figure
from bench.visitors import Latency
from marketplace.models import Listing

ROUNDS: Final = 150
WARM_UP: Final = 20
PASSWORD: Final = "correct horse battery"  # noqa: S105  (of a user who lives as long as the benchmark)
EMPTY: Final = "/bench/empty/"
MOST_RATIO: Final = 6.0
"""A bound that only a mistake crosses; the aim is 2."""
DOORS: Final = ("page of log-in", "auth/token/", "auth/token/refresh/", "me/", "leads/", "leads/{id}/", "cart/")

FIGURES: Final = (*(f"door: {door}, p0" for door in DOORS), "door: password hashing")


def empty(request: HttpRequest) -> HttpResponse:
    """The least that a view can do."""
    return HttpResponse()


urlpatterns = [*urls.urlpatterns, path(EMPTY.strip("/") + "/", empty)]

Ask = Callable[[str], Any]
"""Asks from one address; visitors are counted by it."""


def figures() -> Iterator[Figure]:
    """p50 and p95 of each door in milliseconds, by one visitor after another."""
    member = cast.buyer("doors")
    with override_settings(
        ROOT_URLCONF="bench.doors", PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]
    ):
        member.user.set_password(PASSWORD)
        member.user.save(update_fields=["password"])
        EmailAddress.objects.create(user=member.user, email=member.user.email, primary=True, verified=True)
        nothing, _ = _measured(lambda address: _client(address).get(EMPTY))
        for door, ask in _asks(member.user, member.user.email).items():
            ours, of_sql = _measured(ask)
            for name, took, least in (
                ("p50", ours.p50_ms, nothing.p50_ms + of_sql.p50_ms),
                ("p95", ours.p95_ms, nothing.p95_ms + of_sql.p95_ms),
            ):
                yield Figure(
                    name=f"door: {door}, {name}", value=took, unit="ms", beside="empty view + SQL", other=least,
                    at_most=least * MOST_RATIO if name == "p95" else None,
                )  # fmt: skip
    yield Figure(name="door: password hashing", value=_hashing_ms(), unit="ms")


def _asks(user: Any, email: str) -> dict[str, Ask]:
    pair = accounts.open_session(user=user)
    bearer = {"Authorization": f"Bearer {pair.access}"}
    lead_id = Listing.objects.offered().values_list("pk", flat=True)[0]
    refresh = [accounts.open_session(user=user).refresh]

    def trade(address: str) -> Any:
        answer = _client(address).post(
            "/api/v1/auth/token/refresh/", {"refresh": refresh[-1]}, content_type="application/json"
        )
        refresh.append(answer.json()["refresh"])
        return answer

    def read(where: str) -> Ask:
        return lambda address: _client(address).get(f"/api/v1/{where}", headers=bearer)

    who = {"email": email, "password": PASSWORD}
    asks: list[Ask] = [
        lambda address: _client(address).post("/account/login/", {"login": email, "password": PASSWORD}),
        lambda address: _client(address).post("/api/v1/auth/token/", who, content_type="application/json"),
        trade,
        read("me/"),
        read("leads/"),
        read(f"leads/{lead_id}/"),
        read("cart/"),
    ]
    return dict(zip(DOORS, asks, strict=True))


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


def _measured(ask: Ask) -> tuple[Latency, Latency]:
    """How long the door took, and how much of it the database.

    :raises RuntimeError: an answer is neither 200 nor a redirect
    """
    took, of_sql = [], []
    for _ in range(WARM_UP + ROUNDS):
        with _Watch() as watch:
            began = time.perf_counter()
            answer = ask(f"2001:db8:{next(_numbers):x}::1")
            took.append(time.perf_counter() - began)
        of_sql.append(watch.seconds)
        if answer.status_code not in {200, 302}:
            raise RuntimeError(f"A door answered {answer.status_code}: {answer.content[:200]!r}")
    return Latency.of(took[WARM_UP:]), Latency.of(of_sql[WARM_UP:])


class _Watch:
    """Adds up what statements take until their answer is there."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._within: AbstractContextManager[None] = connection.execute_wrapper(self._timed)

    def __enter__(self) -> "_Watch":
        self._within.__enter__()
        return self

    def __exit__(self, *how: Any) -> None:
        self._within.__exit__(*how)

    def _timed(self, execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.seconds += time.perf_counter() - began


def _hashing_ms() -> float:
    hashed = make_password(PASSWORD)
    began = time.perf_counter()
    check_password(PASSWORD, hashed)
    return (time.perf_counter() - began) * 1000
