"""What the ledger of calls promises holds in the database, whoever writes to it; without its guard each breaks."""

from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import pytest

from ai import budgets, routes
from ai.budgets import Assumed
from ai.models import ModelCall, Route, Spend
from ai.purposes import Purpose
from ai.routes import InForce
from aiqleads.core import clock as clock_of_database
from tests.ai.ledger import go_to, new_call, put_in_force, reserved, settled
from tests.marketplace.guards import again, refused_by, take_away, undone

pytestmark = pytest.mark.django_db

UNDER_WAY: Final = "outcome = 'asked'"
OTHER: Final = {"input_hash": "'1:other'"}
BREAK_INS: Final = {
    "call_settled_once": "UPDATE ai_modelcall SET cost_cents = 0 WHERE outcome = 'answered'",
    "call_written_once": f"UPDATE ai_modelcall SET role = 'x' WHERE {UNDER_WAY}",
    "call_settled_whole": f"UPDATE ai_modelcall SET settled_at = now() WHERE {UNDER_WAY}",
    "call_starts_under_way": again("ai_modelcall", "outcome = 'answered'"),
    "call_of_today": again("ai_modelcall", UNDER_WAY, **OTHER, day="'2026-01-01'"),
    "call_purpose_known": again("ai_modelcall", UNDER_WAY, **OTHER, purpose="'gossip'"),
    "call_reserves_something": again("ai_modelcall", UNDER_WAY, **OTHER, reserved_cents="-0.1"),
    "one_call_per_input_under_way": again("ai_modelcall", UNDER_WAY),
    "one_usable_reply_per_input": again(
        "ai_modelreply", id="-1", call_id=f"(SELECT id FROM ai_modelcall WHERE {UNDER_WAY})"
    ),
    "one_spend_per_period": again("ai_spend", id="-1"),
    "route_has_a_deadline": again("ai_route", id="-1", deadline_seconds="0"),
    "route_has_max_tokens": again("ai_route", id="-1", max_tokens="0"),
    "route_purpose_known": again("ai_route", id="-1", purpose="'gossip'"),
    "spend_changes_by_calls": "UPDATE ai_spend SET limit_cents = 1000000",
    "spend_not_negative": "UPDATE ai_spend SET reserved_cents = -1",
    "spend_within_limit": again("ai_modelcall", UNDER_WAY, **OTHER, reserved_cents="100"),
}
BEHIND: Final = {
    "call_reserves_something": ("spend_not_negative",),
    "one_spend_per_period": ("spend_changes_by_calls",),
    "spend_not_negative": ("spend_changes_by_calls",),
}
"""Guards that would refuse it first, or the rest of it."""


@pytest.fixture
def scene(db):
    """A call that was answered, one under way, and a route."""
    settled()
    reserved()
    Route.objects.create(
        purpose="chat",
        name="x",
        steps=[],
        deadline_seconds=1,
        daily_budget_cents=1,
        monthly_budget_cents=1,
        max_tokens=1,
    )


def test_each_guard_keeps_out_what_it_names_and_nothing_else_does(scene, subtests):
    for guard, break_in in BREAK_INS.items():
        with subtests.test(guard), undone():
            for other in BEHIND.get(guard, ()):
                take_away(other)
            assert refused_by(break_in) == guard
            take_away(guard)
            assert refused_by(break_in) == ""


WRITTEN_ONCE: Final = {
    "route_is_written_once": "UPDATE ai_route SET name = 'y'",
    "reply_is_written_once": "UPDATE ai_modelreply SET is_usable = false",
    "call_is_kept": f"DELETE FROM ai_modelcall WHERE {UNDER_WAY}",
    "spend_is_kept": "DELETE FROM ai_spend",
}


def test_what_is_written_once_stays_as_it_is_until_its_guard_is_gone(scene, subtests):
    for guard, break_in in WRITTEN_ONCE.items():
        with subtests.test(guard), undone():
            assert "rows are written once" in refused_by(break_in)
            take_away(guard)
            assert refused_by(break_in) == ""


def test_calls_count_as_spend_until_the_trigger_that_counts_is_gone(db):
    """``call_guard`` and ``spend_guard`` hold the words above; this is what keeps both in step."""
    settled(cost_cents="0.25")
    assert set(Spend.objects.values_list("period", "reserved_cents", "spent_cents")) == {
        ("day", Decimal(0), Decimal("0.25")),
        ("month", Decimal(0), Decimal("0.25")),
    }

    take_away("call_counts_as_spend")
    settled()

    assert set(Spend.objects.values_list("spent_cents", flat=True)) == {Decimal("0.25")}


def test_a_purpose_spends_no_more_than_a_day_and_a_month_allow(clock):
    allowed = {"daily_budget_cents": 2, "monthly_budget_cents": 3}
    go_to("2027-03-30 12:00Z")
    for _ in range(2):
        settled("1", **allowed)
    assert budgets.reserve(new_call(**allowed)) == "over budget"

    go_to("2027-03-31 12:00Z")
    settled("1", **allowed)
    assert budgets.reserve(new_call(**allowed)) == "over budget"

    go_to("2027-04-01 12:00Z")
    assert budgets.reserve(new_call(**allowed)) == "reserved"


def test_a_call_whose_asker_is_gone_is_settled_at_the_most_that_it_may_have_cost(clock):
    call = reserved()
    assert budgets.sweep() == 0

    clock.advance(seconds=call.deadline_seconds + budgets.GRACE_SECONDS + 1)

    assert (budgets.sweep(), budgets.sweep()) == (1, 0)
    lost = ModelCall.objects.get()
    assert (lost.outcome, lost.cost_cents) == ("lost", Decimal(1))
    assert set(Spend.objects.values_list("reserved_cents", "spent_cents")) == {(Decimal(0), Decimal(1))}


def test_what_comes_after_the_sweep_changes_nothing(clock):
    call = reserved()
    clock.advance(minutes=5)
    budgets.sweep()

    was_settled = budgets.settle(call.id, ModelCall.Outcome.ANSWERED, cost_cents=Decimal(0), latency_seconds=1.0)

    assert not was_settled
    assert ModelCall.objects.get().cost_cents == 1


def test_what_cost_more_than_was_set_aside_is_told_and_ends_the_budget(db):
    call = reserved(daily_budget_cents=2)
    budgets.settle(call.id, ModelCall.Outcome.ANSWERED, cost_cents=Decimal(3), latency_seconds=1.0)

    assert Spend.objects.get(period="day").spent_cents == 3
    assert budgets.reserve(new_call(daily_budget_cents=2, most_cents=Decimal("0.1"))) == "over budget"


def assumed(**facts: Any) -> Assumed:
    """What holds in an empty database, but for some facts."""
    shipped = InForce(rules=routes.SHIPPED[Purpose.SCORE_LEAD], since=None, today=clock_of_database.now().date())
    return Assumed(in_force=replace(shipped, **facts), unanswered=["1:earlier"])


def test_what_is_taken_for_granted_about_a_call_is_looked_up_before_it_is_written(clock):
    yesterday = assumed()
    clock.advance(days=1)
    assert budgets.reserve(new_call(), assumed=yesterday) == "outdated"
    today = assumed()
    assert budgets.reserve(new_call(route_id=1), assumed=today) == "outdated"
    assert not ModelCall.objects.exists()
    assert budgets.reserve(new_call(), assumed=today) == "reserved"

    route = put_in_force()
    assert budgets.reserve(new_call(), assumed=today) == "outdated"
    assert budgets.reserve(new_call(route_id=route.pk), assumed=assumed()) == "outdated"
    assert budgets.reserve(new_call(route_id=route.pk), assumed=assumed(since=route.in_force_at)) == "reserved"


def test_what_was_answered_before_by_any_step_is_not_paid_again(db):
    settled(input_hash="1:earlier")

    assert budgets.reserve(new_call(), assumed=assumed()) == "remembered"
    assert budgets.reserve(new_call(input_hash="1:earlier")) == "remembered"
    assert ModelCall.objects.count() == 1
