"""What the database refuses about plans, packs and subscriptions, whoever asks."""

from datetime import timedelta
from typing import Final

import pytest
from django.db import connection

from aiqleads.core.clock import now
from billing import services
from billing.models import Bill, Plan, PlanAtProvider, PlanChange, Subscription, SubscriptionPeriod
from tests.marketplace.guards import again, refused_by, take_away, undone

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]

NEXT: Final = "(SELECT max(id) + 1 FROM {})"
NEW_PLAN: Final = {"id": NEXT.format("billing_plan"), "code": "'other'"}
NEW_PACK: Final = {"id": NEXT.format("billing_pack"), "code": "'other'"}
BEGUN: Final = {"checkout_id": "''", "subscription_id": "''"}
LIVE: Final = {**BEGUN, "subscription_id": "'sub_2'", "is_trial_granted": "false"}
ENDED: Final = "status = 'ended', ended_at = now(), past_due_since = NULL"
BREAK_INS: Final = {
    "bill_changes_by_rule": "UPDATE billing_bill SET bill_id = 'in_2'",
    "bill_is_final_once": "UPDATE billing_bill SET status = 'paid'; UPDATE billing_bill SET status = 'open'",
    "bill_is_of_some_time": "UPDATE billing_bill SET ends_at = starts_at",
    "bill_once": again("billing_bill", id=NEXT.format("billing_bill")),
    "consent_is_to_a_next_plan": "UPDATE billing_subscription SET consent_url = 'https://www.paypal.com/'",
    "offer_is_written_once": "UPDATE billing_plan SET price_cents = 1 WHERE code = 'pro'",
    "pack_ends_after_it_began": "UPDATE billing_pack SET offered_until = offered_from - interval '1 second'",
    "pack_is_written_once": "UPDATE billing_pack SET price_cents = 1",
    "pack_offered_in_one_version": again("billing_pack", id=NEXT.format("billing_pack"), version="2"),
    "pack_sells_something": again("billing_pack", **NEW_PACK, amount_credits="0"),
    "pack_version_once": again("billing_pack", id=NEXT.format("billing_pack"), offered_until="now()"),
    "period_changes_by_rule": "UPDATE billing_subscriptionperiod SET ends_at = ends_at + interval '1 day'",
    "period_ends_after_it_began": again(
        "billing_subscriptionperiod", id=NEXT.format("billing_subscriptionperiod"), granted_id="NULL",
        starts_at="r.ends_at",
    ),
    "period_is_written_once": "UPDATE billing_subscriptionperiod SET granted_id = NULL",
    "period_once": again(
        "billing_subscriptionperiod", id=NEXT.format("billing_subscriptionperiod"), granted_id="NULL"
    ),
    "plan_change_changes_by_rule": "UPDATE billing_planchange SET kind = 'resume'",
    "plan_change_closed_at_a_moment": "UPDATE billing_planchange SET status = 'done'",
    "plan_change_is_answered_once": "UPDATE billing_planchange SET status = 'done', closed_at = now(); "
    "UPDATE billing_planchange SET status = 'refused'",
    "plan_change_names_its_plan": again(
        "billing_planchange", id=NEXT.format("billing_planchange"), number="2", kind="'upgrade'",
        status="'done'", closed_at="now()",
    ),
    "plan_change_once": again(
        "billing_planchange", id=NEXT.format("billing_planchange"), status="'done'", closed_at="now()"
    ),
    "plan_change_one_at_a_time": again("billing_planchange", id=NEXT.format("billing_planchange"), number="2"),
    "plan_discount_within_the_price": again("billing_plan", **NEW_PLAN, discount_percent="101"),
    "plan_ends_after_it_began": "UPDATE billing_plan SET offered_until = offered_from - interval '1 second'",
    "plan_is_written_once": "UPDATE billing_plan SET price_cents = 1 WHERE code = 'pro'",
    "plan_keeps_what_it_says": again("billing_plan", **NEW_PLAN, early_minutes="61"),
    "plan_offered_in_one_version": again("billing_plan", id=NEXT.format("billing_plan"), version="2"),
    "plan_once_at_a_provider": again(
        "billing_planatprovider", id=NEXT.format("billing_planatprovider"), price_id="'price_2'"
    ),
    "plan_seats_somebody": again("billing_plan", **NEW_PLAN, seats="0"),
    "plan_starter_is_free": again(
        "billing_plan", "code = 'pro'", id=NEXT.format("billing_plan"), code="'starter'", version="2",
        offered_until="now()",
    ),
    "plan_starter_is_the_floor": "UPDATE billing_plan SET offered_until = now() WHERE code = 'starter';"
    + again(
        "billing_plan", "code = 'starter'", id=NEXT.format("billing_plan"), version="2", offered_until="NULL",
        hold_minutes="6",
    ),
    "plan_tries_with_credits_of_a_trial": again("billing_plan", **NEW_PLAN, trial_days="0", trial_credits="1"),
    "plan_version_once": again("billing_plan", id=NEXT.format("billing_plan"), offered_until="now()"),
    "price_is_one_plans": again(
        "billing_planatprovider", id=NEXT.format("billing_planatprovider"),
        plan_id="(SELECT id FROM billing_plan WHERE code = 'premium')",
    ),
    "subscription_changes_by_rule": "UPDATE billing_subscription SET provider = 'paypal'",
    "subscription_ended_at_a_moment": "UPDATE billing_subscription SET status = 'ended', past_due_since = NULL",
    "subscription_is_begun_once": "UPDATE billing_subscription SET subscription_id = 'sub_2'",
    "subscription_live_has_a_period": "UPDATE billing_subscription SET period_end = period_start",
    "subscription_live_once": again("billing_subscription", **LIVE),
    "subscription_moves_forwards": f"UPDATE billing_subscription SET {ENDED}; "
    "UPDATE billing_subscription SET status = 'paused', ended_at = NULL",
    "subscription_once_at_its_provider": again(
        "billing_subscription", checkout_id="''", status="'incomplete'", past_due_since="NULL",
        is_trial_granted="false",
    ),
    "subscription_past_due_since_a_moment": "UPDATE billing_subscription SET past_due_since = NULL",
    "subscription_period_moves_forwards": "UPDATE billing_subscription SET period_start = period_start - "
    "interval '90 days', period_end = period_start - interval '60 days'",
    "trial_once": again(
        "billing_subscription", **BEGUN, status="'ended'", ended_at="now()", past_due_since="NULL"
    ),
}  # fmt: skip
SAID_BY_TRIGGERS: Final = {
    "bill_changes_by_rule": "bill_is_final_once",
    "pack_is_written_once": "offer_is_written_once",
    "period_changes_by_rule": "period_is_written_once",
    "plan_change_changes_by_rule": "plan_change_is_answered_once",
    "plan_is_written_once": "offer_is_written_once",
    "subscription_changes_by_rule": "subscription_is_begun_once",
}
"""The refusal in whose name each trigger speaks here."""


@pytest.fixture
def subscribed(alice):
    """Alice's Pro, past due after a trial, with a bill that is open and a cancellation that nobody answered yet."""
    pro = Plan.objects.get(code="pro", offered_until=None)
    PlanAtProvider.objects.create(plan=pro, provider="sandbox", price_id="price_1")
    begins, ends = now() - timedelta(days=2), now() + timedelta(days=28)
    subscription = Subscription.objects.create(
        organisation=alice.organisation, member=alice, plan=pro, provider="sandbox", subscription_id="sub_1",
        status="past_due", is_trial_granted=True, period_start=begins, period_end=ends, past_due_since=begins,
    )  # fmt: skip
    Bill.objects.create(
        subscription=subscription, bill_id="in_1", plan=pro, net_cents=4_900, starts_at=begins, ends_at=ends
    )
    journal = services.grant_credits(
        organisation_id=alice.organisation_id, amount_credits=10, key="trial", memo="Trial", valid_days=14
    )
    SubscriptionPeriod.objects.create(
        subscription=subscription, plan=pro, starts_at=begins - timedelta(days=14), ends_at=begins, granted=journal
    )
    PlanChange.objects.create(subscription=subscription, number=1, kind="cancel", member=alice)


def test_each_guard_keeps_out_what_it_names_and_nothing_else_does(subscribed, subtests):
    for guard, statement in BREAK_INS.items():
        with subtests.test(guard), undone():
            assert refused_by(statement) == SAID_BY_TRIGGERS.get(guard, guard)
            take_away(guard)
            assert refused_by(statement) == ""


@pytest.mark.parametrize(
    "table",
    ["pack", "plan", "planatprovider", "subscription", "subscriptionperiod", "bill", "planchange"],
)
def test_no_row_is_removed(subscribed, table):
    assert "written once" in refused_by(f"DELETE FROM billing_{table}")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM billing_{table}")
        assert cursor.fetchone()[0] > 0
