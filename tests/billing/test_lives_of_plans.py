"""Any order of beginning, changing, paying, dying anywhere and time passing leaves right books and one plan.

Two people live the same life, and one of them dies between any two steps of what they do: both end alike.
"""

import contextlib
from collections import Counter

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
from billing.providers.sandbox import desk, pages
from tests.billing.dying import dying
from tests.billing.told import told_of
from tests.conftest import Clock, at_length, open_membership

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]
plans = st.sampled_from(["pro", "premium"])
CARDS = st.sampled_from(["good", "once", "declined"])
STEPS = {
    "pro": lambda member: services.change_plan(member=member, plan_code="pro"),
    "premium": lambda member: services.change_plan(member=member, plan_code="premium"),
    "cancel": lambda member: services.cancel_plan(member=member),
    "resume": lambda member: services.resume_plan(member=member),
    "pause": lambda member: services.pause_plan(member=member),
}
ALIKE = ("payments", "plans", "periods", "bills", "invoices", "rights", "events")
"""What is the same for both but for cents, as a difference is reckoned by the second."""


class Lives(RuleBasedStateMachine):
    members = ()

    @initialize()
    def begins(self):
        self.before = transaction.savepoint()
        self.members = [open_membership("alice"), open_membership("bob")]
        self.clock = Clock()

    def teardown(self):
        try:
            if self.members:
                self.look()
                self.sweep()
                assert self.alike(self.members[0]) == self.alike(self.members[1])
        finally:
            transaction.savepoint_rollback(self.before)

    def live(self, member):
        return selectors.find_subscription(member.organisation_id)

    @rule(plan=plans, card=CARDS)
    def begin(self, plan, card):
        for member in self.members:
            self.try_to(lambda: self.hand_in(member, plan, card))  # noqa: B023

    def hand_in(self, member, plan, card):
        begun = services.start_subscription(member=member, plan_code=plan, provider="sandbox")
        pages.hand_in(begun.checkout_id, card)

    @rule(step=st.sampled_from(sorted(STEPS)))
    def ask(self, step):
        for member in self.members:
            self.try_to(lambda: STEPS[step](member))  # noqa: B023

    @rule(step=st.sampled_from(sorted(STEPS)), data=st.data())
    def asks_and_dies(self, step, data):
        """What was written down is gone on with; where nothing was, it is asked for once more."""
        lives, dies = self.members
        asked = PlanChange.objects.filter(subscription__organisation=dies.organisation_id)
        before = asked.count()
        self.dies(lambda: STEPS[step](dies), data)
        self.sweep()
        self.look()  # as the provider's message leads to: else what came next would be seen in one with it
        if asked.count() == before:
            self.try_to(lambda: STEPS[step](dies))
        self.try_to(lambda: STEPS[step](lives))

    @rule(plan=plans, card=CARDS, data=st.data())
    def begins_and_dies(self, plan, card, data):
        lives, dies = self.members
        asked = {"plan_code": plan, "provider": "sandbox"}
        self.dies(lambda: services.start_subscription(member=dies, **asked), data)
        for member in (dies, lives):
            self.try_to(lambda: self.hand_in(member, plan, card))  # noqa: B023

    @rule(data=st.data())
    def looks_and_dies(self, data):
        theirs = Subscription.objects.filter(organisation=self.members[1].organisation_id)
        for row in theirs.order_by("created_at"):
            self.dies(lambda: services.look_at_subscription(row.pk), data)  # noqa: B023
        self.look()

    @rule(data=st.data())
    def sweeps_and_dies(self, data):
        self.look()  # two pages that nobody looked at are swept in any order
        self.dies(services.look_at_due, data)
        self.sweep()

    def dies(self, act, data):
        """Measured whole first, then undone, and done until before one of its steps."""
        before = transaction.savepoint()
        with dying() as whole:
            self.try_to(act)
        transaction.savepoint_rollback(before)
        if whole.taken:
            with dying(at=data.draw(st.integers(1, len(whole.taken)), label="dies before step")):
                self.try_to(act)

    @rule()
    def look(self):
        for row in Subscription.objects.exclude(checkout_id="").order_by("created_at"):  # the first looked at lives
            services.look_at_subscription(row.pk)

    @rule(days=st.integers(min_value=1, max_value=35))
    def time_passes(self, days):
        self.clock.advance(days=days)

    @rule()
    def sweep(self):
        if Subscription.objects.filter(looked_at=None).count() > len(self.members):
            self.look()
        services.look_at_due()

    @rule()
    def renews_early(self):
        for member in self.members:
            if live := self.live(member):
                self.try_to(lambda: desk.renew(live.subscription_id))

    def try_to(self, act):
        with contextlib.suppress(Refusal, ProviderRefused):
            act()

    def alike(self, member):
        told = told_of(member)
        return {what: Counter(self.without_cents(what, rows)) for what, rows in told.items() if what in ALIKE}

    def without_cents(self, what, rows):
        if what in {"payments", "bills"}:
            return [row[:3] for row in rows.elements()]
        return [row[:1] if what == "invoices" else row for row in rows.elements()]

    @invariant()
    def books_and_rows_agree(self):
        assert not broken()
        cleared = sum(Entry.objects.filter(account__kind="clearing").values_list("amount", flat=True))
        assert cleared == sum(payment.total_cents for payment in Payment.objects.filter(status="paid"))
        paid = Bill.objects.filter(status="paid", net_cents__gt=0).count()
        assert Payment.objects.filter(purpose="bill", status="paid").count() == paid
        for member in self.members:
            theirs = Subscription.objects.filter(organisation=member.organisation_id)
            assert theirs.filter(status__in=Subscription.LIVE).count() <= 1
            assert PlanChange.objects.filter(subscription__in=theirs, status="asked").count() <= 1

    @invariant()
    def rights_are_those_of_what_was_paid(self):
        for member in self.members:
            self.has_what_was_paid(member)

    def has_what_was_paid(self, member):
        held = accounts.entitlements(member.organisation_id)["hold_minutes"]
        live = self.live(member)
        if live is None:
            assert held == 5
            return
        period = selectors.last_period(live)
        assert held in {5, selectors.plan_in_force(live).hold_minutes}
        if period and period.starts_at <= clock.now() < period.ends_at:
            assert held == selectors.plan_in_force(live).hold_minutes


def test_any_life_of_a_plan_leaves_right_books_and_one_plan(line):
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
