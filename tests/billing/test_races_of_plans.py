"""Two plans of one organisation, begun beside each other: changes, ends, looks, the sweep and a dispute at once.

And one that renews meanwhile, while connections end half-way.
"""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Final

import psycopg
import pytest
from django.db import Error, connection, transaction

from accounts import selectors as accounts
from accounts.models import Membership, User
from aiqleads.core import transactions
from aiqleads.core.refusals import Refusal
from aiqleads.core.transactions import LockTimeout
from billing import selectors, services
from billing.invariants import broken
from billing.models import Bill, Dispute, Journal, Payment, Plan, PlanChange, Subscription, SubscriptionPeriod
from billing.providers.sandbox import desk, pages
from billing.services import following, hints
from tests.billing.subscribed import begin, subscribe
from tests.billing.test_races_of_payments import APPLICATION, sabotage
from tests.conftest import at_length, confirmed, open_membership

pytestmark = [pytest.mark.no_cover, pytest.mark.race, pytest.mark.django_db(transaction=True)]

THREADS: Final = 6
ATTEMPTS: Final = at_length(short=5, soak=200)
MONTHS: Final = at_length(short=3, soak=12)
MOST_TIMEOUTS_PERCENT: Final = 2
"""Of the steps. Who meets one is told to look again (503); a look by itself is made up for by the next."""


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
            except (Error, psycopg.Error):
                met["connection lost"] += 1
                connection.close()
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
    assert 100 * met["LockTimeout"] <= MOST_TIMEOUTS_PERCENT * max(met.total(), 50)
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


@pytest.fixture
def alice():
    return open_membership("alice")


@pytest.fixture
def without_trials(db):
    operator = User.objects.create_user("olga@example.com", "correct horse battery", is_staff=True)
    services.revise_plan(code="pro", actor_id=operator.pk, reason="Nobody tries it", trial_days=0, trial_credits=0)


@pytest.fixture
def second_owner(alice):
    """Somebody else who may pay for Alice's organisation."""
    user = confirmed(User.objects.create_user("second@example.com", "correct horse battery"))
    return Membership.objects.create(user=user, organisation=alice.organisation, role=Membership.Role.OWNER)


def test_two_owners_who_begin_at_once_have_one_plan_and_credits_for_the_other(alice, second_owner):
    connection.close_pool()
    begun = side_by_side(
        lambda: services.start_subscription(member=alice, plan_code="premium", provider="sandbox"),
        lambda: services.start_subscription(member=second_owner, plan_code="premium", provider="sandbox"),
    )
    ids = {one.pk for one in begun}
    for one in Subscription.objects.filter(pk__in=ids):
        pages.hand_in(one.checkout_id, "good")

    side_by_side(*[lambda key=key: services.look_at_subscription(key) for key in list(ids) * 2])

    assert Subscription.objects.filter(status__in=Subscription.LIVE).count() == 1
    assert set(Subscription.objects.exclude(status__in=Subscription.LIVE).values_list("status")) <= {("ended",)}
    assert SubscriptionPeriod.objects.count() == 1
    paid = Payment.objects.filter(status="paid")
    assert paid.count() == Bill.objects.filter(status="paid", net_cents__gt=0).count()
    assert (
        Journal.objects.filter(key__startswith="instead:").count()
        == paid.exclude(subscription__status__in=Subscription.LIVE).count()
    )
    assert broken() == []


@pytest.mark.parametrize("acts", [("premium", "cancel"), ("cancel", "pause"), ("premium", "premium")])
def test_two_changes_at_once_are_asked_one_after_the_other(alice, second_owner, without_trials, acts):
    plan = subscribe(alice)
    ways = {
        "premium": lambda member: services.change_plan(member=member, plan_code="premium"),
        "cancel": lambda member: services.cancel_plan(member=member),
        "pause": lambda member: services.pause_plan(member=member),
    }
    connection.close_pool()

    side_by_side(
        *[
            lambda way=ways[act], member=member: way(member)
            for act, member in zip(acts, (alice, second_owner), strict=True)
        ]
    )

    plan = services.look_at_subscription(plan.pk)
    done = set(PlanChange.objects.filter(status="done").values_list("kind", flat=True))
    assert not PlanChange.objects.filter(status="asked").exists()
    assert done
    assert (plan.plan.code == "premium") is ("upgrade" in done)
    assert plan.cancels_at_period_end is ("cancel" in done)
    assert Bill.objects.filter(is_upgrade=True, status="paid").count() == int("upgrade" in done)
    assert Payment.objects.filter(status="paid").count() == 1 + int("upgrade" in done)
    assert broken() == []


def test_a_dispute_that_opens_while_others_look_stops_the_plan(alice, without_trials):
    plan = subscribe(alice)
    dispute_id = desk.dispute(Payment.objects.get().capture_id)
    connection.close_pool()

    side_by_side(
        lambda: services.look_at_subscription(plan.pk),
        lambda: hints.look_at_dispute(provider="sandbox", dispute_id=dispute_id),
        following.look_at_due,
        lambda: hints.look_at_dispute(provider="sandbox", dispute_id=dispute_id),
        lambda: services.look_at_subscription(plan.pk),
    )

    assert Subscription.objects.get().is_frozen
    assert Dispute.objects.get().status == "open"
    assert accounts.entitlements(alice.organisation_id)["hold_minutes"] == 5
    assert broken() == []


def test_months_that_begin_while_connections_end_are_each_paid_and_given_once(monkeypatch, alice, clock):
    plan = subscribe(alice, "premium")
    connection.close_pool()
    monkeypatch.setenv("PGAPPNAME", APPLICATION)
    are_done = threading.Event()
    saboteur = threading.Thread(target=sabotage, args=(are_done,))
    saboteur.start()
    try:
        met = Counter()
        for _ in range(MONTHS):
            clock.advance(days=16)
            met += sum(side_by_side(*[worker(seed, alice, [plan.pk]) for seed in range(THREADS)]), Counter())
    finally:
        are_done.set()
        saboteur.join()
    connection.close()
    freeze(subscription_id=plan.pk, is_frozen=False)
    for _ in range(2):
        services.look_at_subscription(plan.pk)

    assert met["done"] > 0
    assert 100 * met["LockTimeout"] <= MOST_TIMEOUTS_PERCENT * max(met.total(), 50)
    assert not PlanChange.objects.filter(status="asked").exists()
    periods = SubscriptionPeriod.objects.all()
    grants = Journal.objects.filter(key__regex=rf"^grant:{plan.pk}:[^:]+:[^:]+:[^:]+:[^:]+$")
    assert {period.granted_id for period in periods} == {journal.pk for journal in grants}
    paid = Bill.objects.filter(status="paid", net_cents__gt=0)
    assert Payment.objects.filter(status="paid").count() == paid.count()
    assert broken() == []


def test_a_plan_that_changes_while_its_row_is_waited_for_is_found(alice):
    """PostgreSQL looks at a row again that it waited for, and at what was joined to it as it was before."""
    plan = subscribe(alice)
    larger = Plan.objects.get(code="premium", offered_until=None)
    connection.close_pool()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Subscription.objects.filter(pk=plan.pk).update(plan=larger)
            waits = pool.submit(side_by_side, lambda: freeze(subscription_id=plan.pk, is_frozen=True))
            while not somebody_waits() and not waits.done():
                pass
        waits.result()

    plan.refresh_from_db()
    assert (plan.plan, plan.is_frozen) == (larger, True)


def somebody_waits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return cursor.fetchone()[0]
