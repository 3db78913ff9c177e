"""A caller is slowed down by address, user, key and organisation, however many requests come at once."""

import threading

import pytest
from django.core.cache import cache
from rest_framework.throttling import SimpleRateThrottle

from accounts import services
from accounts.models.credentials import Scope
from aiqleads.core import throttles
from aiqleads.core.throttles import Limit
from tests.api.conftest import client_of, new_client
from tests.api.problems import assert_problem
from tests.billing.subscribed import subscribe

TIGHT = {"member": "4/min", "key": "2/min", "organisation": "5/min", "address": "100/min", "refused": "3/min"}


@pytest.fixture(autouse=True)
def tight(monkeypatch):
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", {**SimpleRateThrottle.THROTTLE_RATES, **TIGHT})


def asked(client, times):
    return [client.get("/api/v1/me/").status_code for _ in range(times)]


def test_a_user_is_slowed_down_wherever_they_ask_from_and_told_when_to_come_back(alice):
    assert asked(client_of(alice), 3) == [200] * 3
    elsewhere = client_of(alice)
    assert asked(elsewhere, 1) == [200]

    refused = elsewhere.get("/api/v1/me/")

    assert_problem(refused, 429, "throttled")
    assert 50 <= int(refused["Retry-After"]) <= 60
    assert '"member";q=4;w=60' in refused["RateLimit-Policy"]
    assert '"member";r=0;' in refused["RateLimit"]


def test_an_answer_tells_what_is_left(alice):
    client = client_of(alice)
    left = [client.get("/api/v1/me/")["RateLimit"].split(",")[0].split(";")[1] for _ in range(3)]

    assert left == ["r=3", "r=2", "r=1"]


def test_a_key_has_a_limit_of_its_own(alice):
    program = new_client()
    _, text = services.create_key(member=alice, name="Busy", scopes=[Scope.READ], lasts_days=1)
    program.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")

    assert asked(program, 3) == [200, 200, 429]
    assert asked(client_of(alice), 1) == [200]


def test_what_a_member_and_a_key_may_ask_grows_with_the_plan(alice):
    subscribe(alice, "premium")  # five times as much as Starter
    program = new_client()
    _, text = services.create_key(member=alice, name="Busy", scopes=[Scope.READ], lasts_days=1)
    program.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")

    policy = program.get("/api/v1/me/")["RateLimit-Policy"]

    assert policy == '"member";q=20;w=60, "key";q=10;w=60, "organisation";q=5;w=60, "address";q=100;w=60'


def test_an_organisation_shares_one_limit(alice, bob):
    assert asked(client_of(alice), 3) == [200] * 3

    assert asked(client_of(bob), 3) == [200, 200, 429]


def test_a_refused_request_counts_against_nothing(alice, bob):
    assert asked(client_of(alice), 4 + 3) == [200] * 4 + [429] * 3  # three that the organisation did not spend

    assert asked(client_of(bob), 1) == [200]


def test_an_address_that_tries_tokens_is_slowed_down(anonymous, alice):
    answers = []
    for _ in range(4):
        anonymous.credentials(HTTP_AUTHORIZATION="Bearer aiq_" + "0" * 46)
        answers.append(anonymous.get("/api/v1/me/"))

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert int(answers[-1]["Retry-After"]) > 0


@pytest.mark.parametrize("is_redis_away", [False, True])
def test_of_many_at_once_no_more_pass_than_may(settings, is_redis_away):
    if is_redis_away:
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "unix:///nonexistent/redis.sock"}}
        cache.get("notice")
    limit = Limit(name="test", caller=f"crowd {is_redis_away}", most=10, seconds=60)
    passed, together = [], threading.Barrier(30)

    def ask():
        together.wait(10)
        counted = throttles.count([limit])
        passed.append(counted.wait_seconds == 0)

    threads = [threading.Thread(target=ask) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (passed.count(True), passed.count(False)) == (10, 20)


def test_a_window_slides(settings):
    limit = Limit(name="test", caller="sliding", most=1, seconds=1)
    first, second = throttles.count([limit]), throttles.count([limit])

    assert first.wait_seconds == 0
    assert 0 < second.wait_seconds <= 1


@pytest.mark.parametrize("is_redis_away", [False, True])
def test_what_was_none_is_taken_back_and_a_count_begins_anew(settings, is_redis_away):
    if is_redis_away:
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "unix:///nonexistent/redis.sock"}}
        cache.get("notice")
    mine = Limit(name="test", caller=f"mine {is_redis_away}", most=2, seconds=60)
    ours = Limit(name="test", caller=f"ours {is_redis_away}", most=3, seconds=60)
    right = throttles.count([mine, ours])
    throttles.count([mine, ours])

    throttles.take_back(right)
    throttles.take_back(right)

    assert [left for _, left, _ in throttles.count([mine, ours]).limits] == [0, 1]
    assert throttles.count([mine, ours]).wait_seconds > 0
    throttles.forget(mine)
    assert [left for _, left, _ in throttles.count([mine, ours]).limits] == [1, 0]
