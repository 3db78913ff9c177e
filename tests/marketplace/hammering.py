"""Processes that trade at once, one attempt in four by deliberately wrong code, while some are killed half-way.

``hammer`` does it; ``offences`` says what is wrong afterwards: nothing, unless a guard is missing.
"""

import logging
import multiprocessing
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from random import Random
from typing import Any, Final
from uuid import uuid4

import psycopg
from django.db import Error, connection, connections, transaction

from accounts.models import Membership
from aiqleads.core.refusals import Refusal
from aiqleads.core.transactions import LockTimeout
from marketplace import services
from marketplace.models import Claim
from marketplace.services import Copies
from tests.database import url_of
from tests.marketplace.wrong_code import A_HOLD, BUY_BY_ORDER, OFFENCES, WRONG_CODE

WRONG_SHARE: Final = 4
APPLICATION: Final = "hammer"
MOST_OF_ALL: Final = [*[A_HOLD] * len(WRONG_CODE), *[BUY_BY_ORDER] * len(WRONG_CODE)]
ENDLESS: Final = 1_000_000
ROUNDS_TO_LIVE: Final = 8


def offences() -> dict[str, int]:
    """What is wrong in the database, and how often; empty when nothing is."""
    with connection.cursor() as cursor:
        found = {name: cursor.execute(query).fetchone()[0] for name, query in OFFENCES.items()}
    return {name: count for name, count in found.items() if count}


def hammer(
    members: list[Membership], lead_ids: list[Any], *, workers: int, attempts: int, seed: int
) -> Counter[str]:
    """Let ``workers`` processes make ``attempts`` attempts each, beside others that are killed in the middle.

    Backends are terminated and the clock runs on meanwhile.

    :return: what the processes that lived to the end met, by outcome, and how many were killed
    """
    connections.close_all()
    connection.close_pool()  # or the processes would share its sockets
    processes = multiprocessing.get_context("fork")
    told = processes.SimpleQueue()
    randoms = (Random(seed + number) for number in count())

    def start(tries: int) -> Any:
        process = processes.Process(target=_work, args=(members, lead_ids, tries, next(randoms), told), daemon=True)
        process.start()
        return process

    steady, doomed = [start(attempts) for _ in range(workers)], [start(ENDLESS)]
    outcomes: Counter[str] = Counter()
    with psycopg.connect(url_of(connection.settings_dict["NAME"]), autocommit=True) as saboteur:
        while any(process.is_alive() for process in steady):
            for _ in range(ROUNDS_TO_LIVE):
                _sabotage(saboteur)
            doomed[-1].kill()
            doomed.append(start(ENDLESS))
            while not told.empty():
                outcomes.update(told.get())
    doomed[-1].kill()
    for process in doomed:
        process.join()
    assert {process.exitcode for process in steady} == {0}
    return outcomes + Counter(killed=sum(process.exitcode == -signal.SIGKILL for process in doomed))


def _sabotage(saboteur: psycopg.Connection[Any]) -> None:
    """Let a quarter of a minute pass, and now and then end a connection in the middle of what it does."""
    saboteur.execute("UPDATE test_clock SET shift = shift + interval '15 seconds'")
    saboteur.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s AND state <> 'idle' "
        "AND datname = current_database() AND random() < 0.2 LIMIT 1",
        [APPLICATION],
    )
    time.sleep(0.05)


def _work(members: list[Membership], lead_ids: list[Any], attempts: int, random: Random, told: Any) -> None:
    os.environ["PGAPPNAME"] = APPLICATION
    logging.disable()  # each connection that is ended would be told
    outcomes: Counter[str] = Counter()
    for _ in range(attempts):
        member, lead_id = random.choice(members), random.choice(lead_ids)
        is_wrong = random.randrange(WRONG_SHARE) == 0
        try:
            act = _wrong_attempt if is_wrong else _attempt
            outcomes[act(member, lead_id, random)] += 1
        except (Refusal, LockTimeout) as refusal:
            outcomes[type(refusal).__name__] += 1
        except (Error, psycopg.Error):
            outcomes["wrong code refused" if is_wrong else "connection lost"] += 1
            with suppress(Error, psycopg.Error):
                connection.close()
    told.put(outcomes)
    connections.close_all()


def _attempt(member: Membership, lead_id: Any, random: Random) -> str:
    """What an agent does, by the services."""
    steps: list[Callable[[], Any]] = [
        lambda: services.hold_lead(lead_id=lead_id, buyer=member, copies=random.choice(list(Copies))),
        lambda: services.hold_lead(lead_id=lead_id, buyer=member),
        lambda: services.check_out(buyer=member, idempotency_key=str(uuid4())),
        lambda: services.join_waitlist(lead_id=lead_id, buyer=member),
        lambda: services.release_claim(claim_id=_a_hold_of(member), buyer=member),
        lambda: services.buy_for_orders(lead_id=lead_id),
    ]
    random.choices(steps, weights=[3, 3, 2, 3, 1, 1])[0]()
    return "done"


def _a_hold_of(member: Membership) -> Any:
    claim = Claim.objects.live().filter(membership=member).first()
    return claim.pk if claim else uuid4()


def _wrong_attempt(member: Membership, lead_id: Any, random: Random) -> str:
    """What nobody should write: raw statements that look at nothing, each committed."""
    statement = random.choice([*WRONG_CODE.values(), *MOST_OF_ALL])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, {"member": member.pk, "lead": lead_id, "copies": random.choice([1, 1, 2])})
    return "wrong code ran"
