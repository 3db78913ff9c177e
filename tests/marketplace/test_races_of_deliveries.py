"""Workers side by side, and one that is killed: no try is made twice at once, and nothing is lost."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.db import connection

from marketplace import services
from marketplace.models import Delivery, DeliveryTry
from marketplace.services import sending
from tests.conftest import at_length, wait_while_running
from tests.marketplace.receiving import receiving
from tests.marketplace.returned import buy

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

WORKERS = 4


def take(_: int) -> list[str]:
    """What one worker may send; with a connection of its own, as a worker has."""
    try:
        return [str(taken.delivery.pk) for taken in sending.take_due()]
    finally:
        connection.close()


def test_workers_side_by_side_never_make_the_same_try(alice, charlie, make_lead):
    for buyer in (alice, charlie, alice):
        buy(make_lead(), buyer)

    with ThreadPoolExecutor(WORKERS) as workers:
        taken = [
            delivery for one in workers.map(take, range(WORKERS * at_length(short=1, soak=50))) for delivery in one
        ]

    assert len(taken) == len(set(taken)) == Delivery.objects.waiting().count() == 3
    assert DeliveryTry.objects.count() == 3


@pytest.mark.skipif(at_length(short=1, soak=0) == 1, reason="starts a process: make soak")
@pytest.mark.usefixtures("for_subprocesses")
def test_a_worker_killed_between_sending_and_noting_loses_nothing(alice, lead, clock):
    program = "import django; django.setup(); from marketplace import services; services.send_due()"
    services.choose_letters(member=alice, is_mailed=False)
    with receiving(drips=True) as receiver:
        services.add_webhook(member=alice, url=receiver.url, events=["lead.purchased"])
        buy(lead, alice)
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "aiqleads.settings"}
        with subprocess.Popen([sys.executable, "-c", program], cwd=settings.BASE_DIR, env=environment) as worker:
            wait_while_running(worker, until=lambda: receiver.got)
            worker.send_signal(signal.SIGKILL)
        receiver.drips = False
        clock.advance(seconds=sending.LEASE.total_seconds() + 1)
        services.send_due()

    assert len(receiver.ids) == 2
    assert len(set(receiver.ids)) == 1
    assert list(DeliveryTry.objects.order_by("number").values_list("error", "status")) == [
        ("interrupted", None),
        ("", 200),
    ]
