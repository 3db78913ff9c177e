"""Messages of a provider: in once, whatever they say and however often they come; worked from what is there now."""

from datetime import timedelta
from typing import Final
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from accounts import selectors as accounts
from aiqleads.core import alerts, retention
from aiqleads.core.models import AuditEntry
from billing import inbox, selectors, services
from billing.errors import NothingToReplay
from billing.invariants import broken
from billing.models import MOST_BYTES, Customer, Dispute, InboxMessage, InboxRefusals, Payment, Refund, SandboxEvent
from billing.providers.port import ObjectKind
from billing.providers.sandbox import desk, memory, pages, telling
from billing.services.receiving import MOST_ATTEMPTS, wait_after
from tests.billing.subscribed import begin

pytestmark = pytest.mark.django_db

HERE: Final = "/webhooks/sandbox/"


def bring(raw: bytes, headers: dict[str, str]) -> int:
    """What a message is answered with."""
    signed = {telling.HEADER: headers.get(telling.HEADER, "")}
    return Client().post(HERE, raw, content_type="application/json", headers=signed).status_code


def bring_all(times: int = 1) -> None:
    """Bring everything that happened at the sandbox."""
    for event in SandboxEvent.objects.order_by("occurred_at", "pk"):
        for _ in range(times):
            assert bring(*telling.message(event)) == 200


@pytest.fixture
def checkout(alice, pack) -> Payment:
    """A page that waits for the buyer."""
    return services.start_checkout(member=alice, pack_code="fifty", provider="sandbox")


@pytest.fixture
def payment(checkout) -> Payment:
    """A payment that the buyer made and we have not heard of."""
    pages.hand_in(checkout.checkout_id, "good")
    return checkout


def balance(member) -> int:
    return selectors.balance_credits(member.organisation_id)


def capture_of(payment: Payment) -> str:
    return memory.find(memory.Kind.CHECKOUT, payment.checkout_id).data["capture_id"]


@pytest.mark.parametrize("times", [1, 5])
def test_a_message_brings_the_credits_once_however_often_it_comes(payment, alice, times):
    bring_all(times)
    assert balance(alice) == 0

    services.work_inbox()

    assert balance(alice) == 50
    assert InboxMessage.objects.count() == SandboxEvent.objects.count() == 2
    assert set(InboxMessage.objects.values_list("state", "attempts")) == {("done", 1)}
    message = InboxMessage.objects.get(name="payment.paid")
    assert bytes(message.raw) == telling.message(SandboxEvent.objects.get(name="payment.paid"))[0]
    assert list(message.headers) == [telling.HEADER]


def test_what_was_said_last_may_come_first(payment, alice):
    services.look_again(payment.pk)
    dispute_id = desk.dispute(capture_of(payment))
    desk.close_dispute(dispute_id, is_won=True)
    for event in SandboxEvent.objects.order_by("-occurred_at", "-pk"):
        bring(*telling.message(event))
        services.work_inbox()

    assert Dispute.objects.get().status == "won"
    assert balance(alice) == 50
    assert broken() == []


def test_a_dispute_of_money_that_nobody_had_heard_of_brings_the_payment_first(payment, alice):
    desk.dispute(capture_of(payment))
    bring(*telling.message(SandboxEvent.objects.get(name="dispute.opened")))

    services.work_inbox()

    assert Payment.objects.get().status == "paid"
    assert Dispute.objects.get().status == "open"
    assert balance(alice) == 0


def test_a_refund_at_the_desk_is_recognised(payment, alice):
    services.look_again(payment.pk)
    desk.refund_here(capture_of(payment), 980)
    bring_all()

    services.work_inbox()

    assert Refund.objects.values_list("status", "amount_credits", "net_cents").get() == ("succeeded", 10, 980)
    assert balance(alice) == 40


def test_a_page_whose_opening_was_not_noted_is_found_by_its_message(payment, alice):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE billing_payment SET checkout_id = '', checkout_url = ''")
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    bring_all()

    services.work_inbox()

    assert balance(alice) == 50


def test_an_object_of_another_system_on_the_same_account_is_nothing_of_ours(payment, alice):
    memory.change(memory.find(memory.Kind.PAYMENT, capture_of(payment)), reference=str(uuid4()))
    bring(*telling.message(SandboxEvent.objects.get(name="payment.paid")))

    services.work_inbox()

    assert InboxMessage.objects.values_list("state", "error").get() == ("done", "Not ours")
    assert balance(alice) == 0


# What is not taken in


def spoilt(raw: bytes, headers: dict[str, str]) -> dict[str, tuple[bytes, dict[str, str]]]:
    seconds = int(headers[telling.HEADER].partition(",")[0][2:])
    at = {name: {telling.HEADER: telling.signature(raw, seconds=seconds + shift)} for name, shift in SHIFTS.items()}
    nonsense = b'{"id": 1'
    return {
        "no signature": (raw, {}),
        "another body": (raw + b" ", headers),
        "another moment": (raw, {telling.HEADER: headers[telling.HEADER].replace(str(seconds), str(seconds + 1))}),
        "too old": (raw, at["too old"]),
        "from the future": (raw, at["from the future"]),
        "signed nonsense": (nonsense, {telling.HEADER: telling.signature(nonsense, seconds=seconds)}),
    }


SHIFTS: Final = {"too old": -302, "from the future": 302}


def test_what_is_forged_stale_or_from_the_future_is_counted_and_not_kept(payment, alice, subtests):
    genuine = telling.message(SandboxEvent.objects.get(name="payment.paid"))
    for name, message in spoilt(*genuine).items():
        with subtests.test(name):
            assert bring(*message) == 400

    services.work_inbox()

    assert not InboxMessage.objects.exists()
    assert balance(alice) == 0
    assert dict(InboxRefusals.objects.values_list("why", "count")) == {"forged": 4, "stale": 2}
    assert bring(*genuine) == 200


def test_what_is_longer_than_a_message_is_not_read(payment):
    headers = telling.message(SandboxEvent.objects.first())[1]

    assert bring(b"x" * (MOST_BYTES + 1), headers) == 413
    assert bring(b"x" * MOST_BYTES, headers) == 400
    assert not InboxMessage.objects.exists()


def test_nobody_else_has_an_inbox_here(db, settings):
    assert Client().get(HERE).status_code == 405
    assert Client().post("/webhooks/stripe/", b"{}", content_type="application/json").status_code == 404
    settings.PAYMENT_SANDBOX = False
    assert Client().post(HERE, b"{}", content_type="application/json").status_code == 404
    assert not InboxRefusals.objects.exists()


# What fails


@pytest.fixture
def broken_message(payment) -> InboxMessage:
    """A message about an object that the provider does not know."""
    memory.happened("refund.changed", ObjectKind.REFUND, "sbre_none")
    bring(*telling.message(SandboxEvent.objects.get(name="refund.changed")))
    return InboxMessage.objects.get()


def test_a_message_that_fails_is_tried_eight_times_and_then_given_up_with_an_alert(broken_message, clock):
    tried = []
    for _ in range(10):
        tried.append(services.work_inbox())
        clock.advance(hours=7)

    broken_message.refresh_from_db()
    assert tried == [1] * MOST_ATTEMPTS + [0, 0]
    assert (broken_message.state, broken_message.attempts) == ("dead", 8)
    assert broken_message.error.startswith("NotFound: ")
    assert alerts.open_alerts().filter(key=f"inbox.dead:{broken_message.pk}").exists()


def test_each_wait_is_longer_and_a_killed_try_is_made_again_after_it(broken_message, clock):
    waits = [wait_after(attempts) for attempts in range(1, 9)]
    assert waits[:4] == [timedelta(seconds=seconds) for seconds in (30, 90, 270, 810)]
    assert waits[-1] == timedelta(hours=6)

    assert [services.work_inbox() for _ in range(2)] == [1, 0]
    clock.advance(seconds=31)
    assert services.work_inbox() == 1


def test_one_that_fails_does_not_hold_up_the_others(broken_message, alice):
    bring_all()

    assert services.work_inbox() == 3

    assert balance(alice) == 50


def test_a_message_that_was_given_up_is_played_again_by_an_operator(broken_message, olga, clock):
    InboxMessage.objects.update(attempts=MOST_ATTEMPTS - 1)
    services.work_inbox()

    replayed = services.replay_message(message_id=broken_message.pk, actor_id=olga.pk)

    assert (replayed.state, replayed.attempts) == ("waiting", 0)
    assert services.work_inbox() == 1
    assert not alerts.open_alerts().filter(key__startswith="inbox.dead").exists()
    entry = AuditEntry.objects.get(action="inbox.replayed")
    assert (entry.actor_id, entry.details) == (olga.pk, {"state": ["dead", "waiting"]})
    with pytest.raises(NothingToReplay):
        services.replay_message(message_id=broken_message.pk, actor_id=olga.pk)


def test_messages_that_nobody_works_and_many_that_are_refused_are_alerts(broken_message, clock):
    for _ in range(inbox.MANY_REFUSED):
        bring(b"{}", {})
    alerts.check_all()
    assert [alert.key for alert in alerts.open_alerts()] == ["inbox.refused:sandbox"]
    told = {sample.name: sample.value for metric in inbox.figures() for sample in metric.samples}
    assert told["aiqleads_inbox_messages"] == 1
    assert told["aiqleads_inbox_refused_today"] == 20

    clock.advance(minutes=16)
    alerts.check_all()

    assert alerts.open_alerts().filter(key="inbox.stuck:now").exists()


def test_messages_go_seven_days_after_they_were_worked_and_no_sooner(broken_message, payment, clock):

    bring_all()
    services.work_inbox()
    clock.advance(days=8)

    assert retention.purge()["providers' messages"] == 2

    assert InboxMessage.objects.get().pk == broken_message.pk


# Plans


def test_a_plan_that_was_begun_and_renewed_is_followed_by_its_messages(alice):
    subscription = begin(alice)
    bring_all()
    services.work_inbox()
    subscription.refresh_from_db()
    assert subscription.status == "trialing"

    desk.renew(subscription.subscription_id)
    bring_all()
    services.work_inbox()

    assert Payment.objects.get(purpose="bill").status == "paid"
    assert set(InboxMessage.objects.values_list("state", flat=True)) == {"done"}
    subscription.refresh_from_db()
    assert subscription.status == "active"


def test_a_disputed_bill_stops_the_plan_and_takes_its_credits_and_one_that_is_won_gives_both_back(alice):
    subscription = begin(alice)
    services.look_at_subscription(subscription.pk)
    desk.renew(services.look_at_subscription(subscription.pk).subscription_id)
    services.look_at_subscription(subscription.pk)
    bill = Payment.objects.get(purpose="bill")
    had, holds = balance(alice), accounts.entitlements(alice.organisation_id)["live_holds"]
    dispute_id = desk.dispute(bill.capture_id)
    bring_all()
    services.work_inbox()
    taken = Dispute.objects.get()
    assert (taken.status, taken.amount_credits) == ("open", bill.subscription.plan.monthly_credits)
    assert balance(alice) == had - taken.amount_credits
    assert accounts.entitlements(alice.organisation_id)["live_holds"] < holds

    desk.close_dispute(dispute_id, is_won=True)
    bring_all()
    services.work_inbox()

    assert balance(alice) == had
    assert accounts.entitlements(alice.organisation_id)["live_holds"] == holds
    assert broken() == []


def test_a_disputed_bill_that_is_lost_leaves_the_plan_standing_still(alice):
    subscription = begin(alice)
    desk.renew(services.look_at_subscription(subscription.pk).subscription_id)
    services.look_at_subscription(subscription.pk)
    desk.close_dispute(desk.dispute(Payment.objects.get(purpose="bill").capture_id), is_won=False)
    bring_all()

    services.work_inbox()

    subscription.refresh_from_db()
    assert subscription.is_frozen
    assert broken() == []


def test_a_way_of_paying_that_was_left_is_kept(alice, payment):
    services.look_again(payment.pk)
    setup = services.start_setup(member=alice, provider="sandbox")
    pages.hand_in(setup.checkout_id, "good")
    bring_all()

    services.work_inbox()

    assert Customer.objects.get().method_label == "Test card ending in 4242"
