"""Invoices issued by many at once, of whom some fall over before they commit: their numbers have no gap."""

from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Final
from uuid import UUID

import pytest
from django.db import connection, transaction

from billing import services
from billing.invariants import broken
from billing.models import Invoice, Payment
from tests.billing.money import paid
from tests.conftest import at_length, open_membership

pytestmark = [pytest.mark.no_cover, pytest.mark.race, pytest.mark.django_db(transaction=True)]

THREADS: Final = 8
PAYMENTS: Final = at_length(short=24, soak=2_000)


class Crash(Exception):
    """The process ends before its commit."""


def issue(payment_id: UUID, seed: int) -> bool:
    """Invoice a payment, unless the process falls over first; another thread does the same."""
    try:
        with transaction.atomic():
            services.invoice(Payment.objects.select_for_update().get(pk=payment_id))
            if Random(seed).random() < 0.4:
                raise Crash
    except Crash:
        return False
    finally:
        connection.close()
    return True


def test_numbers_have_no_gap_whoever_falls_over():
    buyer = open_membership("ann")
    payments = [paid(buyer) for _ in range(PAYMENTS)]

    with ThreadPoolExecutor(THREADS) as threads:
        twice = [(payment.pk, seed) for seed, payment in enumerate([*payments, *payments])]
        done = list(threads.map(lambda asked: issue(*asked), twice))

    places = list(Invoice.objects.order_by("place").values_list("place", flat=True))
    assert 0 < done.count(False) < len(done)
    assert places == list(range(1, len(places) + 1))
    assert len(places) == len({invoice.payment_id for invoice in Invoice.objects.all()}) > PAYMENTS / 2
    assert broken() == []
