"""Whoever dies before whichever step: the sweeps go on, and the books end as if nobody had died."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client

from aiqleads.core import events
from aiqleads.core.models import Alert
from aiqleads.core.refusals import Refusal
from billing import recharge_terms, services
from billing.invariants import broken
from billing.models import Difference, InboxMessage, MethodSetup, Payment, SandboxEvent
from billing.providers.port import ProviderRefused
from billing.providers.sandbox import desk, memory, pages, telling
from tests.billing.dying import Steps, bought, dying
from tests.billing.subscribed import begin, subscribe
from tests.billing.test_ledger import sell
from tests.billing.told import told_of
from tests.conftest import Clock, at_length, open_membership

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]

Act = Callable[[], object]


def buys(member: Any) -> Iterator[Act]:
    """A page is asked for, and paid on when it is there."""
    key = uuid4()
    yield lambda: services.start_checkout(
        member=member, pack_code="fifty", provider="sandbox", payment_id=key
    )
    pages.hand_in(Payment.objects.get(pk=key).checkout_id, "good")


def is_paid(member: Any) -> Iterator[Act]:
    """A payment came in and is looked at."""
    started = services.start_checkout(member=member, pack_code="fifty", provider="sandbox")
    pages.hand_in(started.checkout_id, "good")
    yield lambda: services.look_again(started.pk)


def renews(member: Any) -> Iterator[Act]:
    """A month has passed, and the next one is billed."""
    subscription = subscribe(member, "premium")
    Clock().advance(days=32)
    yield lambda: services.look_at_subscription(subscription.pk)


def fails_to_renew(member: Any) -> Iterator[Act]:
    """A month has passed, and the card declines: until the plan ends."""
    subscription = subscribe(member, "premium", card="once")
    Clock().advance(days=32)
    services.look_at_due()
    Clock().advance(days=8)
    yield lambda: services.look_at_subscription(subscription.pk)


def begins(member: Any) -> Iterator[Act]:
    """The first look at a plan whose page is finished."""
    subscription = begin(member, "premium")
    yield lambda: services.look_at_subscription(subscription.pk)


def asks_for_a_plan(member: Any) -> Iterator[Act]:
    """A plan's page is asked for, and finished when it is there."""
    yield lambda: services.start_subscription(member=member, plan_code="premium", provider="sandbox")
    page = services.start_subscription(member=member, plan_code="premium", provider="sandbox")
    pages.hand_in(page.checkout_id, "good")


def upgrades(member: Any) -> Iterator[Act]:
    """A larger plan, whose difference is charged at once."""
    subscribe(member, "pro")
    Clock().advance(days=15)
    services.look_at_due()
    Clock().advance(days=-15)
    yield lambda: services.change_plan(member=member, plan_code="premium")


def cancels(member: Any) -> Iterator[Act]:
    subscribe(member, "premium")
    yield lambda: services.cancel_plan(member=member)


def refunds(member: Any) -> Iterator[Act]:
    """Twenty of fifty credits are given back by an operator."""
    payment, key = bought(member), uuid4()
    yield lambda: services.refund_payment(
        payment_id=payment.pk, amount_credits=20, actor_id=member.user_id, reason="Bought twice", refund_id=key
    )


def hears(member: Any, *happens: Callable[[Payment], object]) -> Iterator[Act]:
    """Something happens to a payment of which thirty credits are spent, and the last message of it is worked."""
    payment = bought(member)
    sell(member, 30, key=f"sale:{payment.pk}")
    for one in happens:
        bring(SandboxEvent.objects.order_by("occurred_at", "pk").last())
        services.work_inbox()
        one(payment)
    bring(SandboxEvent.objects.order_by("occurred_at", "pk").last())
    yield services.work_inbox


def dispute(payment: Payment) -> None:
    desk.dispute(payment.capture_id)


def decide(payment: Payment, *, is_won: bool) -> None:
    desk.close_dispute(payment.disputes.get().dispute_id, is_won=is_won)


def bring(event: Any) -> None:
    raw, headers = telling.message(event)
    signed = {telling.HEADER: headers[telling.HEADER]}
    answer = Client().post("/webhooks/sandbox/", raw, content_type="application/json", headers=signed)
    assert answer.status_code == 200


def is_told(member: Any) -> Iterator[Act]:
    """A message is taken in; where that dies it is brought again, or found by the look at the provider's books."""
    started = services.start_checkout(member=member, pack_code="fifty", provider="sandbox")
    pages.hand_in(started.checkout_id, "good")
    last = SandboxEvent.objects.order_by("occurred_at", "pk").last()

    def act() -> None:
        bring(last)
        services.work_inbox()

    yield act


def tops_up(member: Any) -> Iterator[Act]:
    """Less is there than was agreed to, and a pack buys itself."""
    setup = services.start_setup(member=member, provider="sandbox")
    pages.hand_in(setup.checkout_id, "good")
    services.look_at_setup(setup.pk)
    services.agree_to_recharge(
        member=member, provider="sandbox", pack_code="fifty", below_credits=20, most_a_day=1, price_cents=4_900,
        version=recharge_terms.VERSION,
    )  # fmt: skip
    yield lambda: services.recharge_where_low(organisation_id=member.organisation_id)


def keeps_a_card(member: Any) -> Iterator[Act]:
    key = uuid4()
    yield lambda: services.start_setup(member=member, provider="sandbox", setup_id=key)
    pages.hand_in(MethodSetup.objects.get(pk=key).checkout_id, "good")
    services.look_at_setup(key)


STORIES: Final[dict[str, Callable[[Any], Iterator[Act]]]] = {
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
}
"""What nobody has to ask for again: messages, sweeps and looks go on with it."""
ASKED: Final[dict[str, Callable[[Any], Iterator[Act]]]] = {
    "a page is asked for": buys,
    "a plan is asked for": asks_for_a_plan,
    "a card is left": keeps_a_card,
    "a plan grows": upgrades,
    "a plan is cancelled": cancels,
    "a refund is made": refunds,
}
"""What a person asks for who sees no answer, and asks once more."""


def live(story: Iterator[Act], *, at: int | None, is_asked: bool) -> Steps:
    """One life of a story with its death ``at`` a step, and all that comes by itself afterwards."""
    act = next(story)
    with dying(at=at) as steps:
        act()
    sweep()
    if is_asked and steps.is_dead:
        with suppress(Refusal, ProviderRefused):
            act()
    next(story, None)
    Clock().advance(hours=7)
    sweep()
    services.reconcile(provider="sandbox")
    services.work_inbox()
    events.deliver_all()
    return steps


def sweep() -> None:
    """What the timetable does every few minutes."""
    services.work_inbox()
    services.look_at_unfinished()
    services.look_at_asked_refunds()
    services.look_at_due()
    services.recharge_everywhere()
    events.deliver_all()


@pytest.mark.parametrize("name", [*STORIES, *ASKED])
def test_the_books_end_the_same_wherever_it_died(name, line, pack):
    def end(at=None):
        before = transaction.savepoint()
        member = open_membership("alice")
        steps = live((STORIES | ASKED)[name](member), at=at, is_asked=name in ASKED)
        told = told_of(member) | {
            "alerts": Alert.objects.filter(closed_at=None).count(),
            "differences": Difference.objects.filter(closed_at=None).count(),
            "waiting": InboxMessage.objects.exclude(state="done").count(),
            "broken": broken(),
        }
        transaction.savepoint_rollback(before)
        return told, steps

    undisturbed, steps = end()
    assert undisturbed["broken"] == []
    places = at_length(short=steps.turns, soak=range(1, len(steps.taken) + 1))
    print(name, len(steps.taken), len(steps.turns))

    for place in places:
        told, died = end(place)
        assert (told, died.is_dead) == (undisturbed, True), f"dead before {place}: {died.taken[-1]}"
