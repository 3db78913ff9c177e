"""Whoever dies before whichever step: the sweeps go on, and the books end as if nobody had died."""

from collections.abc import Callable
from typing import Any, Final
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client

from aiqleads.core import events
from aiqleads.core.models import Alert
from billing import recharge_terms, services
from billing.invariants import broken
from billing.models import Difference, InboxMessage, MethodSetup, Payment, SandboxEvent, Subscription
from billing.providers.sandbox import desk, pages, telling
from tests.billing.dying import Steps, bought, dying
from tests.billing.subscribed import begin, subscribe
from tests.billing.test_ledger import sell
from tests.billing.told import told_of
from tests.conftest import Clock, at_length, open_membership

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]

Act = Callable[[], object]
Story = Callable[[Any], tuple[Act, Act]]
"""What is to die, and what people do afterwards; all before it has happened."""


def nothing() -> None:
    """Nobody has to do anything."""


def unless(written: Any, act: Act) -> Act:
    """A person asks once more where nothing of it was written down; else what was written is gone on with."""
    return lambda: None if written.exists() else act()


def buys(member: Any) -> tuple[Act, Act]:
    """A page is asked for, and paid on when it is there."""
    key = uuid4()
    asked = {"member": member, "pack_code": "fifty", "provider": "sandbox", "payment_id": key}

    def ask() -> Payment:
        return services.start_checkout(**asked)

    return ask, lambda: pages.hand_in(ask().checkout_id, "good")


def is_paid(member: Any) -> tuple[Act, Act]:
    """A payment came in and is looked at."""
    started = services.start_checkout(member=member, pack_code="fifty", provider="sandbox")
    pages.hand_in(started.checkout_id, "good")
    return lambda: services.look_again(started.pk), nothing


def renews(member: Any) -> tuple[Act, Act]:
    """A month has passed, and the next one is billed."""
    subscription = subscribe(member, "premium")
    Clock().advance(days=32)
    return lambda: services.look_at_subscription(subscription.pk), nothing


def fails_to_renew(member: Any) -> tuple[Act, Act]:
    """A month has passed, and the card declines: until the plan ends."""
    subscription = subscribe(member, "premium", card="once")
    Clock().advance(days=32)
    services.look_at_due()
    Clock().advance(days=8)
    return lambda: services.look_at_subscription(subscription.pk), nothing


def begins(member: Any) -> tuple[Act, Act]:
    """The first look at a plan whose page is finished."""
    subscription = begin(member, "premium")
    return lambda: services.look_at_subscription(subscription.pk), nothing


def asks_for_a_plan(member: Any) -> tuple[Act, Act]:
    """A plan's page is asked for, and finished when it is there."""

    def ask() -> Subscription:
        return services.start_subscription(member=member, plan_code="premium", provider="sandbox")

    return ask, lambda: pages.hand_in(ask().checkout_id, "good")


def upgrades(member: Any) -> tuple[Act, Act]:
    """A larger plan, whose difference is charged at once."""
    subscription = subscribe(member, "pro")
    Clock().advance(days=15)
    services.look_at_due()
    Clock().advance(days=-15)

    def grow() -> None:
        services.change_plan(member=member, plan_code="premium")

    return grow, unless(subscription.plan_changes, grow)


def cancels(member: Any) -> tuple[Act, Act]:
    subscription = subscribe(member, "premium")

    def cancel() -> None:
        services.cancel_plan(member=member)

    return cancel, unless(subscription.plan_changes, cancel)


def refunds(member: Any) -> tuple[Act, Act]:
    """Twenty of fifty credits are given back by an operator."""
    payment, key = bought(member), uuid4()
    asked = {"payment_id": payment.pk, "amount_credits": 20, "actor_id": member.user_id, "refund_id": key}

    def give_back() -> None:
        services.refund_payment(reason="Bought twice", **asked)

    return give_back, unless(payment.refunds, give_back)


def hears(member: Any, *happens: Callable[[Payment], object]) -> tuple[Act, Act]:
    """Something happens to a payment of which thirty credits are spent, and the last message of it is worked."""
    payment = bought(member)
    sell(member, 30, key=f"sale:{payment.pk}")
    for one in happens:
        bring(SandboxEvent.objects.order_by("occurred_at", "pk").last())
        services.work_inbox()
        one(payment)
    bring(SandboxEvent.objects.order_by("occurred_at", "pk").last())
    return services.work_inbox, nothing


def dispute(payment: Payment) -> None:
    desk.dispute(payment.capture_id)


def decide(payment: Payment, *, is_won: bool) -> None:
    desk.close_dispute(payment.disputes.get().dispute_id, is_won=is_won)


def bring(event: Any) -> None:
    raw, headers = telling.message(event)
    signed = {telling.HEADER: headers[telling.HEADER]}
    answer = Client().post("/webhooks/sandbox/", raw, content_type="application/json", headers=signed)
    assert answer.status_code == 200


def is_told(member: Any) -> tuple[Act, Act]:
    """A message is taken in; where that dies it is brought again, or found by the look at the provider's books."""
    started = services.start_checkout(member=member, pack_code="fifty", provider="sandbox")
    pages.hand_in(started.checkout_id, "good")
    last = SandboxEvent.objects.order_by("occurred_at", "pk").last()

    def act() -> None:
        bring(last)
        services.work_inbox()

    return act, nothing


def tops_up(member: Any) -> tuple[Act, Act]:
    """Less is there than was agreed to, and a pack buys itself."""
    setup = services.start_setup(member=member, provider="sandbox")
    pages.hand_in(setup.checkout_id, "good")
    services.look_at_setup(setup.pk)
    services.agree_to_recharge(
        member=member, provider="sandbox", pack_code="fifty", below_credits=20, most_a_day=1, price_cents=4_900,
        version=recharge_terms.VERSION,
    )  # fmt: skip
    return lambda: services.recharge_where_low(organisation_id=member.organisation_id), nothing


def keeps_a_card(member: Any) -> tuple[Act, Act]:
    key = uuid4()

    def ask() -> MethodSetup:
        return services.start_setup(member=member, provider="sandbox", setup_id=key)

    def leave() -> None:
        pages.hand_in(ask().checkout_id, "good")
        services.look_at_setup(key)

    return ask, leave


STORIES: Final[dict[str, Story]] = {
    "a payment is recorded": is_paid,
    "a plan begins": begins,
    "a plan renews": renews,
    "a plan ends unpaid": fails_to_renew,
    "a message is taken in": is_told,
    "a dispute is opened": lambda member: hears(member, dispute),
    "a dispute is won": lambda member: hears(member, dispute, lambda paid: decide(paid, is_won=True)),
    "a dispute is lost": lambda member: hears(member, dispute, lambda paid: decide(paid, is_won=False)),
    "a desk gives back": lambda member: hears(member, lambda paid: desk.refund_here(paid.capture_id, 4_900)),
    "credits buy themselves": tops_up,
    "a page is asked for": buys,
    "a plan is asked for": asks_for_a_plan,
    "a card is left": keeps_a_card,
    "a plan grows": upgrades,
    "a plan is cancelled": cancels,
    "a refund is made": refunds,
}


CENTRAL: Final = (
    "a payment is recorded", "a plan renews", "a message is taken in", "a dispute is opened", "a dispute is won",
    "a dispute is lost", "a refund is made", "credits buy themselves",
)  # fmt: skip
"""Those that die at each of their turns in every run; all others, and at each of their steps, under SOAK=1."""


def sweep() -> None:
    """What the timetable does every few minutes."""
    services.work_inbox()
    services.look_at_unfinished()
    services.look_at_asked_refunds()
    services.look_at_due()
    services.recharge_everywhere()


def all_comes_by_itself() -> None:
    """Hours pass, and a night: what no message told is found."""
    sweep()
    Clock().advance(hours=7)
    services.reconcile(provider="sandbox")
    sweep()
    if at_length(short=False, soak=True):
        events.deliver_all()  # each draws the page of an invoice


def end(member: Any, act: Act, then: Act, *, at: int | None = None) -> tuple[dict[str, Any], Steps]:
    """How everything stands after one life with its death before step ``at``; then it never was."""
    before = transaction.savepoint()
    with dying(at=at) as steps:
        act()
    sweep()
    then()
    all_comes_by_itself()
    told = told_of(member) | {
        "alerts": Alert.objects.filter(closed_at=None).count(),
        "differences": Difference.objects.filter(closed_at=None).count(),
        "waiting": InboxMessage.objects.exclude(state="done").count(),
        "broken": broken(),
    }
    transaction.savepoint_rollback(before)
    return told, steps


@pytest.mark.parametrize("name", at_length(short=CENTRAL, soak=[*STORIES]))
def test_the_books_end_the_same_wherever_it_died(name, line, alice, pack):
    act, then = STORIES[name](alice)
    undisturbed, whole = end(alice, act, then)
    assert undisturbed["broken"] == []
    assert whole.turns

    for place in at_length(short=whole.turns, soak=range(1, len(whole.taken) + 1)):
        told, died = end(alice, act, then, at=place)
        assert (told, died.is_dead) == (undisturbed, True), f"dead before {place}: {died.taken[-1]}"


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["a payment is recorded", "a refund is made", "credits buy themselves"])
def test_a_line_that_is_cut_leaves_nothing_half_done(name, line, pack, clock):
    """As above, where each commit is one and the server finds the line cut."""

    def told(at=None):
        member = open_membership(f"member-{at}")
        act, then = STORIES[name](member)
        with dying(at=at) as steps:
            act()
        sweep()
        then()
        clock.advance(hours=1)
        sweep()
        return told_of(member), steps

    undisturbed, whole = told()

    assert "COMMIT" in whole.taken
    for place in at_length(short=whole.turns, soak=range(1, len(whole.taken) + 1)):
        assert told(place)[0] == undisturbed, f"dead before {place} of {whole.taken}"
    assert broken() == []
