"""Credits given and taken by two operators."""

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from aiqleads.core.models import AuditEntry
from billing import selectors, services
from billing.errors import AdjustmentDecided, AdjustmentTooMuch, InsufficientCredits, OwnAdjustment
from billing.invariants import BY_THEMSELVES, broken
from billing.models import Adjustment, Journal
from tests.billing.test_ledger import give, house, pay, sell

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(alice, olga):
    """Olga asks for an adjustment of Alice's credits."""

    def asked(amount_credits: int = 20, kind: str = "correction", key: UUID | None = None) -> Adjustment:
        return services.ask_for_adjustment(
            organisation_id=alice.organisation_id,
            kind=kind,
            amount_credits=amount_credits,
            reason="An outage",
            actor_id=olga.pk,
            key=key or uuid4(),
        )

    return asked


def confirm(asked: Adjustment, by) -> Adjustment:
    done = services.confirm_adjustment(adjustment_id=asked.pk, actor_id=by.pk)
    connection.check_constraints()
    return done


def balance(member) -> int:
    return selectors.balance_credits(member.organisation_id)


def test_nothing_moves_until_another_operator_confirms(ask, alice, olga, charlie):
    asked = ask(kind="goodwill")
    with pytest.raises(OwnAdjustment):
        confirm(asked, olga)
    assert balance(alice) == 0

    done = confirm(asked, charlie.user)

    assert (balance(alice), done.state, done.journal.memo) == (20, "confirmed", "An outage")
    actions = AuditEntry.objects.filter(action__startswith="adjustment.").order_by("action")
    assert list(actions.values_list("action", "actor_id")) == [
        ("adjustment.asked", olga.pk),
        ("adjustment.confirmed", charlie.user_id),
    ]
    assert broken() == []


def test_what_was_decided_is_decided(ask, alice, charlie):
    asked = ask()
    confirm(asked, charlie.user)

    for again in (
        lambda: confirm(asked, charlie.user),
        lambda: services.refuse_adjustment(adjustment_id=asked.pk, actor_id=charlie.user_id, why="No"),
    ):
        with pytest.raises(AdjustmentDecided):
            again()

    assert balance(alice) == 20


def test_who_asked_may_take_it_back(ask, alice, olga):
    done = services.refuse_adjustment(adjustment_id=ask().pk, actor_id=olga.pk, why="A mistake")

    assert (done.state, done.why, balance(alice), Journal.objects.count()) == ("refused", "A mistake", 0, 0)


def test_credits_are_taken_as_they_are_spent_and_what_was_paid_for_them_is_written_off(ask, alice, charlie):
    give(alice, 5, days=30)
    pay(alice, 10)

    confirm(ask(-8), charlie.user)

    assert balance(alice) == 7
    assert house("credits") == {"issued": -15, "breakage": 8}
    assert house("usd_cents") == {"clearing": 1_080, "tax": -80, "unearned": -700, "breakage": -300}
    assert broken(BY_THEMSELVES) == []


def test_no_more_is_taken_than_is_there(ask, alice, charlie):
    pay(alice, 3)
    sell(alice, 1)
    asked = ask(-3)

    with pytest.raises(InsufficientCredits):
        confirm(asked, charlie.user)

    asked.refresh_from_db()
    assert (balance(alice), asked.state) == (2, "waiting")


def test_a_form_that_is_sent_twice_asks_once(ask):
    key = uuid4()

    assert ask(key=key) == ask(key=key)
    assert Adjustment.objects.count() == 1


@pytest.mark.parametrize("amount_credits", [0, 5_001, -5_001])
def test_one_adjustment_has_its_limit(ask, amount_credits):
    with pytest.raises(AdjustmentTooMuch):
        ask(amount_credits)

    assert not Adjustment.objects.exists()


def test_one_operator_has_a_limit_for_a_day(ask, clock):
    asked = [ask(amount) for amount in (5_000, -5_000, 5_000, 5_000)]
    with pytest.raises(AdjustmentTooMuch):
        ask(1)

    services.refuse_adjustment(adjustment_id=asked[0].pk, actor_id=asked[0].asked_by_id, why="No")
    ask(5_000)
    clock.advance(hours=25)
    ask(5_000)

    assert Adjustment.objects.count() == 6


@pytest.mark.no_cover
@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_asks_at_once_do_not_pass_the_limit_of_a_day(ask):
    """Both are held up before they write; whoever counts second sees what the first asked for."""
    for _ in range(3):
        ask(5_000)

    with ThreadPoolExecutor(2) as threads:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE billing_adjustment IN SHARE MODE")
            both = [threads.submit(asked_aside, ask) for _ in range(2)]
            wait_for_locks(cursor, 2)
        said = sorted(one.result() for one in both)

    assert said == ["asked", "refused"]
    assert Adjustment.objects.aggregate(total=Sum("amount_credits"))["total"] == 18_000


def asked_aside(ask) -> str:
    try:
        ask(3_000)
    except AdjustmentTooMuch:
        return "refused"
    finally:
        connection.close()
    return "asked"


def wait_for_locks(cursor, count: int) -> None:
    """Until so many wait for others in this database."""
    until = time.monotonic() + 2
    waiting = 0
    while waiting < count and time.monotonic() < until:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees activity as it was at its first look
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        [waiting] = cursor.fetchone()
    assert waiting == count
