"""What schemathesis draws, over loopback to the server that the product runs; ``make soak`` alone.

What a request leaves meets those after it. Each operation begins with people and rows of its own, and whoever is
locked out on the way, as by closing the account, is followed by somebody new.
"""

import os
from collections.abc import Mapping
from itertools import count
from typing import Any, Final
from uuid import uuid4

import pytest
from redis import Redis

from accounts import credentials
from accounts.models import User
from aiqleads.core import idempotency
from tests.api.described import described
from tests.api.test_any_request import INTAKE, every_credential
from tests.conftest import at_length, give_credits, make_source, offer_lead, open_membership
from tests.marketplace.conftest import redis, web  # noqa: F401  (fixtures)
from tests.security.test_every_role import things_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.long,
    pytest.mark.soak,
    pytest.mark.no_cover,
    pytest.mark.skipif(os.environ.get("SOAK") != "1", reason="make soak asks a server, for minutes"),
]

MOST_CASES: Final = 100
MOST_SUCCESSORS: Final = 5
"""How many people an operation may lock out; those after them ask as what they are then, strangers."""


class Casts:
    """People who can ask, and somebody new for whoever no longer can."""

    def __init__(self) -> None:
        self.source = make_source("open-site", may_list=True)
        self.numbers = count(1)

    def enter(self) -> dict[str, Any]:
        """Shoes of new people, by who it is."""
        from tests.api import drawn

        name = f"alice{next(self.numbers)}"
        alice = open_membership(name)
        give_credits(alice, 200)
        olga = User.objects.create_user(f"olga-of-{name}@example.com", is_staff=True, is_superuser=True)
        offers = [offer_lead(self.source, zip_code="78745") for _ in range(2)]  # nobody's territory
        things = things_of(alice, offers, prefix=f"{name}-")
        told = every_credential(alice, olga, self.source)
        return {who: drawn.Shoes(headers=headers, things=things) for who, headers in told.items()}


def still_opens(headers: Mapping[str, str]) -> bool:
    kind, _, plain = headers.get("Authorization", "").partition(" ")
    if kind != "Bearer":
        return True
    try:
        return credentials.authenticate(plain).membership is not None
    except credentials.NotProven:
        return False


def under_a_key_of_its_own(case: Any) -> None:
    """The draws share a few keys, and a second request under one is not looked at."""
    sent = case.headers or {}
    if len(sent.get("Idempotency-Key", "")) in range(1, idempotency.LONGEST_KEY):
        case.headers["Idempotency-Key"] = uuid4().hex


def test_a_server_answers_as_the_document_says(web, redis):  # noqa: F811  (the fixtures)
    import requests

    from tests.api import drawn

    session, url = requests.Session(), str(web.base_url)
    draws = drawn.Draws(described(), call=lambda case, headers: case.call(url, session, headers, timeout=30))
    told: set[str] = set()  # a run takes minutes, so what is wrong is told at once
    casts, counted = Casts(), Redis.from_url(os.environ["REDIS_URL"])
    for operation in draws.doors():
        shoes, successors = casts.enter(), MOST_SUCCESSORS
        turns = ["supplier"] if operation.path == INTAKE else ["member", "member", "member", *sorted(shoes)]
        cases = drawn.few(draws.cases(operation, random=at_length(short=1, soak=10)), MOST_CASES)
        for number, case in enumerate(cases):
            if number % 10 == 0:
                counted.flushdb()  # nobody was counted yet
            who = turns[number % len(turns)]
            if who != "operator" and successors and not still_opens(shoes[who].headers):
                shoes, successors = casts.enter(), successors - 1
            under_a_key_of_its_own(case)
            draws.ask(operation, case, who=who, shoes=shoes[who], names_what_is_there=bool(number % 2))
        if new := draws.wrong.keys() - told:
            print(*(f"{what}\n    {draws.wrong[what]}" for what in sorted(new)), sep="\n", flush=True)  # noqa: T201
            told |= new
    print(draws.answers, "answers")  # noqa: T201

    assert draws.wrong == {}
