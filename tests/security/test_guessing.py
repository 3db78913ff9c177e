"""Guessing from many addresses at one account, from one network at many accounts, and at what letters carry."""

import secrets
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import one_time, services
from accounts.models import ApiSession, RecoveryCode
from aiqleads.core import clock, events
from aiqleads.core.models import OutboxEvent
from aiqleads.core.throttles import network_of
from tests.api.conftest import PASSWORD, client_of
from tests.conftest import SEED, enrolled, log_in
from tests.security.conftest import visitor

pytestmark = pytest.mark.django_db

WRONG = "wrong guess"
TOKEN, PAGE = "/api/v1/auth/token/", "/account/login/"


def from_anywhere() -> Any:
    """A browser at an IPv4 address, each in a network of its own."""
    client = visitor()
    client.defaults["REMOTE_ADDR"] = ".".join(str(1 + secrets.randbelow(200)) for _ in range(4))
    return client


def token(client: Any, email: str, password: str) -> int:
    asked = {"email": email, "password": password}
    return int(client.post(TOKEN, asked, content_type="application/json").status_code)


def page(client: Any, email: str, password: str) -> int:
    return int(client.post(PAGE, {"login": email, "password": password}).status_code)


def is_in(client: Any) -> bool:
    return "_auth_user_id" in client.session or ApiSession.objects.exists()


@pytest.mark.parametrize("guess", [token, page])
@pytest.mark.parametrize("then", [token, page])
def test_many_addresses_share_the_guesses_at_one_account_whichever_the_door(alice, guess, then):
    email = alice.user.email
    statuses = [guess(from_anywhere(), email, WRONG) for _ in range(5)]
    last = from_anywhere()

    assert set(statuses) == {401 if guess is token else 400}
    assert then(last, email.upper(), PASSWORD) in ({429} if then is token else {400, 429})
    assert not is_in(last)


def test_whoever_guesses_too_often_learns_not_whether_there_is_such_an_account(alice):
    def answers(email: str) -> list[Any]:
        asked = {"email": email, "password": WRONG}
        told = [from_anywhere().post(TOKEN, asked, content_type="application/json") for _ in range(7)]
        return [(one.status_code, one.json()["detail"], one.headers.get("Retry-After")) for one in told]

    assert answers(alice.user.email) == answers("nobody@example.com")
    assert answers("somebody@example.com")[-1] == (
        429,
        "There were too many log-ins that failed. Wait five minutes, then try again.",
        "300",
    )


def test_a_log_in_that_is_right_is_no_guess(alice):
    for _ in range(8):
        assert token(from_anywhere(), alice.user.email, PASSWORD) == 200


@pytest.mark.parametrize(("door", "refused"), [(token, 429), (page, 400)])
def test_one_network_does_not_try_one_password_at_many_accounts(alice, door, refused):
    """Whoever has one address of IPv6 has 2⁶⁴ of them."""

    def next_door() -> Any:
        client = visitor()
        client.defaults["REMOTE_ADDR"] = f"2001:db8:7:7:{secrets.token_hex(2)}::{secrets.token_hex(2)}"
        return client

    for number in range(20):
        door(next_door(), f"member{number}@example.com", PASSWORD)
    last = next_door()

    assert door(last, alice.user.email, PASSWORD) in {refused, 429}
    assert not is_in(last)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("203.0.113.9", "203.0.113.9"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_what_an_address_counts_as(address, network):
    assert network_of(address) == network


def test_asking_for_a_new_password_is_the_same_work_whether_there_is_an_account(alice):
    def work(email: str) -> tuple[int, list[str], int]:
        with CaptureQueriesContext(connection) as asked:
            answer = from_anywhere().post(
                "/api/v1/auth/password/reset/", {"email": email}, content_type="application/json"
            )
        return answer.status_code, [one["sql"].split()[0] for one in asked], OutboxEvent.objects.count()

    known, unknown = work(alice.user.email), work("nobody@example.com")

    assert known[:2] == unknown[:2]
    assert unknown[2] - known[2] == 1
    events.deliver_all()
    assert [letter.to for letter in mail.outbox] == [[alice.user.email]]


def test_figures_are_told_to_operators_who_showed_two_factors(alice, olga):
    half = visitor()
    half.force_login(olga, backend="django.contrib.auth.backends.ModelBackend")

    answers = [one.get("/metrics") for one in (visitor(), log_in(visitor(), alice.user), half)]

    assert {answer.status_code for answer in answers} <= {401, 403, 404}
    assert not any(b"aiqleads_" in answer.content for answer in answers)
    assert log_in(visitor(), olga).get("/metrics").status_code == 200


def test_guesses_at_the_second_factor_are_one_count_from_everywhere_and_at_every_door(alice):
    """After five wrong digits for a token nothing is looked at: no right digits, and no recovery code."""
    enrolled(alice.user)
    [recovery, *_] = services.give_recovery_codes(user=alice.user)
    right = one_time.digits_at(SEED, clock.now())
    whole = {"email": alice.user.email, "password": PASSWORD}
    program = client_of(alice)

    def ask(client: Any, path: str, **typed: str) -> Any:
        client.defaults["REMOTE_ADDR"] = from_anywhere().defaults["REMOTE_ADDR"]
        return client.post(path, typed, content_type="application/json")

    wrong = [ask(visitor(), TOKEN, **whole, otp="x00000").status_code for _ in range(5)]
    browser = from_anywhere()
    page(browser, alice.user.email, PASSWORD)
    answers = [
        ask(visitor(), TOKEN, **whole, otp=right),
        ask(visitor(), TOKEN, **whole, otp=recovery),
        program.post("/api/v1/auth/step-up/", {"otp": right}, format="json"),
        browser.post("/account/second-factor/check/", {"otp": right}),
        browser.post("/account/second-factor/check/", {"otp": recovery}),
    ]

    assert wrong == [401] * 5
    assert [answer.status_code for answer in answers] == [429] * 5
    assert "_auth_user_id" not in browser.session
    assert RecoveryCode.objects.filter(used_at=None).count() == RecoveryCode.objects.count() > 0
