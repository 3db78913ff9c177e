"""What each plan grants a hold: its minutes, the cart's, an extension, and how many run at once (design §4.4-5)."""

from typing import NamedTuple

import pytest

from marketplace import errors, services
from marketplace.models import Claim

pytestmark = pytest.mark.django_db


class Plan(NamedTuple):
    hold_minutes: int
    cart_minutes: int
    may_extend: int
    live_holds: int


STARTER, PRO, PREMIUM = Plan(5, 15, 0, 5), Plan(10, 20, 1, 10), Plan(15, 30, 1, 20)
PLANS = pytest.mark.parametrize("plan", [STARTER, PRO, PREMIUM], ids=["starter", "pro", "premium"])


def subscribe(member, plan: Plan) -> None:
    for key, value in plan._asdict().items():
        member.organisation.entitlements.update_or_create(key=key, defaults={"value": value})


def minutes_of(claim: Claim) -> float:
    return (claim.during.upper - claim.during.lower).total_seconds() / 60


@PLANS
def test_a_hold_lasts_as_long_as_the_plan_says_and_its_last_end_is_fixed(lead, alice, plan):
    subscribe(alice, plan)

    claim = services.hold_lead(lead_id=lead.pk, buyer=alice)

    assert minutes_of(claim) == plan.hold_minutes
    last = plan.cart_minutes if plan.may_extend else plan.hold_minutes
    assert (claim.max_until - claim.during.lower).total_seconds() / 60 == last


@PLANS
def test_a_cart_ends_all_its_holds(make_lead, alice, clock, plan):
    subscribe(alice, plan)
    services.hold_lead(lead_id=make_lead().pk, buyer=alice)
    clock.advance(minutes=plan.cart_minutes - 1)

    assert minutes_of(services.hold_lead(lead_id=make_lead().pk, buyer=alice)) == pytest.approx(1, abs=0.05)


@PLANS
def test_as_many_holds_run_at_once_as_the_plan_says(make_lead, alice, plan):
    subscribe(alice, plan)
    for _ in range(plan.live_holds):
        services.hold_lead(lead_id=make_lead().pk, buyer=alice)

    with pytest.raises(errors.HoldQuotaReached):
        services.hold_lead(lead_id=make_lead().pk, buyer=alice)

    assert Claim.objects.live().count() == plan.live_holds


@pytest.mark.parametrize("plan", [PRO, PREMIUM], ids=["pro", "premium"])
def test_extensions_reach_the_end_of_the_cart_and_no_further(lead, alice, clock, plan):
    subscribe(alice, plan)
    claim = services.hold_lead(lead_id=lead.pk, buyer=alice)
    clock.advance(minutes=plan.hold_minutes - 1)
    services.extend_claim(claim_id=claim.pk, buyer=alice)
    clock.advance(minutes=plan.hold_minutes - 1)

    extended = services.extend_claim(claim_id=claim.pk, buyer=alice)

    assert extended.until == claim.max_until
    with pytest.raises(errors.ExtensionRefused):
        services.extend_claim(claim_id=claim.pk, buyer=alice)


def test_an_upgrade_does_not_lengthen_a_hold_that_runs(lead, alice, clock):
    claim = services.hold_lead(lead_id=lead.pk, buyer=alice)
    subscribe(alice, PREMIUM)
    clock.advance(minutes=1)

    with pytest.raises(errors.ExtensionRefused):
        services.extend_claim(claim_id=claim.pk, buyer=alice)

    kept = Claim.objects.get()
    assert (kept.during, kept.max_until) == (claim.during, claim.max_until)


def test_an_upgrade_does_not_move_the_last_end_that_was_fixed_at_the_hold(lead, alice, clock):
    subscribe(alice, PRO)
    claim = services.hold_lead(lead_id=lead.pk, buyer=alice)
    subscribe(alice, PREMIUM)
    clock.advance(minutes=9)

    assert services.extend_claim(claim_id=claim.pk, buyer=alice).until == claim.max_until
    assert (claim.max_until - claim.during.lower).total_seconds() == 20 * 60


def test_an_upgrade_does_not_prolong_the_cart_that_runs(make_lead, alice, clock):
    services.hold_lead(lead_id=make_lead().pk, buyer=alice)
    subscribe(alice, PREMIUM)
    clock.advance(minutes=12)

    assert minutes_of(services.hold_lead(lead_id=make_lead().pk, buyer=alice)) == pytest.approx(3, abs=0.05)


def test_an_upgrade_lets_more_holds_run_at_once(make_lead, alice):
    for _ in range(5):
        services.hold_lead(lead_id=make_lead().pk, buyer=alice)
    subscribe(alice, PRO)

    services.hold_lead(lead_id=make_lead().pk, buyer=alice)

    assert Claim.objects.live().count() == 6
