"""Buyers who come back, messages, the sweep and impatient operators at once, while connections end half-way."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Final

import psycopg
import pytest
from django.db import Error, connection
from django.db.models import Count

from aiqleads.core.models import OutboxEvent
from aiqleads.core.transactions import LockTimeout
from billing import selectors, services
from billing.errors import ProviderAway
from billing.invariants import broken
from billing.models import Invoice, Lot, Pack, Payment
from billing.providers.port import ProviderUnreachable
from tests.conftest import at_length, open_membership
from tests.database import url_of

pytestmark = [pytest.mark.no_cover, pytest.mark.race, pytest.mark.django_db(transaction=True)]

THREADS: Final = 8
ATTEMPTS: Final = at_length(short=12, soak=600)
PAYMENTS: Final = at_length(short=10, soak=200)
APPLICATION: Final = "hammered-payments"


@pytest.fixture
def opened(till):
    """Pages of one organisation, of which the buyer has paid all but one; the answers to some were lost."""
    Pack.objects.create(code="fifty", name="50 credits", price_cents=4_900, amount_credits=50)
    member = open_membership("owner")
    for number in range(PAYMENTS):
        till.dies = {"start after"} if number % 3 == 0 else set()
        try:
            services.start_checkout(member=member, pack_code="fifty", provider="sandbox")
        except ProviderAway:
            continue
    till.dies = set()
    for checkout_id in list(till.pages)[1:]:
        till.pay(checkout_id)
    return member


def hammer(seed):
    random, done = Random(seed), Counter()
    for _ in range(ATTEMPTS):
        try:
            if random.randrange(6) == 0:
                services.look_at_unfinished()
                done["sweep"] += 1
            else:
                services.look_again(random.choice(list(Payment.objects.values_list("pk", flat=True))))
                done["look"] += 1
        except (LockTimeout, ProviderUnreachable) as refusal:
            done[type(refusal).__name__] += 1
        except (Error, psycopg.Error):
            done["connection lost"] += 1
            connection.close()
    connection.close()
    return done


def sabotage(are_done):
    with psycopg.connect(
        url_of(connection.settings_dict["NAME"]), autocommit=True, application_name="saboteur"
    ) as own:
        while not are_done.wait(0.05):
            own.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s "
                "AND state <> 'idle' AND datname = current_database() AND random() < 0.3 LIMIT 1",
                [APPLICATION],
            )


def test_whoever_looks_how_often_and_dies_where_each_payment_credits_once(monkeypatch, opened, clock):
    clock.advance(minutes=2)
    connection.close_pool()
    monkeypatch.setenv("PGAPPNAME", APPLICATION)
    are_done = threading.Event()
    saboteur = threading.Thread(target=sabotage, args=(are_done,))
    saboteur.start()
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            done = sum(pool.map(hammer, range(THREADS)), Counter())
    finally:
        are_done.set()
        saboteur.join()
    connection.close()
    for payment in Payment.objects.all():
        services.look_again(payment.pk)

    paid = PAYMENTS - 1
    assert {"sweep", "look"} <= done.keys()
    assert dict(Payment.objects.values_list("status").annotate(count=Count("pk"))) == {"paid": paid, "created": 1}
    assert selectors.balance_credits(opened.organisation_id) == 50 * paid
    assert Lot.objects.filter(paid_cents=4_900).count() == paid
    assert OutboxEvent.objects.filter(name="credits.posted").count() == paid
    assert sorted(Invoice.objects.values_list("payment", flat=True)) == sorted(
        Payment.objects.filter(status="paid").values_list("pk", flat=True)
    )
    assert broken() == []
