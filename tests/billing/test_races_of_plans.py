"""Two plans of one organisation, begun beside each other: changes, ends, looks, the sweep and a dispute at once."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Final

import pytest
from django.db import connection

from accounts import selectors as accounts
from aiqleads.core import transactions
from aiqleads.core.refusals import Refusal
from aiqleads.core.transactions import LockTimeout
from billing import selectors, services
from billing.invariants import broken
from billing.models import Journal, Payment, Plan, Subscription, SubscriptionPeriod
from billing.services import following
from tests.billing.subscribed import begin
from tests.conftest import at_length, open_membership

pytestmark = [pytest.mark.no_cover, pytest.mark.race, pytest.mark.django_db(transaction=True)]

THREADS: Final = 6
ATTEMPTS: Final = at_length(short=5, soak=200)


def side_by_side(*works):
    """What each piece of work answered; they begin together, each over a connection of its own."""
    together = threading.Barrier(len(works))

    def run(work):
        together.wait()
        try:
            return work()
        except Refusal as refusal:
            return type(refusal).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def step(random, member, subscription_id):
    """One of the things that happen to a plan, whoever does it."""
    return random.choice(
        [
            lambda: services.look_at_subscription(subscription_id),
            following.look_at_due,
            lambda: freeze(subscription_id=subscription_id, is_frozen=random.random() < 0.5),
            lambda: services.change_plan(member=member, plan_code=random.choice(["pro", "premium"])),
            lambda: services.cancel_plan(member=member),
            lambda: services.resume_plan(member=member),
        ]
    )


@transactions.write
def freeze(*, subscription_id, is_frozen):
    """As a dispute does that is opened, won or lost."""
    following.freeze_plan(subscription_id=subscription_id, is_frozen=is_frozen)


def worker(seed, member, ids):
    random, met = Random(seed), Counter()

    def work():
        for _ in range(ATTEMPTS):
            try:
                step(random, member, random.choice(ids))()
                met["done"] += 1
            except (Refusal, LockTimeout) as refusal:
                met[type(refusal).__name__] += 1
        return met

    return work


def test_one_plan_lives_whoever_begins_changes_ends_and_stops_it_at_once():
    alice = open_membership("alice")
    begun = [begin(alice, "premium"), begin(alice, "pro")]
    connection.close_pool()
    ids = [one.pk for one in begun]

    looked = side_by_side(*[lambda key=key: services.look_at_subscription(key) for key in ids * 3])
    met = sum(side_by_side(*[worker(seed, alice, ids) for seed in range(THREADS)]), Counter())
    for key in ids:
        freeze(subscription_id=key, is_frozen=False)
        services.look_at_subscription(key)

    assert all(isinstance(one, Subscription) for one in looked)
    assert met["done"] > 0
    [live] = Subscription.objects.filter(status__in=Subscription.LIVE)
    [ended] = Subscription.objects.exclude(pk=live.pk)
    assert (ended.status, ended.is_over_there) == ("ended", True)
    granted = accounts.entitlements(alice.organisation_id)
    assert {key: granted[key] for key in Plan.ENTITLEMENTS} == {
        key: int(getattr(live.plan, key)) for key in Plan.ENTITLEMENTS
    }
    assert live.plan == selectors.plan_in_force(live)
    periods = SubscriptionPeriod.objects.exclude(granted=None)
    assert periods.count() == SubscriptionPeriod.objects.count() == 1
    assert Journal.objects.filter(key__startswith=f"grant:{live.pk}:").count() == 1
    instead = Payment.objects.filter(subscription=ended, paid_at__isnull=False)
    assert Journal.objects.filter(key__startswith="instead:").count() == instead.count()
    assert broken() == []
