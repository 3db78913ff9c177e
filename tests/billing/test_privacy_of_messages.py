"""Whom providers' messages name: told, emptied when they are erased or leave, and in a week whatever happens."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from accounts import services as accounts
from accounts.models import Membership
from accounts.privacy.people import Mark, Person
from accounts.services.erasures import erase_person
from aiqleads.core import retention
from aiqleads.core.clock import now
from aiqleads.core.models import AuditEntry
from billing import message_people, services
from billing.models import (
    AutoRecharge,
    BillingProfile,
    Customer,
    InboxMessage,
    PlanChange,
    SandboxEvent,
    Subscription,
)
from billing.privacy import BillingAccountHolder, BillingHolder
from billing.providers.sandbox import pages, telling
from tests.billing.subscribed import subscribe
from tests.billing.test_inbox import bring
from tests.billing.test_tax import lives
from tests.marketplace.colleagues import join
from tests.marketplace.guards import refused_by, take_away, undone

pytestmark = pytest.mark.django_db

PAYER = {
    "email_address": "Pat.Payer@Example.com",
    "payer_id": "P1",
    "name": {"given_name": "Pat", "surname": "Payer"},
    "phone": {"phone_number": {"national_number": "5125550142"}},
}
PAYPALS = {
    "id": "WH-1",
    "resource": {"id": "O1", "payer": PAYER, "links": [{"href": "https://pay.example.com/O1"}]},
}
STRIPES = {
    "id": "evt_1",
    "data": {
        "object": {
            "id": "cs_1",
            "client_secret": "cs_secret_1",
            "customer_details": {"email": "pat.payer@example.com", "phone": "+15125550142", "tax_ids": []},
        }
    },
}
PAT = Person.of(emails=["pat.payer@example.com"])


def message(told: Any = PAYPALS, **facts: Any) -> InboxMessage:
    said = {"provider": "paypal", "event_id": str(uuid4()), "name": "CHECKOUT.ORDER.APPROVED", "kind": "checkout"}
    raw = told if isinstance(told, bytes) else json.dumps(told).encode()
    return InboxMessage.objects.create(
        **said, object_id="O1", raw=raw, headers={"paypal-transmission-id": "t"}, occurred_at=now(), **facts
    )


def what_is_left() -> dict[str, tuple[bytes, Any]]:
    return {one.event_id: (bytes(one.raw), one.headers) for one in InboxMessage.objects.all()}


@pytest.mark.parametrize(
    ("person", "is_named"),
    [
        (PAT, True),
        (Person.of(phones=["+1 512 555 0142"]), True),
        (Person(marked=frozenset({Mark.of("email", "pat.payer@example.com")})), True),
        (Person.of(emails=["payer@example.com"]), False),
        (Person.of(names=["Pat Payer"]), False),
        (Person(), False),
    ],
)
def test_a_message_names_whose_address_or_number_stands_in_it(person, is_named):
    for told in (PAYPALS, STRIPES):
        assert message_people.names(json.dumps(told).encode(), person) is is_named
    escaped = json.dumps(PAYPALS).replace("@", "\\u0040").encode()
    assert message_people.names(escaped, person) is is_named
    assert not message_people.names(b"no JSON of pat.payer@example.com", person)


def test_a_payer_is_told_what_is_said_of_them_and_nothing_that_opens_a_page():
    message()
    about = {one.what: one.value for one in BillingHolder().export(PAT)}

    assert about == {
        "resource.payer.email address": "Pat.Payer@Example.com",
        "resource.payer.payer id": "P1",
        "resource.payer.name.given name": "Pat",
        "resource.payer.name.surname": "Payer",
        "resource.payer.phone.phone number.national number": "5125550142",
    }
    assert message_people.parts_about(json.dumps(STRIPES).encode(), PAT) == [
        ("data.object.customer_details.email", "pat.payer@example.com"),
        ("data.object.customer_details.phone", "+15125550142"),
    ]
    (held,) = BillingHolder().find(PAT)
    assert (held.source, held.kinds[0]) == (
        "paypal",
        "what a payment provider told us of a payment, for at most 7 days",
    )


def test_an_erasure_empties_the_messages_that_name_somebody_and_no_other():
    named, other = message(), message({"payer": {"email_address": "other@example.com"}})
    before = what_is_left()

    report = erase_person(PAT)

    assert report.counts["billing"] == {"billing.inboxmessage": 1}
    assert what_is_left() == {named.event_id: (b"", {}), other.event_id: before[other.event_id]}
    assert BillingHolder().erase(PAT).counts == {}


def test_what_a_restored_backup_says_is_emptied_by_the_mark_alone(alice):
    message()
    lives(alice)
    BillingProfile.objects.update(email="Pat.Payer@example.com")

    counts = BillingHolder().erase(Person(marked=frozenset(PAT.marks()))).counts

    assert counts == {"billing.billingprofile": 1, "billing.inboxmessage": 1}
    assert not BillingProfile.objects.exists()


def test_a_message_that_was_emptied_before_it_was_worked_brings_the_credits_all_the_same(alice, pack):
    payment = services.start_checkout(member=alice, pack_code="fifty", provider="sandbox")
    pages.hand_in(payment.checkout_id, "good")
    bring(*telling.message(SandboxEvent.objects.get(name="payment.paid")))

    with transaction.atomic():
        assert services.empty_messages(list(InboxMessage.objects.values_list("pk", flat=True))) == 1
    services.work_inbox()

    assert InboxMessage.objects.values_list("state", "raw").get() == ("done", b"")
    payment.refresh_from_db()
    assert payment.status == "paid"


def test_what_messages_said_goes_a_week_after_they_came_even_where_nobody_dealt_with_them(clock):
    dead = message(state="dead", settled_at=now())
    clock.advance(days=1)
    message()
    clock.advance(days=6, hours=1)

    assert retention.purge()["what providers' messages said"] == 1
    assert retention.purge()["what providers' messages said"] == 0

    assert what_is_left()[dead.event_id] == (b"", {})
    assert InboxMessage.objects.exclude(raw=b"").count() == 1


BREAK_INS = {
    "message_is_emptied_once": (
        "UPDATE billing_inboxmessage SET raw = '', headers = '{}', emptied_at = now(); "
        "UPDATE billing_inboxmessage SET emptied_at = emptied_at + interval '1 day'"
    ),
    "message_is_written_once": "UPDATE billing_inboxmessage SET raw = ''",
    "message_says_nothing_once_emptied": "UPDATE billing_inboxmessage SET emptied_at = now(), headers = '{}'",
}


@pytest.mark.parametrize("guard", BREAK_INS)
def test_a_message_is_emptied_whole_once_and_says_so(guard):
    message()
    before = what_is_left()
    with undone():
        assert refused_by(BREAK_INS[guard]) == guard
        assert what_is_left() == before
        take_away(guard)
        assert refused_by(BREAK_INS[guard]) == ""


# Members who leave


@pytest.fixture
def paying(alice, pack):
    """Alice left a card, agreed to top-ups, has a plan, and a message names her."""
    setup = services.start_setup(member=alice, provider="sandbox")
    pages.hand_in(setup.checkout_id, "good")
    services.look_at_setup(setup.pk)
    services.agree_to_recharge(
        member=alice, provider="sandbox", pack_code="fifty", below_credits=20, most_a_day=1, price_cents=4_900,
        version="2026-11",
    )  # fmt: skip
    message({"payer": {"email_address": alice.user.email, "name": "Alice"}})
    return subscribe(alice)


def test_a_member_takes_along_what_they_paid_agreed_to_and_what_names_them(paying, alice, bob):
    told = BillingAccountHolder().export(alice.user)

    assert [row["says"] for row in told["payment_messages"]] == ["alice@example.com", "Alice"]
    assert [row["method_label"] for row in told["ways_of_paying"]] == ["Test card ending in 4242"]
    assert [row["pack_code"] for row in told["automatic_top_ups"]] == ["fifty"]
    assert BillingAccountHolder().export(bob.user)["ways_of_paying"] == []
    assert BillingAccountHolder().export(bob.user)["payment_messages"] == []


def test_whoever_leaves_last_is_charged_for_nothing_more(paying, alice):
    accounts.close_account(user=alice.user)
    services.look_at_due()

    customer = Customer.objects.get()
    assert (customer.method_id, customer.method_label, bool(customer.customer_id)) == ("", "", True)
    assert not AutoRecharge.objects.get().is_on
    assert AuditEntry.objects.filter(action="recharge.turned_off").count() == 1
    assert PlanChange.objects.values_list("kind", "status").get() == ("cancel", "done")
    paying.refresh_from_db()
    assert paying.cancels_at_period_end
    assert InboxMessage.objects.get(provider="paypal").emptied_at is not None


def test_a_plan_goes_on_for_those_who_stay_without_the_card_of_who_left(paying, alice):
    dora = join(alice, "dora", role=Membership.Role.OWNER)

    accounts.close_account(user=alice.user)
    services.look_at_due()

    assert Customer.objects.get().method_id == ""
    assert not PlanChange.objects.exists()
    accounts.close_account(user=dora.user)
    services.look_at_due()
    assert PlanChange.objects.values_list("kind", "status").get() == ("cancel", "done")


def test_a_card_that_a_colleague_left_stays_with_the_organisation(paying, alice):
    dora = join(alice, "dora", role=Membership.Role.OWNER)

    accounts.close_account(user=dora.user)

    assert Customer.objects.get().method_label == "Test card ending in 4242"
    assert AutoRecharge.objects.get().is_on


def test_a_plan_that_everybody_left_while_another_change_was_under_way_ends_too(paying, alice, clock):
    PlanChange.objects.create(subscription=paying, number=9, kind="pause", member=alice)

    accounts.close_account(user=alice.user)
    for _ in range(3):
        services.look_at_subscription(paying.pk)

    assert PlanChange.objects.filter(kind="cancel", status="done").count() == 1
    assert timedelta(0) < Subscription.objects.get().period_end - now()
