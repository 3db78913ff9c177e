"""Credits that buy themselves: off until an owner agrees, within limits, charged once, off after two declines."""

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.errors import NotYourRole
from accounts.models import Membership
from aiqleads.core import events
from aiqleads.core.clock import now
from aiqleads.core.models import AuditEntry, OutboxEvent
from billing import recharge_terms, selectors, services
from billing.errors import NoMethodKept, OtherTerms, ProviderAway, RechargeOutOfBounds
from billing.invariants import broken
from billing.models import AutoRecharge, Customer, InboxMessage, Journal, MethodSetup, Pack, Payment
from marketplace.models import Notification

pytestmark = pytest.mark.django_db

TERMS = {
    "provider": "sandbox",
    "pack_code": "fifty",
    "below_credits": 20,
    "most_a_day": 2,
    "price_cents": 4_900,
    "version": recharge_terms.VERSION,
}


@pytest.fixture
def method(alice, till):
    setup = services.start_setup(member=alice, provider="sandbox")
    till.keep_method(setup.checkout_id)
    return services.look_at_setup(setup.pk)


@pytest.fixture
def agreed(alice, method, pack):
    return services.agree_to_recharge(member=alice, **TERMS)


def recharge(member):
    return services.recharge_where_low(organisation_id=member.organisation_id)


def balance(member):
    return selectors.balance_credits(member.organisation_id)


def test_a_way_of_paying_is_kept_from_the_providers_page_once(alice, till):
    asked = {"member": alice, "provider": "sandbox", "setup_id": uuid4()}
    till.dies = {"set up after"}
    with pytest.raises(ProviderAway):
        services.start_setup(**asked)
    till.dies = set()
    setup = services.start_setup(**asked)
    assert services.look_at_setup(setup.pk) is None
    till.keep_method(setup.checkout_id)

    kept = [services.look_at_setup(setup.pk) for _ in range(2)]

    assert [customer.method_label for customer in kept] == ["Visa ending in 4242"] * 2
    assert (len(till.pages), MethodSetup.objects.get().finished_at is not None) == (1, True)
    assert AuditEntry.objects.filter(action="method.kept").count() == 1


def test_a_low_balance_buys_the_pack_that_was_agreed_to_and_says_so(alice, agreed):
    payment = recharge(alice)

    assert (payment.status, payment.purpose, payment.total_cents) == ("paid", "recharge", 4_900)
    assert balance(alice) == 50
    assert Journal.objects.get(payment=payment.pk).memo == "50 credits bought automatically"
    assert OutboxEvent.objects.filter(name="credits.recharged").count() == 1
    assert recharge(alice) is None  # 50 are not below 20


def test_nothing_is_bought_before_somebody_agrees_and_after_it_is_turned_off(alice, agreed, till):
    assert AutoRecharge.objects.get().consented_by == alice
    assert AutoRecharge.objects.get().consented_at <= now()
    assert [services.turn_recharge_off(member=alice) for _ in range(2)] == [True, False]

    assert recharge(alice) is None
    assert selectors.organisations_to_recharge() == []
    assert [row.action for row in AuditEntry.objects.filter(action__startswith="recharge").order_by("pk")].count(
        "recharge.agreed"
    ) == 1
    assert "charge" not in till.asked


def test_an_answer_that_was_lost_charges_once(alice, agreed, till, clock):
    till.dies = {"charge after"}
    assert recharge(alice).status == "created"
    assert recharge(alice) is None  # one at a time
    till.dies = set()
    clock.advance(minutes=2)

    assert services.look_at_unfinished() == 1

    assert (balance(alice), len(till.pages), till.asked.count("charge")) == (50, 2, 2)


@pytest.mark.parametrize("hours", [21, 47, 90])
def test_a_charge_that_is_heard_of_a_day_late_is_credited_told_and_not_made_again_meanwhile(
    alice, agreed, till, clock, hours
):
    till.dies = {"charge after"}
    first = recharge(alice)
    [made] = [page for page in till.pages.values() if page.capture_id]
    clock.advance(hours=20, minutes=1)
    services.look_at_unfinished()
    events.deliver_all()
    first.refresh_from_db()
    assert (first.status, first.code, balance(alice)) == ("failed", "unreachable", 0)
    till.dies = set()
    clock.advance(hours=hours - 20.5)
    assert recharge(alice) is None if hours < 72 else True
    message = InboxMessage.objects.create(
        provider="sandbox", event_id="evt_late", name="payment.paid", kind="payment", object_id=made.capture_id,
        occurred_at=now(),
    )  # fmt: skip

    services.work_inbox()
    events.deliver_all()

    first.refresh_from_db()
    message.refresh_from_db()
    assert (message.state, first.status, balance(alice)) == ("done", "paid", 50)
    assert recharge(alice) is None
    assert till.asked.count("charge") == 1
    assert (AutoRecharge.objects.get().is_on, AutoRecharge.objects.get().declines) == (True, 0)
    told = Notification.objects.filter(membership=alice, kind="recharge").order_by("made_at", "pk")
    assert [one.says for one in told] == [
        "50 credits could not be bought automatically",
        "50 credits were bought automatically for 49.00 USD",
    ]
    assert "Should it have been charged all the same" in told[0].body
    assert broken() == []


def test_a_charge_that_nobody_ever_hears_of_is_tried_anew_after_three_days(alice, agreed, till, clock):
    till.dies = {"charge before"}
    recharge(alice)
    clock.advance(hours=21)
    services.look_at_unfinished()
    till.dies = set()
    services.agree_to_recharge(member=alice, **TERMS)  # saying yes once more does not make it heard of
    clock.advance(hours=50)
    assert recharge(alice) is None

    clock.advance(hours=2)

    assert recharge(alice).status == "paid"
    assert balance(alice) == 50


def test_no_more_packs_are_bought_within_a_day_than_was_agreed_to(alice, agreed, clock):
    AutoRecharge.objects.update(below_credits=1_000, consented_at=now() + timedelta(seconds=1))

    bought = [recharge(alice) is not None for _ in range(3)]
    clock.advance(hours=24, minutes=1)

    assert bought == [True, True, False]
    assert recharge(alice) is not None
    assert balance(alice) == 150


def test_two_declines_in_a_row_turn_it_off_and_a_paid_charge_between_them_does_not(alice, agreed, till, clock):
    till.declines = "card_declined"
    first = recharge(alice)
    assert (first.status, first.code, recharge(alice)) == (
        "failed",
        "card_declined",
        None,
    )  # not in the same minute
    clock.advance(hours=13)
    till.declines = ""
    assert recharge(alice).status == "paid"
    assert AutoRecharge.objects.get().declines == 0

    till.declines = "card_declined"
    AutoRecharge.objects.update(below_credits=1_000, consented_at=now() + timedelta(seconds=1))
    for _ in range(2):
        clock.advance(hours=25)
        recharge(alice)

    off = AutoRecharge.objects.get()
    assert (off.is_on, off.declines, balance(alice)) == (False, 2, 50)
    [ended] = OutboxEvent.objects.filter(name="recharge.ended")
    assert ended.payload["why"] == "Two charges in a row were declined."
    clock.advance(days=2)
    assert recharge(alice) is None


def test_a_dearer_pack_or_somebody_who_may_not_pay_any_more_ends_it(alice, agreed, pack, subtests):
    def dearer():
        Pack.objects.filter(pk=pack.pk).update(offered_until=now())
        Pack.objects.create(code="fifty", version=2, name="50", price_cents=5_000, amount_credits=50)

    def gone():
        alice.user.is_active = False
        alice.user.save()

    for change, why in ((gone, "may not pay"), (dearer, "costs more")):
        with subtests.test(why):
            services_on = {"is_on": True, "consented_at": now()}
            AutoRecharge.objects.update(**services_on)
            change()
            assert recharge(alice) is None
            assert (AutoRecharge.objects.get().is_on, Payment.objects.count()) == (False, 0)
            assert why in OutboxEvent.objects.filter(name="recharge.ended").latest("pk").payload["why"]
            alice.user.is_active = True
            alice.user.save()


def test_only_an_owner_agrees_to_the_text_and_price_of_now_with_a_way_of_paying(alice, bob, method, pack, subtests):
    buyer = Membership.objects.get(pk=bob.pk)
    for asked, refusal in (
        ({"member": buyer}, NotYourRole),
        ({"version": "2020-01"}, OtherTerms),
        ({"price_cents": 4_800}, OtherTerms),
        ({"most_a_day": 11}, RechargeOutOfBounds),
        ({"below_credits": 0}, RechargeOutOfBounds),
    ):
        with subtests.test(str(asked)), pytest.raises(refusal):
            services.agree_to_recharge(**{"member": alice, **TERMS, **asked})
    Customer.objects.update(method_id="")
    with pytest.raises(NoMethodKept):
        services.agree_to_recharge(member=alice, **TERMS)
    assert AutoRecharge.objects.count() == 0
