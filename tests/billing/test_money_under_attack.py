"""What members, banks and bad luck try with money: each of these once got something for nothing, or got stuck."""

from datetime import timedelta

import pytest

from accounts import selectors as accounts
from accounts.models import Membership
from accounts.plans import CURRENT_TERMS_VERSION
from accounts.services.organisations import add_organisation
from aiqleads.core.clock import now
from billing import recharge_terms, selectors, services
from billing.errors import PlanChangeUnusable, ProviderAway
from billing.invariants import broken
from billing.models import AutoRecharge, Difference, Journal, Pack, Payment, PlanChange, Refund, Subscription
from billing.providers.port import (
    DisputeState,
    DisputeStatus,
    Money,
    MovementKind,
    PaymentStatus,
    ProviderMisunderstood,
    RefundState,
    RefundStatus,
)
from billing.providers.sandbox import desk, memory
from billing.services import hints
from billing.services.receiving import LONGEST_WAIT, wait_after
from tests.billing.money import paid_pack
from tests.billing.subscribed import begin, subscribe
from tests.conftest import log_in

pytestmark = pytest.mark.django_db


def credits_of(member):
    return selectors.balance_credits(member.organisation_id)


def hold_minutes(member):
    return accounts.entitlements(member.organisation_id)["hold_minutes"]


def disputed(payment, status=DisputeStatus.OPEN, *, dispute_id="dp_1", currency="USD"):
    state = DisputeState(
        dispute_id=dispute_id,
        capture_id=payment.capture_id,
        status=status,
        amount=Money(minor=payment.total_cents, currency=currency),
        fee=Money(minor=1_500, currency=currency),
        reason="fraudulent",
        opened_at=now(),
        evidence_due_at=None,
    )
    return services.record_dispute(payment_id=payment.pk, state=state)


# Plans


@pytest.fixture
def dunned(alice, line):
    """A plan whose bill was not paid for a week, and whose cancellation the provider has not heard."""
    subscription = subscribe(alice, "premium")
    desk.fail_renewal(subscription.subscription_id)
    services.look_at_subscription(subscription.pk)
    line.dies = {"cancel_subscription before"}
    with pytest.raises(ProviderAway):
        services.cancel_plan(member=alice)
    line.dies = set()
    Subscription.objects.update(
        past_due_since=now() - timedelta(days=7)
    )  # some providers try for longer than we do
    return subscription


def test_a_plan_that_is_over_ends_though_something_else_was_asked_and_not_heard(dunned, alice):
    for _ in range(2):
        services.look_at_subscription(dunned.pk)

    asked = PlanChange.objects.order_by("number").first()
    assert (asked.kind, asked.status) == ("cancel", "done")
    dunned.refresh_from_db()
    assert dunned.status == "ended"


def test_who_disputes_a_payment_can_cancel_the_plan_and_nothing_else(alice):
    subscription = subscribe(alice, "premium")
    disputed(Payment.objects.get())
    with pytest.raises(PlanChangeUnusable, match="disputed"):
        services.pause_plan(member=alice)

    cancelled = services.cancel_plan(member=alice)

    assert (cancelled.pk, cancelled.is_frozen, cancelled.cancels_at_period_end) == (subscription.pk, True, True)


def test_a_plan_whose_bank_kept_its_money_is_billed_no_more_and_another_can_be_begun(alice):
    subscription = subscribe(alice, "premium")
    capture = Payment.objects.get().capture_id
    desk.close_dispute(desk.dispute(capture), is_won=False)
    disputed(Payment.objects.get(), DisputeStatus.LOST)

    ended = services.look_at_subscription(subscription.pk)

    assert (ended.status, ended.is_over_there, hold_minutes(alice)) == ("ended", True, 5)
    assert subscribe(alice, "premium").is_frozen is False
    assert hold_minutes(alice) == 15


def test_a_plan_is_not_begun_around_a_dispute(alice):
    page = begin(alice, "premium")
    disputed(paid_pack(alice))
    with pytest.raises(PlanChangeUnusable, match="disputed"):
        services.start_subscription(member=alice, plan_code="pro", provider="sandbox")

    begun = services.look_at_subscription(page.pk)

    assert (begun.status, begun.is_frozen, credits_of(alice), hold_minutes(alice)) == ("active", True, 0, 5)
    disputed(Payment.objects.get(purpose="pack"), DisputeStatus.WON)
    assert (credits_of(alice), hold_minutes(alice)) == (450, 15)
    assert broken() == []


def test_who_leaves_and_opens_another_organisation_has_tried(alice):
    subscribe(alice)
    Membership.ever.filter(pk=alice.pk).update(role="viewer", left_at=now())
    elsewhere = add_organisation(owner=alice.user, name="Alice again", terms_version=CURRENT_TERMS_VERSION)

    begun = subscribe(elsewhere)

    assert (begun.status, begun.is_trial_granted, credits_of(elsewhere)) == ("active", False, 100)


@pytest.fixture
def second_plan(alice):
    """The payment of a plan that was begun in another window, and came to 149 paid credits instead."""
    first = begin(alice, "premium")
    Subscription.objects.filter(pk=first.pk).update(checkout_ends_at=now() - timedelta(hours=2))
    second = begin(alice, "premium")
    for one in (first, second):
        services.look_at_subscription(one.pk)
    assert credits_of(alice) == 400 + 149
    return Payment.objects.get(subscription=second)


def test_a_second_plan_that_its_provider_refunds_takes_the_credits_that_came_of_it(second_plan, alice):
    desk.refund_here(second_plan.capture_id, 10_000)
    services.look_at_refunds(payment_id=second_plan.pk)
    assert credits_of(alice) == 400 + 49

    desk.refund_here(second_plan.capture_id, 4_900)
    services.look_at_refunds(payment_id=second_plan.pk)

    assert credits_of(alice) == 400
    assert sum(Refund.objects.values_list("amount_credits", flat=True)) == 149
    assert broken() == []


def test_a_second_plan_is_given_back_by_us_as_any_credits_and_disputed_for_what_is_left(second_plan, alice, olga):
    refund = services.refund_payment(
        payment_id=second_plan.pk, amount_credits=100, actor_id=olga.pk, reason="Begun twice"
    )
    assert (refund.status, refund.net_cents, credits_of(alice)) == ("succeeded", 10_000, 449)

    disputed(second_plan)

    assert credits_of(alice) == 400
    assert broken() == []


# Automatic top-ups


@pytest.fixture
def agreed(alice, till, pack):
    setup = services.start_setup(member=alice, provider="sandbox")
    till.keep_method(setup.checkout_id)
    services.look_at_setup(setup.pk)
    return services.agree_to_recharge(
        member=alice,
        provider="sandbox",
        pack_code="fifty",
        below_credits=20,
        most_a_day=2,
        price_cents=4_900,
        version=recharge_terms.VERSION,
    )


def test_what_was_turned_off_is_not_charged_later_and_what_was_charged_before_still_counts(
    alice, agreed, till, clock
):
    till.dies = {"charge after"}
    payment = services.recharge_where_low(organisation_id=alice.organisation_id)
    services.turn_recharge_off(member=alice)
    till.dies = set()
    till.asked.clear()

    ended = services.look_again(payment.pk)

    assert (ended.status, ended.code, "charge" in till.asked, credits_of(alice)) == (
        "failed",
        "turned_off",
        False,
        0,
    )
    [capture_id] = [page.capture_id for page in till.pages.values() if page.status == PaymentStatus.PAID]
    hints.payment_of(till, capture_id)
    payment.refresh_from_db()
    assert (payment.status, credits_of(alice)) == ("paid", 50)


def test_a_bank_that_takes_money_back_does_not_make_us_charge_more(alice, agreed):
    disputed(paid_pack(alice))
    assert credits_of(alice) == 0

    services.recharge_where_low(organisation_id=alice.organisation_id)

    assert not Payment.objects.filter(purpose="recharge").exists()
    assert not AutoRecharge.objects.get().is_on


def test_a_pack_that_gives_less_for_the_same_price_was_not_agreed_to(alice, agreed, pack, olga, clock):
    clock.advance(minutes=1)
    services.revise_pack(code="fifty", actor_id=olga.pk, reason="Dearer", amount_credits=10)

    services.recharge_where_low(organisation_id=alice.organisation_id)

    assert Pack.objects.filter(code="fifty").count() == 2
    assert not Payment.objects.exists()
    assert not AutoRecharge.objects.get().is_on


# Providers that answer strangely


def test_a_page_that_its_provider_has_lost_is_told_of_as_it_was_known(alice, till, pack, client):
    payment = services.start_checkout(member=alice, pack_code="fifty", provider="sandbox")
    setup = services.start_setup(member=alice, provider="sandbox")
    till.pages.clear()
    log_in(client, alice.user)

    answers = [client.get(payment.get_absolute_url()), client.get(setup.get_absolute_url())]

    assert [answer.status_code for answer in answers] == [200, 302]
    payment.refresh_from_db()
    assert payment.status == "created"


def test_what_is_told_in_another_currency_is_booked_nowhere(alice, line):
    payment = paid_pack(alice)
    with pytest.raises(ProviderMisunderstood, match="EUR"):
        disputed(payment, currency="EUR")
    euros = RefundState(
        refund_id="re_1",
        reference="",
        capture_id=payment.capture_id,
        status=RefundStatus.SUCCEEDED,
        amount=Money(minor=payment.total_cents, currency="EUR"),
    )
    with pytest.raises(ProviderMisunderstood, match="EUR"):
        services.record_refund(payment_id=payment.pk, state=euros)
    memory.moved(MovementKind.PAYOUT, "", -5_000, fee_minor=30, currency="EUR")
    before = Journal.objects.count()

    services.reconcile(provider="sandbox")

    assert (Journal.objects.count(), credits_of(alice), Refund.objects.count()) == (before, 50, 0)
    assert Difference.objects.filter(kind="unexplained", theirs_cents=-5_030).count() == 1


# Messages


def test_a_message_that_kills_its_worker_every_time_does_not_stop_the_inbox():
    assert wait_after(1) == timedelta(seconds=30)
    assert wait_after(200) == LONGEST_WAIT
