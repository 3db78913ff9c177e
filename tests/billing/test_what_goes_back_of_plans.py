"""What goes back of a plan's bill: refunds from a provider's desk and disputes take credits as they take money."""

import pytest

from aiqleads.core.clock import now
from billing import services
from billing.models import Entry, Payment, Refund
from billing.providers.port import DisputeStatus, RefundStatus
from tests.billing.subscribed import subscribe
from tests.billing.test_ledger import sell
from tests.billing.test_what_goes_back import balance, desk_refund, dispute, house
from tests.marketplace.guards import refused_by, take_away

pytestmark = pytest.mark.django_db


@pytest.fixture
def bill(alice) -> Payment:
    """Premium for 149 dollars, which gives 400 credits a month."""
    subscribe(alice, "premium")
    return Payment.objects.get()


def test_a_refund_of_half_a_bill_takes_half_of_its_credits(bill, alice):
    for _ in range(2):
        refund = desk_refund(bill, 7_450)

    assert (refund.amount_credits, refund.net_cents, refund.status) == (200, 7_450, "succeeded")
    assert balance(alice) == (200, 0)
    assert house("usd_cents") == {"clearing": 7_450, "unearned_plans": -14_900, "revenue": 7_450}


@pytest.mark.parametrize(
    ("spent", "cents", "left"),
    [(300, 7_450, 0), (150, 7_450, 50), (400, 14_900, 0), (150, 14_900, 0), (0, 37, 400)],
)
def test_what_is_spent_of_a_plan_is_not_owed_for_a_refund_that_the_house_gave(bill, alice, spent, cents, left):
    if spent:
        sell(alice, spent)

    refund = desk_refund(bill, cents)

    assert refund.amount_credits == 400 - spent - left
    assert balance(alice) == (left, 0)


def test_a_refund_on_its_way_takes_what_is_unspent_when_it_is_made(bill, alice):
    assert desk_refund(bill, 14_900, RefundStatus.PENDING).amount_credits == 400
    sell(alice, 390)

    assert desk_refund(bill, 14_900).amount_credits == 10
    assert balance(alice) == (0, 0)


def test_a_refund_of_a_bill_that_its_bank_sent_back_gives_its_credits_back(bill, alice):
    before = house("usd_cents")
    sell(alice, 150)
    desk_refund(bill, 14_900)

    refund = desk_refund(bill, 14_900, RefundStatus.FAILED)

    assert (refund.status, balance(alice)) == ("failed", (250, 0))
    assert house("usd_cents") == before


def test_what_went_back_of_a_bill_is_not_earned(bill, alice):
    desk_refund(bill, 7_450)

    services.recognise_revenue(day=now().date())

    assert house("usd_cents") == {"clearing": 7_450, "unearned_plans": -7_450}


@pytest.mark.parametrize(("spent", "left"), [(0, (200, 0)), (150, (50, 0)), (400, (0, 200))])
def test_a_dispute_of_half_a_bill_takes_half_of_its_credits_and_what_is_spent_is_owed(bill, alice, spent, left):
    if spent:
        sell(alice, spent)

    found = dispute(bill, cents=7_450)

    assert found.amount_credits == 200
    assert balance(alice) == left
    assert dispute(bill, DisputeStatus.WON, cents=7_450).status == "won"
    assert balance(alice) == (400 - spent, 0)


def test_the_half_that_is_left_of_a_bill_is_disputed_for_half_of_its_credits(bill, alice):
    sell(alice, 400)
    desk_refund(bill, 7_450)

    assert dispute(bill, cents=7_450).amount_credits == 200
    assert balance(alice) == (0, 200)


def test_what_a_bank_keeps_of_a_bill_is_not_earned_and_the_rest_is(bill, alice):
    dispute(bill, cents=7_450)
    dispute(bill, DisputeStatus.LOST, cents=7_450)

    services.recognise_revenue(day=now().date())

    assert house("usd_cents") == {"clearing": 7_450, "unearned_plans": -7_450}


def test_a_refund_takes_fewer_credits_than_it_said_only_when_it_is_booked(bill, alice):
    desk_refund(bill, 7_450, RefundStatus.PENDING)

    fewer = "UPDATE billing_refund SET amount_credits = amount_credits - 1"

    assert refused_by(fewer) == "refund_keeps_what_was_asked"
    assert Refund.objects.get().amount_credits == 200
    take_away("refund_keeps_what_was_asked")
    assert refused_by(fewer) == ""


def test_no_more_credits_go_back_than_a_plan_gave(bill, alice):
    desk_refund(bill, 7_450, RefundStatus.PENDING)
    more = "UPDATE billing_refund SET amount_credits = 401"
    take_away("refund_keeps_what_was_asked")

    assert refused_by(more) == "refunds_within_their_payment"
    assert refused_by("UPDATE billing_refund SET amount_credits = 400") == ""


def test_a_refund_of_an_upgrade_takes_what_the_upgrade_gave(alice, clock):
    subscribe(alice)
    clock.advance(days=15)
    services.look_at_subscription(alice.organisation.subscriptions.get().pk)
    services.change_plan(member=alice, plan_code="premium")
    upgrade = Payment.objects.filter(purpose="bill").latest("paid_at")
    given = Entry.objects.get(journal__key__startswith="grant:", journal__key__endswith=":premium-1", amount__gt=0)
    had, owed = balance(alice)

    refund = desk_refund(upgrade, upgrade.total_cents)

    assert refund.amount_credits == given.amount > 0
    assert balance(alice) == (had - given.amount, owed)
