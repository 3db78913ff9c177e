"""Whatever is delivered how often, in whatever order and between whatever deaths: the books end the same.

Two people buy, spend, get back and dispute alike. Of one, all is looked at as it happens; of the other we hear
by messages alone: none, once or five times, in any order, forged, stale, from the future, oversized, while whoever
takes them in or works them dies between any two steps.
"""

import contextlib
from typing import Any, Final

import hypothesis
import pytest
from django.db import transaction
from django.test import Client
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run

from billing import selectors, services
from billing.invariants import broken
from billing.models import MOST_BYTES, Difference, Entry, InboxMessage, Payment, SandboxEvent, SandboxObject
from billing.providers.port import ProviderRefused
from billing.providers.sandbox import desk, memory, pages, telling
from billing.services import hints
from tests.billing.dying import dying
from tests.billing.test_ledger import sell
from tests.billing.told import told_of
from tests.conftest import Clock, at_length, open_membership

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]

CREDIT_CENTS: Final = 98
MOST_BOUGHT: Final = 3
SPOILT: Final = ("forged", "stale", "from the future", "oversized")
PLACES: Final = st.integers(0, 40)
"""Which of what there is by then, counted around."""


class Deliveries(RuleBasedStateMachine):
    members = ()

    @initialize()
    def begins(self):
        self.before = transaction.savepoint()
        self.members = [open_membership("alice"), open_membership("bob")]
        self.bought: list[list[Payment]] = []
        self.disputes: dict[int, list[str]] = {}
        self.events: list[SandboxEvent] = []
        self.clock = Clock()
        self.sales = 0
        self.buys()

    def teardown(self):
        try:
            if self.members:
                self.end()
        finally:
            transaction.savepoint_rollback(self.before)

    # What happens at the provider, to both alike.

    @precondition(lambda self: len(self.bought) < MOST_BOUGHT)
    @rule()
    def buys(self):
        both = []
        for member in self.members:
            with self.told_of(member):
                both.append(services.start_checkout(member=member, pack_code="fifty", provider="sandbox"))
                pages.hand_in(both[-1].checkout_id, "good")
        self.bought.append(both)
        services.look_again(both[0].pk)

    @rule(amount=st.integers(1, 60))
    def spends(self, amount):
        if all(selectors.balance_credits(member.organisation_id) >= amount for member in self.members):
            self.sales += 1
            for member in self.members:
                sell(member, amount, key=f"sale:{self.sales}:{member.pk}")

    @rule(place=PLACES, amount=st.integers(1, 49))
    def desk_gives_back(self, place, amount):
        place %= len(self.bought)
        if place not in self.disputes:
            self.at_the_desk(place, lambda capture_id: desk.refund_here(capture_id, CREDIT_CENTS * amount))
            services.look_at_refunds(payment_id=self.bought[place][0].pk)

    @rule(place=PLACES)
    def bank_disputes(self, place):
        place %= len(self.bought)
        if place not in self.disputes and (opened := self.at_the_desk(place, desk.dispute)):
            self.disputes[place] = opened
            hints.look_at_dispute(provider="sandbox", dispute_id=opened[0])

    @precondition(lambda self: self.disputes)
    @rule(place=PLACES, is_won=st.booleans())
    def bank_decides(self, place, is_won):
        opened = self.disputes[sorted(self.disputes)[place % len(self.disputes)]]
        for member, dispute_id in zip(self.members, opened, strict=True):
            with self.told_of(member), contextlib.suppress(ProviderRefused):
                desk.close_dispute(dispute_id, is_won=is_won)
        hints.look_at_dispute(provider="sandbox", dispute_id=opened[0])

    def at_the_desk(self, place, act):
        """What the desk answered for each; nothing where it refused, which it does for both."""
        answers = []
        for member, payment in zip(self.members, self.bought[place], strict=True):
            capture_id = memory.find(memory.Kind.CHECKOUT, payment.checkout_id).data["capture_id"]
            with self.told_of(member), contextlib.suppress(ProviderRefused):
                answers.append(act(capture_id))
        return answers

    @contextlib.contextmanager
    def told_of(self, member):
        """Keep what the provider would tell of the second; of the first, nobody brings anything."""
        known = set(SandboxEvent.objects.values_list("pk", flat=True))
        yield
        new = SandboxEvent.objects.exclude(pk__in=known).order_by("occurred_at", "pk")
        if member == self.members[1]:
            self.events += new

    # How we hear of it.

    @rule(place=PLACES, times=st.sampled_from([1, 5]))
    def is_brought(self, place, times):
        raw, headers = telling.message(self.events[place % len(self.events)])
        for _ in range(times):
            assert bring(raw, headers[telling.HEADER]) == 200

    @rule(place=PLACES, how=st.sampled_from(SPOILT))
    def is_brought_spoilt(self, place, how):
        kept = InboxMessage.objects.count()
        raw, headers = telling.message(self.events[place % len(self.events)])
        spoil(raw, headers, how)
        assert InboxMessage.objects.count() == kept

    @rule(place=PLACES, data=st.data())
    def is_brought_and_dies(self, place, data):
        raw, headers = telling.message(self.events[place % len(self.events)])
        self.dies(lambda: bring(raw, headers[telling.HEADER]), data)

    @rule()
    def works(self):
        services.work_inbox()

    @rule(data=st.data())
    def works_and_dies(self, data):
        self.dies(services.work_inbox, data)

    @rule(minutes=st.sampled_from([1, 40, 400]))
    def time_passes(self, minutes):
        self.clock.advance(minutes=minutes)

    def dies(self, act, data):
        """Measured whole first, then undone, and done until before one of its steps."""
        before = transaction.savepoint()
        with dying() as whole:
            act()
        transaction.savepoint_rollback(before)
        with dying(at=data.draw(st.integers(1, len(whole.taken)), label="dies before step")):
            act()

    @invariant()
    def books_hold(self):
        assert broken() == []

    def end(self):
        """What failed is tried again, and what never came is found by the look at the provider's books."""
        for _ in range(2):
            self.clock.advance(hours=7)
            services.work_inbox()
            services.reconcile(provider="sandbox")
        services.work_inbox()
        undisturbed, disturbed = (summary(member) for member in self.members)
        assert disturbed == undisturbed
        lines = SandboxObject.objects.filter(kind="movement").values_list("data", flat=True)
        clearing = sum(Entry.objects.filter(account__kind="clearing").values_list("amount", flat=True))
        assert clearing == sum(line["gross"] - line["fee"] for line in lines)
        assert not InboxMessage.objects.exclude(state="done").exists()
        assert not Difference.objects.filter(closed_at=None).exists()
        assert broken() == []


def summary(member: Any) -> dict[str, Any]:
    """What is the same however it was heard of: a dispute that was won before we heard of it took nothing."""
    told = told_of(member)
    owed = selectors.owed_credits(member.organisation_id)
    return {
        "payments": told["payments"],
        "refunds": told["refunds"],
        "invoices": told["invoices"],
        "disputes": sorted(row[:2] for row in told["disputes"].elements()),
        "has": selectors.balance_credits(member.organisation_id) - owed,
    }


def spoil(raw: bytes, headers: dict[str, str], how: str) -> None:
    seconds = int(headers[telling.HEADER].partition(",")[0][2:])
    if how == "forged":
        assert bring(raw + b" ", headers[telling.HEADER]) == 400
    elif how == "oversized":
        assert bring(raw + b" " * MOST_BYTES, headers[telling.HEADER]) == 413
    else:
        shift = -302 if how == "stale" else 302
        assert bring(raw, telling.signature(raw, seconds=seconds + shift)) == 400


def bring(raw: bytes, signature: str) -> int:
    signed = {telling.HEADER: signature}
    address = "/webhooks/sandbox/"
    return Client().post(address, raw, content_type="application/json", headers=signed).status_code


def test_the_books_end_the_same_whatever_is_delivered(line, pack):
    run(
        Deliveries,
        settings=hypothesis.settings(
            max_examples=at_length(short=5, soak=300),
            stateful_step_count=at_length(short=15, soak=40),
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        ),
    )

    assert not Payment.objects.exists(), "each run is rolled back"
