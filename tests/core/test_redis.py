"""An absent Redis is asked once and then left alone for a while."""

from functools import partial

import pytest
from redis.exceptions import ConnectionError as Unreachable

from aiqleads.core.redis import Breaker


class Asked:
    """Counts how often it was asked, and answers as it was told."""

    def __init__(self) -> None:
        self.times = 0
        self.error: Exception | None = None

    def __call__(self) -> str:
        self.times += 1
        if self.error:
            raise self.error
        return "answer"


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.mark.parametrize("error", [Unreachable(), TimeoutError(), ConnectionRefusedError()])
def test_after_a_failure_nobody_asks_for_a_while(asked, error):
    ask = partial(Breaker(rest_seconds=60).attempt, asked, otherwise=lambda: "nothing", purpose="a test")
    asked.error = error

    assert [ask(), ask(), ask()] == ["nothing"] * 3
    assert asked.times == 1


def test_it_is_asked_again_after_its_rest(asked):
    ask = partial(Breaker(rest_seconds=0).attempt, asked, otherwise=lambda: "nothing", purpose="a test")
    asked.error = Unreachable()
    ask()
    asked.error = None

    assert ask() == "answer"


def test_a_failure_of_ours_is_not_hidden(asked):
    asked.error = ValueError("ours")

    with pytest.raises(ValueError, match="ours"):
        Breaker(rest_seconds=0).attempt(asked, otherwise=lambda: "nothing", purpose="a test")
