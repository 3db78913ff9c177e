"""Any order of beginning, changing, paying, dying half way and time passing leaves right books and one plan."""

import contextlib

import hypothesis
import pytest
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from accounts import selectors as accounts
from aiqleads.core import clock
from aiqleads.core.refusals import Refusal
from billing import selectors, services
from billing.invariants import broken
from billing.models import Bill, Entry, Payment, PlanChange, Subscription
from billing.providers.port import ProviderRefused
from billing.providers.sandbox import Sandbox, desk, pages
from billing.services import plan_changes, subscribing
from tests.conftest import Clock, at_length, open_membership

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]
plans = st.sampled_from(["pro", "premium"])
CARDS = st.sampled_from(["good", "once", "declined"])
STEPS = {
    "cancel": services.cancel_plan,
    "resume": services.resume_plan,
    "pause": services.pause_plan,
}


class Lives(RuleBasedStateMachine):
    member = None

    @initialize()
    def begins(self):
        self.before = transaction.savepoint()
        self.member = open_membership("alice")
        self.clock = Clock()

    def teardown(self):
        transaction.savepoint_rollback(self.before)

    def live(self):
        return selectors.find_subscription(self.member.organisation_id)

    @rule(plan=plans, card=CARDS)
    def begin(self, plan, card):
        try:
            begun = services.start_subscription(member=self.member, plan_code=plan, provider="sandbox")
            pages.hand_in(begun.checkout_id, card)
        except (Refusal, ProviderRefused):
            pass

    @rule(plan=plans)
    def change(self, plan):
        self.ask(lambda: services.change_plan(member=self.member, plan_code=plan))

    @rule(step=st.sampled_from(sorted(STEPS)))
    def step(self, step):
        self.ask(lambda: STEPS[step](member=self.member))

    @rule(step=st.sampled_from(["cancel", "resume", "pause"]), has_told=st.booleans())
    def dies_half_way(self, step, has_told):
        """What is asked is written down; whether the provider heard of it, nobody noted."""
        if (live := self.live()) is None:
            return
        try:
            asked = subscribing._write_down(member=self.member, subscription_id=live.pk, kind=step, plan=None)
            if has_told:
                plan_changes._tell(Sandbox(), live, asked)
        except (Refusal, ProviderRefused):
            pass

    @rule()
    def look(self):
        for row in Subscription.objects.exclude(checkout_id=""):
            services.look_at_subscription(row.pk)

    @rule(days=st.integers(min_value=1, max_value=35))
    def time_passes(self, days):
        self.clock.advance(days=days)

    @rule()
    def sweep(self):
        services.look_at_due()

    @rule()
    def renews_early(self):
        if live := self.live():
            self.ask(lambda: desk.renew(live.subscription_id))

    def ask(self, act):
        with contextlib.suppress(Refusal, ProviderRefused):
            act()

    @invariant()
    def books_and_rows_agree(self):
        if self.member is None:
            return
        assert not broken()
        assert Subscription.objects.filter(status__in=Subscription.LIVE).count() <= 1
        assert PlanChange.objects.filter(status="asked").count() <= 1
        cleared = sum(Entry.objects.filter(account__kind="clearing").values_list("amount", flat=True))
        assert cleared == sum(payment.total_cents for payment in Payment.objects.filter(status="paid"))
        paid = Bill.objects.filter(status="paid", net_cents__gt=0).count()
        assert Payment.objects.filter(purpose="bill", status="paid").count() == paid

    @invariant()
    def rights_are_those_of_what_was_paid(self):
        if self.member is None:
            return
        held = accounts.entitlements(self.member.organisation_id)["hold_minutes"]
        live = self.live()
        if live is None:
            assert held == 5
            return
        period = selectors.last_period(live)
        assert held in {5, selectors.plan_in_force(live).hold_minutes}
        if period and period.starts_at <= clock.now() < period.ends_at:
            assert held == selectors.plan_in_force(live).hold_minutes


def test_any_life_of_a_plan_leaves_right_books_and_one_plan(db):
    run_state_machine_as_test(
        Lives,
        settings=hypothesis.settings(
            max_examples=at_length(short=4, soak=300),
            stateful_step_count=at_length(short=15, soak=40),
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        ),
    )

    assert not Subscription.objects.exists(), "each run is rolled back"
