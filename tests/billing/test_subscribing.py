"""The life of a plan: begun on a provider's page, paid, changed, cancelled; never more than was paid for."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import transaction

from accounts import selectors as accounts
from accounts.errors import NotYourRole
from accounts.models import Entitlement
from aiqleads.core import alerts, events
from aiqleads.core.clock import now
from aiqleads.core.models import OutboxEvent
from billing import selectors, services, tasks
from billing.errors import (
    AlreadySubscribed,
    NotSubscribed,
    OrderChanged,
    PlanChangeUnusable,
    PlanNotOffered,
    ProviderAway,
)
from billing.invariants import broken
from billing.models import Bill, Entry, InboxMessage, Payment, PlanChange, Subscription
from billing.providers.port import Money, Price
from billing.providers.sandbox import Sandbox, desk, memory, pages
from billing.services import hints
from tests.billing.subscribed import begin, subscribe

pytestmark = pytest.mark.django_db


@pytest.fixture
def without_trial(olga):
    """Pro begins with its first bill."""
    services.revise_plan(code="pro", actor_id=olga.pk, reason="Nobody tries it", trial_days=0, trial_credits=0)


def credits_of(member):
    return selectors.balance_credits(member.organisation_id)


def rights(member, *keys):
    granted = accounts.entitlements(member.organisation_id)
    return tuple(granted[key] for key in keys)


def house_cents(kind):
    return sum(Entry.objects.filter(account__kind=kind, account__unit="usd_cents").values_list("amount", flat=True))


def test_a_plan_begins_with_a_trial_that_gives_its_rights_and_a_few_credits(alice):
    subscription = subscribe(alice)

    assert (subscription.status, subscription.plan.code, subscription.is_trial_granted) == ("trialing", "pro", True)
    assert rights(alice, "hold_minutes", "seats", "discount_percent", "early_minutes") == (10, 5, 5, 5)
    assert credits_of(alice) == 10
    assert not Payment.objects.exists()


def test_the_first_bill_after_the_trial_gives_the_months_credits_once(alice, clock):
    subscription = subscribe(alice)
    clock.advance(days=14, minutes=1)

    for _ in range(3):
        services.look_at_subscription(subscription.pk)

    payment = Payment.objects.get()
    assert (payment.purpose, payment.net_cents, payment.status) == ("bill", 4_900, "paid")
    assert credits_of(alice) == 100  # what the trial gave has ended with it
    assert house_cents("unearned_plans") == -4_900
    assert not broken()


def test_a_plan_without_a_trial_is_paid_at_once_and_looked_at_from_anywhere(alice):
    begun = begin(alice, "premium")
    theirs = Sandbox().fetch_started_subscription(begun.checkout_id)

    subscription = services.look_at_subscription_of(provider="sandbox", object_id=theirs.subscription_id)

    assert (subscription.pk, subscription.status) == (begun.pk, "active")
    assert credits_of(alice) == 400
    assert rights(alice, "hold_minutes", "api_requests_per_minute", "standing_orders") == (15, 3_000, 30)
    until = Entitlement.objects.get(organisation=alice.organisation, key="hold_minutes").until
    assert until == subscription.period_end + timedelta(days=7)


def test_an_upgrade_is_charged_for_what_is_left_and_gives_the_rest_of_its_credits(alice, clock):
    subscribe(alice)
    clock.advance(days=14, minutes=1)
    subscription = services.look_at_subscription(Subscription.objects.get().pk)
    clock.advance(days=15)
    premium = selectors.get_plan("premium")
    shown = selectors.preview_change(subscription, premium)

    changed = services.change_plan(member=alice, plan_code="premium")

    paid = Payment.objects.order_by("created_at").last()
    assert (changed.plan.code, changed.status) == ("premium", "active")
    assert shown.is_at_once
    assert abs(paid.net_cents - shown.due_now_cents) <= 1
    assert credits_of(alice) == 100 + shown.credits_now
    assert rights(alice, "hold_minutes") == (15,)


def test_an_upgrade_that_is_declined_changes_nothing_and_leaves_its_bill(alice, without_trial, clock):
    subscribe(alice, card="once")
    before = credits_of(alice)

    subscription = services.change_plan(member=alice, plan_code="premium")

    assert (subscription.plan.code, subscription.next_plan, subscription.status) == ("pro", None, "active")
    assert (PlanChange.objects.get().status, credits_of(alice)) == ("done", before)
    assert list(Bill.objects.values_list("is_upgrade", "status").order_by("pk")) == [
        (False, "paid"),
        (True, "open"),
    ]
    assert rights(alice, "hold_minutes") == (10,)
    with pytest.raises(PlanChangeUnusable, match="until it lapses"):
        services.change_plan(member=alice, plan_code="premium")

    clock.advance(hours=24)
    assert services.look_at_subscription(subscription.pk).plan.code == "pro"
    assert selectors.find_unpaid_upgrade(subscription) is None


def test_an_upgrade_that_was_declined_begins_once_its_bill_is_paid(alice, without_trial):
    subscribe(alice, card="once")
    shown = selectors.preview_change(Subscription.objects.get(), selectors.get_plan("premium"))
    subscription = services.change_plan(member=alice, plan_code="premium")
    before = credits_of(alice)

    pages.hand_in(selectors.find_unpaid_upgrade(subscription).bill_id, "good")
    services.look_at_subscription(subscription.pk)
    changed = services.look_at_subscription(subscription.pk)

    assert (changed.plan.code, credits_of(alice)) == ("premium", before + shown.credits_now)
    assert rights(alice, "hold_minutes") == (15,)


def test_an_upgrade_that_is_declined_takes_back_the_smaller_plan_that_was_to_come(
    alice, olga, without_trial, clock
):
    subscribe(alice, card="once")
    services.revise_plan(code="pro", actor_id=olga.pk, reason="Cheaper", price_cents=3_900)
    waiting = services.change_plan(member=alice, plan_code="pro")
    assert (waiting.plan.price_cents, waiting.next_plan.price_cents) == (4_900, 3_900)

    declined = services.change_plan(member=alice, plan_code="premium")

    assert (declined.plan.price_cents, declined.next_plan, declined.status) == (4_900, None, "active")
    assert selectors.next_bill_cents(declined) == 4_900
    clock.advance(hours=24)
    services.look_at_subscription(declined.pk)
    again = services.change_plan(member=alice, plan_code="pro")
    assert (again.plan.price_cents, again.next_plan.price_cents) == (4_900, 3_900)


def test_a_smaller_plan_comes_with_the_next_period_and_can_be_taken_back(alice, clock):
    subscribe(alice, "premium")

    waiting = services.change_plan(member=alice, plan_code="pro")
    assert (waiting.plan.code, waiting.next_plan.code) == ("premium", "pro")
    taken_back = services.change_plan(member=alice, plan_code="premium")
    assert (taken_back.plan.code, taken_back.next_plan) == ("premium", None)

    services.change_plan(member=alice, plan_code="pro")
    clock.advance(days=32)
    smaller = services.look_at_subscription(waiting.pk)

    assert (smaller.plan.code, smaller.next_plan) == ("pro", None)
    assert rights(alice, "hold_minutes") == (10,)
    assert credits_of(alice) == 400 + 100


def test_a_cancelled_plan_goes_on_to_its_end_and_then_is_starter(alice, clock):
    subscription = subscribe(alice, "premium")

    cancelled = services.cancel_plan(member=alice)

    assert (cancelled.status, cancelled.cancels_at_period_end) == ("active", True)
    assert Entitlement.objects.get(key="seats", organisation=alice.organisation).until == cancelled.period_end
    clock.advance(days=32)
    assert rights(alice, "hold_minutes") == (5,)  # before anybody looks
    assert services.look_at_subscription(subscription.pk).status == "ended"
    assert credits_of(alice) == 400  # for 30 days more
    with pytest.raises(NotSubscribed):
        services.resume_plan(member=alice)


def test_a_cancellation_and_a_pause_are_taken_back(alice):
    subscribe(alice, "premium")

    services.cancel_plan(member=alice)
    with pytest.raises(PlanChangeUnusable, match="cancelled already"):
        services.cancel_plan(member=alice)
    resumed = services.resume_plan(member=alice)
    assert (resumed.status, resumed.cancels_at_period_end) == ("active", False)

    paused = services.pause_plan(member=alice)
    assert paused.status == "paused"
    assert Entitlement.objects.get(key="seats", organisation=alice.organisation).until == paused.period_end
    assert services.resume_plan(member=alice).status == "active"
    assert PlanChange.objects.filter(status="done").count() == 4


def test_a_paused_plan_bills_nothing_more_and_gives_nothing_more(alice, clock):
    subscribe(alice, "premium")
    services.pause_plan(member=alice)
    clock.advance(days=40)

    tasks.look_at_subscriptions()

    assert Payment.objects.count() == 1
    assert rights(alice, "hold_minutes") == (5,)


def test_a_plan_that_was_paused_gives_again_once_it_is_billed_again(alice, without_trial, clock):
    subscribe(alice)
    services.pause_plan(member=alice)
    clock.advance(days=40)

    resumed = services.resume_plan(member=alice)
    assert (resumed.status, selectors.is_paid_for(resumed), Payment.objects.count()) == ("active", False, 1)
    assert rights(alice, "hold_minutes") == (5,)
    asked = services.change_plan(member=alice, plan_code="premium")
    assert (asked.next_plan.code, Payment.objects.count()) == ("premium", 1)  # no difference to what was not paid

    clock.advance(days=32)
    billed = services.look_at_subscription(resumed.pk)
    assert (billed.plan.code, selectors.is_paid_for(billed), Payment.objects.count()) == ("premium", True, 2)
    assert rights(alice, "hold_minutes") == (15,)


def test_a_price_that_was_changed_at_the_providers_desk_is_an_alert_and_no_other_plan(alice, without_trial):
    subscription = subscribe(alice)
    with memory.acting():
        theirs = Sandbox().ensure_price(Price(code="desk", name="Desk", monthly=Money(minor=3_900)))
        kept = memory.locked(memory.Kind.SUBSCRIPTION, subscription.subscription_id)
        memory.change(kept, next_price_id=theirs)
    desk.renew(subscription.subscription_id)

    looked = services.look_at_subscription(subscription.pk)

    assert looked.plan.code == "pro"
    assert Bill.objects.latest("pk").net_cents == 3_900
    assert "sandbox bills sbprice_desk-3900-USD" in alerts.open_alerts().get(key=f"price:sandbox:{theirs}").says


def test_a_bill_that_is_not_paid_is_written_about_three_times_and_then_it_is_starter(alice, clock):
    subscription = subscribe(alice, card="once")
    letters = []
    for day in (14, 1, 2, 4, 1):
        clock.advance(days=day, minutes=1)
        tasks.look_at_subscriptions()
        rows = OutboxEvent.objects.filter(name="plan.reminder_due").order_by("pk")
        letters.append([row.payload["number"] for row in rows])

    assert letters == [[1], [1], [1, 2], [1, 2, 3], [1, 2, 3]]
    [*_, last] = deliver_reminders()
    assert (last.to, last.subject) == (["alice@example.com"], "Pro has ended")
    assert "over 49.00 USD" in last.body
    subscription.refresh_from_db()
    assert (subscription.status, subscription.is_over_there) == ("ended", True)
    assert rights(alice, "hold_minutes") == (5,)
    assert credits_of(alice) == 0
    assert not Payment.objects.exists()


def deliver_reminders():
    events.deliver_all()
    return [letter for letter in mail.outbox if "Pro" in letter.subject]


def test_the_first_letter_says_until_when_the_plan_goes_on(alice, clock):
    subscription = subscribe(alice, card="once")
    clock.advance(days=14, minutes=1)
    late = services.look_at_subscription(subscription.pk)

    [letter] = deliver_reminders()

    assert letter.subject == "The bill of Pro was not paid"
    assert f"{late.past_due_since + timedelta(days=7):%B %-d, %Y}" in letter.body


def test_who_pays_within_the_days_of_grace_never_lost_the_plan(alice, clock):
    subscription = subscribe(alice, card="once")
    clock.advance(days=15)
    late = services.look_at_subscription(subscription.pk)
    assert (late.status, rights(alice, "hold_minutes")) == ("past_due", (10,))
    [bill] = selectors.open_bills(late)

    pages.hand_in(bill.bill_id, "good")
    paid = services.look_at_subscription(subscription.pk)

    assert (paid.status, paid.past_due_since, paid.reminders_sent) == ("active", None, 0)
    assert credits_of(alice) == 100


def test_a_second_plan_from_another_window_is_ended_and_its_money_is_credits(alice):
    first = services.start_subscription(member=alice, plan_code="pro", provider="sandbox")
    second = begin(alice, "premium")
    pages.hand_in(first.checkout_id, "good")

    services.look_at_subscription(first.pk)
    ended = services.look_at_subscription(second.pk)

    assert (ended.status, ended.is_over_there) == ("ended", True)
    assert credits_of(alice) == 10 + 149
    assert house_cents("unearned_plans") == 0
    assert house_cents("unearned") == -14_900
    assert selectors.find_subscription(alice.organisation_id).pk == first.pk
    assert rights(alice, "hold_minutes") == (10,)
    assert not broken()


def test_owners_are_written_to_once_of_a_second_plan_that_ended_and_of_its_money(alice):
    first = begin(alice)
    second = begin(alice, "premium")
    services.look_at_subscription(first.pk)

    for _ in range(3):
        services.look_at_subscription(second.pk)
    events.deliver_all()

    [letter] = [one for one in mail.outbox if one.subject.startswith("A second plan")]
    assert (letter.to, letter.subject) == (["alice@example.com"], "A second plan was not begun: Premium")
    assert "which has Pro already" in letter.body
    assert "What was paid for it, 149.00 USD, is credits in your balance" in letter.body


def test_an_organisation_tries_once(alice, clock):
    subscribe(alice)
    services.cancel_plan(member=alice)
    clock.advance(days=15)
    tasks.look_at_subscriptions()

    again = subscribe(alice)

    assert (again.status, again.is_trial_granted) == ("active", False)
    assert Payment.objects.get().net_cents == 4_900


def test_the_same_wish_leads_to_the_same_page_until_it_ends(alice, clock):
    first = services.start_subscription(member=alice, plan_code="pro", provider="sandbox")
    again = services.start_subscription(member=alice, plan_code="pro", provider="sandbox")
    clock.advance(minutes=31)
    later = services.start_subscription(member=alice, plan_code="pro", provider="sandbox")

    assert (again.pk, again.checkout_url) == (first.pk, first.checkout_url)
    assert later.checkout_url != first.checkout_url


def test_a_page_that_nobody_finishes_is_given_up_after_a_day(alice, clock):
    begun = services.start_subscription(member=alice, plan_code="pro", provider="sandbox")
    clock.advance(days=2)

    tasks.look_at_subscriptions()

    begun.refresh_from_db()
    assert begun.status == "ended"
    assert not selectors.has_tried(alice)


def test_only_owners_begin_and_change_plans(alice, bob):
    for asked in (
        lambda: services.start_subscription(member=bob, plan_code="pro", provider="sandbox"),
        lambda: services.change_plan(member=bob, plan_code="pro"),
        lambda: services.cancel_plan(member=bob),
    ):
        with pytest.raises(NotYourRole):
            asked()

    assert not Subscription.objects.exists()


def test_what_makes_no_sense_is_refused_in_words(alice):
    with pytest.raises(PlanNotOffered):
        services.start_subscription(member=alice, plan_code="gold", provider="sandbox")
    with pytest.raises(PlanNotOffered):
        services.start_subscription(member=alice, plan_code="starter", provider="sandbox")
    with pytest.raises(NotSubscribed):
        services.pause_plan(member=alice)
    subscribe(alice, "premium")
    with pytest.raises(AlreadySubscribed):
        services.start_subscription(member=alice, plan_code="pro", provider="sandbox")
    with pytest.raises(AlreadySubscribed):
        services.change_plan(member=alice, plan_code="premium")
    with pytest.raises(PlanChangeUnusable, match="Cancel"):
        services.change_plan(member=alice, plan_code="starter")

    assert Subscription.objects.count() == 1
    assert not PlanChange.objects.exists()


def test_a_disputed_payment_stops_the_plan_until_it_is_settled(alice):
    subscription = subscribe(alice, "premium")
    with transaction.atomic():
        services.freeze_plan(subscription_id=subscription.pk, is_frozen=True)
    assert rights(alice, "hold_minutes") == (5,)
    with pytest.raises(PlanChangeUnusable, match="disputed"):
        services.pause_plan(member=alice)

    with transaction.atomic():
        services.freeze_plan(subscription_id=subscription.pk, is_frozen=False)

    assert rights(alice, "hold_minutes") == (15,)


def test_a_plan_is_earned_day_by_day(alice, clock):
    subscription = subscribe(alice, "premium")
    days = (subscription.period_end - subscription.period_start).days
    clock.advance(days=10, hours=1)

    services.recognise_revenue(day=now().date())

    assert house_cents("unearned_plans") == -14_900 + 14_900 * 10 // days
    clock.advance(days=40)
    services.look_at_subscription(subscription.pk)
    services.recognise_revenue(day=now().date())
    assert house_cents("revenue") - house_cents("unearned_plans") < 0
    assert not broken()


def test_what_the_sandbox_tells_of_a_plan_leads_to_a_look(alice):
    begun = begin(alice, "premium")
    theirs = Sandbox().fetch_started_subscription(begun.checkout_id).subscription_id
    [bill] = Sandbox().bills(theirs)
    for kind, object_id in (("bill", bill.bill_id), ("subscription", theirs), ("checkout", begun.checkout_id)):
        hints.act(InboxMessage(provider="sandbox", kind=kind, object_id=object_id))
        begun.refresh_from_db()
        assert begun.status == "active"

    assert credits_of(alice) == 400
    with pytest.raises(hints.NotOurs):
        hints.act(InboxMessage(provider="sandbox", kind="subscription", object_id="sub_of_somebody_else"))


def test_a_dispute_of_a_bill_takes_what_the_plan_gave_until_it_is_won(alice):
    subscribe(alice, "premium")
    capture = Payment.objects.get().capture_id
    dispute = desk.dispute(capture)
    hints.look_at_dispute(provider="sandbox", dispute_id=dispute)
    assert (credits_of(alice), rights(alice, "hold_minutes")) == (0, (5,))

    desk.close_dispute(dispute, is_won=True)
    hints.look_at_dispute(provider="sandbox", dispute_id=dispute)

    assert (credits_of(alice), rights(alice, "hold_minutes")) == (400, (15,))
    assert not broken()


def test_a_plan_whose_order_changed_while_its_answer_was_lost_is_begun_anew(alice, line):
    line.dies = {"start_subscription after"}
    with pytest.raises(ProviderAway):
        services.start_subscription(member=alice, plan_code="pro", provider="sandbox")
    line.dies = set()
    alice.organisation.name = "Alice and Daughters"
    alice.organisation.save(update_fields=["name"])

    with pytest.raises(OrderChanged):
        services.start_subscription(member=alice, plan_code="pro", provider="sandbox")

    assert Subscription.objects.get().status == "ended"
    assert services.start_subscription(member=alice, plan_code="pro", provider="sandbox").checkout_url
    assert Subscription.objects.filter(status="incomplete").count() == 1


def test_a_bill_that_is_paid_and_names_no_money_stays_open_and_is_told_of(alice):
    begun = begin(alice, "premium")
    theirs = Sandbox().fetch_started_subscription(begun.checkout_id)
    [bill] = memory.those_of(memory.Kind.BILL, theirs.subscription_id)
    capture_id = bill.data["capture_id"]
    memory.change(bill, capture_id="")

    services.look_at_subscription(begun.pk)

    told = alerts.open_alerts().filter(key=f"bill:sandbox:{bill.pk}")
    assert (Bill.objects.get().status, credits_of(alice), Payment.objects.count()) == ("open", 0, 0)
    assert told.exists()

    memory.change(bill, capture_id=capture_id)
    services.look_at_subscription(begun.pk)

    assert (Bill.objects.get().status, credits_of(alice), Payment.objects.get().status) == ("paid", 400, "paid")
    assert not told.exists()
    assert not broken()
