"""Writes when the database asks for another try, or goes away in the middle."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from psycopg import errors as postgres
from psycopg_pool import ConnectionPool

from aiqleads.core import transactions
from aiqleads.core.models import Alert
from tests.database import run_on_server
from tests.marketplace.test_races import at_once
from tests.security.conftest import visitor

GOES_AWAY = "SELECT pg_terminate_backend(pg_backend_pid())"

lost_for_real = pytest.mark.django_db(transaction=True)


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def opens_an_alert(*, failing: int, by: Callable[[], object]) -> Callable[[], int]:
    """A service that opens an alert, fails after that as often as told, and returns which try was its last."""
    tries = itertools.count(1)

    @transactions.write
    def service() -> int:
        this = next(tries)
        Alert.objects.create(key="test", says="Test")
        if this <= failing:
            by()
        return this

    return service


@pytest.mark.django_db
def test_a_deadlock_is_tried_again():
    def deadlock() -> None:
        raise OperationalError("deadlock detected") from postgres.DeadlockDetected()

    assert opens_an_alert(failing=2, by=deadlock)() == 3
    assert Alert.objects.count() == 1


@lost_for_real
def test_what_lost_its_connection_before_the_commit_runs_again_and_happens_once():
    with pytest.raises(OperationalError):
        opens_an_alert(failing=3, by=lambda: run(GOES_AWAY))()
    assert not Alert.objects.exists()

    assert opens_an_alert(failing=2, by=lambda: run(GOES_AWAY))() == 3
    assert Alert.objects.count() == 1


@pytest.fixture
def away_at_the_commit() -> Iterator[None]:
    run(
        "CREATE FUNCTION goes_away() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN PERFORM true FROM ({GOES_AWAY}) ended; RETURN NULL; END $$"
    )
    run(
        "CREATE CONSTRAINT TRIGGER goes_away AFTER INSERT ON core_alert DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION goes_away()"
    )
    yield
    run("DROP FUNCTION goes_away CASCADE")


@lost_for_real
def test_what_lost_its_connection_in_the_commit_is_not_tried_again(away_at_the_commit):
    tries: list[None] = []

    with pytest.raises(OperationalError):
        opens_an_alert(failing=9, by=lambda: tries.append(None))()

    assert len(tries) == 1


POOLED = 30


@pytest.fixture
def pool() -> Iterator[ConnectionPool]:
    """The pool, with connections that nobody uses."""
    connection.close()  # into the pool
    pool = connection.pool
    pool.open()
    taken = [pool.getconn() for _ in range(POOLED)]
    for one in taken:
        pool.putconn(one)
    yield pool
    connection.close()
    connection.close_pool()


def end_all_connections() -> None:
    ours = connection.settings_dict["NAME"]
    run_on_server(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{ours}'")


@lost_for_real
def test_of_many_connections_that_ended_while_nobody_used_them_one_is_tried_and_none_is_left(pool):
    pool.pop_stats()
    end_all_connections()

    assert not Alert.objects.exists()

    asked = pool.get_stats()
    assert (asked["requests_num"], asked["returns_bad"], asked["connections_lost"]) == (2, 1, POOLED - 1)


@lost_for_real
def test_connections_that_ended_fail_nobody_of_many_who_ask_at_once(pool):
    end_all_connections()

    assert at_once([Alert.objects.exists] * 2 * POOLED) == [False] * 2 * POOLED


@pytest.mark.django_db
def test_who_asks_while_the_database_is_away_is_told_to_come_back():
    def is_away(execute: Any, statement: str, *rest: Any) -> Any:
        if "marketplace_listing" in statement:
            raise OperationalError("the connection is lost")
        return execute(statement, *rest)

    with connection.execute_wrapper(is_away):
        page, problem = visitor().get("/leads/"), visitor().get("/api/v1/leads/")

    for answer in (page, problem):
        assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert "Try again in a moment." in page.content.decode()
    assert problem.json()["code"] == "away"
