"""Buying a pack: page, money, credits; once, whatever dies between two steps and however late it comes."""

from uuid import uuid4

import pytest

from accounts.errors import NotYourRole
from aiqleads.core import alerts
from aiqleads.core.idempotency import KeyReused
from aiqleads.core.models import OutboxEvent
from billing import selectors, services
from billing.errors import OrderChanged, PackNotOffered, ProviderAway, ProviderNotOffered
from billing.invariants import broken
from billing.models import Customer, Journal, Payment
from billing.providers.port import Money, PaymentState, PaymentStatus, ProviderMisunderstood, ProviderUnreachable

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment(alice, till, pack):
    return services.start_checkout(member=alice, pack_code="fifty", provider="sandbox")


def balance(member):
    return selectors.balance_credits(member.organisation_id)


def posted_events():
    return OutboxEvent.objects.filter(name="credits.posted").count()


def test_what_is_paid_on_the_page_is_credited_once_however_often_it_is_looked_at(payment, till, alice):
    assert (payment.total_cents, payment.checkout_url) == (4_900, f"http://127.0.0.1/{payment.checkout_id}")
    assert services.look_again(payment.pk).status == "created"
    till.pay(payment.checkout_id)

    looks = [services.look_again(payment.pk) for _ in range(3)]

    assert [look.status for look in looks] == ["paid"] * 3
    assert balance(alice) == 50
    assert Journal.objects.get(payment=payment.pk).key == f"sandbox:pi:pi_{payment.checkout_id}"
    assert posted_events() == 1
    assert Customer.objects.get().customer_id == "cus_1"
    assert broken() == []


@pytest.mark.parametrize("lost", ["start before", "start after"])
def test_a_page_whose_opening_was_lost_is_found_by_the_same_form(lost, alice, till, pack):
    asked = {"member": alice, "pack_code": "fifty", "provider": "sandbox", "payment_id": uuid4()}
    till.dies = {lost}
    with pytest.raises(ProviderAway):
        services.start_checkout(**asked)
    assert Payment.objects.get().checkout_id == ""
    till.dies = set()

    again = [services.start_checkout(**asked).checkout_id for _ in range(2)]

    assert again == list(till.pages) * 2
    assert Payment.objects.count() == 1


def test_the_sweep_finds_a_page_that_was_opened_and_not_written_down(alice, till, pack, clock):
    till.dies = {"start after"}
    with pytest.raises(ProviderAway):
        services.start_checkout(member=alice, pack_code="fifty", provider="sandbox")
    till.dies = set()
    [checkout_id] = till.pages
    till.pay(checkout_id)
    assert services.look_at_unfinished() == 0  # its buyer is given a minute
    clock.advance(minutes=2)

    assert services.look_at_unfinished() == 1

    assert (Payment.objects.get().checkout_id, balance(alice)) == (checkout_id, 50)


def test_what_nobody_was_shown_a_page_for_runs_out_without_another_page(alice, till, pack, clock):
    till.dies = {"start before"}
    with pytest.raises(ProviderAway):
        services.start_checkout(member=alice, pack_code="fifty", provider="sandbox")
    till.dies = set()
    clock.advance(hours=21)

    services.look_at_unfinished()

    assert Payment.objects.get().status == "expired"
    assert till.pages == {}


def test_a_page_that_nobody_paid_on_ends_and_what_comes_later_still_counts(payment, till, alice, clock):
    clock.advance(hours=24)
    assert services.look_again(payment.pk).status == "created"
    clock.advance(hours=1)

    assert services.look_again(payment.pk).status == "expired"
    assert till.pages[payment.checkout_id].status == PaymentStatus.EXPIRED

    till.pay(payment.checkout_id)
    assert services.look_again(payment.pk).status == "paid"
    assert balance(alice) == 50
    assert broken() == []


def test_money_that_was_on_its_way_and_failed_credits_nothing_until_it_comes_after_all(payment, till, alice):
    till.settle(payment.checkout_id, PaymentStatus.PENDING)
    assert services.look_again(payment.pk).status == "pending"
    till.settle(payment.checkout_id, PaymentStatus.FAILED, "insufficient_funds")

    failed = services.look_again(payment.pk)

    assert (failed.status, failed.code, balance(alice)) == ("failed", "insufficient_funds", 0)
    till.pay(payment.checkout_id)
    assert (services.look_again(payment.pk).status, balance(alice)) == ("paid", 50)


def test_another_sum_than_was_asked_for_credits_nothing_and_is_a_persons_work(payment, till, alice):
    till.pay(payment.checkout_id, minor=4_899)

    assert services.look_again(payment.pk).status == "pending"

    assert (balance(alice), posted_events()) == (0, 0)
    assert alerts.open_alerts().get().key == f"payment:{payment.pk}"
    till.pay(payment.checkout_id, minor=4_900)
    services.look_again(payment.pk)
    assert (balance(alice), alerts.open_alerts().count()) == (50, 0)


def test_an_answer_for_another_payment_is_refused(payment, alice):
    other = PaymentState(
        status=PaymentStatus.PAID, reference=str(uuid4()), capture_id="pi_1", paid=Money(minor=4_900),
        refunded=Money(minor=0),
    )  # fmt: skip

    with pytest.raises(ProviderMisunderstood):
        services.record_payment(payment_id=payment.pk, state=other)

    assert (Payment.objects.get().status, balance(alice)) == ("created", 0)


def test_only_owners_pay_for_packs_that_are_sold_where_somebody_takes_the_money(alice, bob, till, pack, subtests):
    for asked, refusal in (
        ({"member": bob}, NotYourRole),
        ({"pack_code": "hundred"}, PackNotOffered),
        ({"provider": "paypal"}, ProviderNotOffered),
    ):
        with subtests.test(refusal.__name__), pytest.raises(refusal):
            services.start_checkout(**{"member": alice, "pack_code": "fifty", "provider": "sandbox", **asked})
    assert (Payment.objects.count(), till.pages) == (0, {})


def test_a_form_opens_a_page_for_one_thing_and_one_organisation(payment, charlie, till):
    with pytest.raises(KeyReused):
        services.start_checkout(member=charlie, pack_code="fifty", provider="sandbox", payment_id=payment.pk)

    assert len(till.pages) == 1


def test_the_sweep_looks_at_the_oldest_first_less_and_less_often_and_leaves_who_is_away_alone(
    alice, till, pack, clock
):
    first, second = (services.start_checkout(member=alice, pack_code="fifty", provider="sandbox") for _ in range(2))
    clock.advance(minutes=2)
    assert [payment.pk for payment in selectors.unfinished_payments()] == [first.pk, second.pk]
    till.dies = {"fetch before"}
    till.asked.clear()

    assert services.look_at_unfinished() == 1
    assert till.asked == ["fetch"]

    till.dies = set()
    services.look_at_unfinished()
    clock.advance(minutes=1)
    assert services.look_at_unfinished() == 0
    clock.advance(minutes=1, seconds=1)
    assert services.look_at_unfinished() == 2
    with pytest.raises(ProviderUnreachable):
        till.dies = {"fetch before"}
        services.look_again(first.pk)
    assert Payment.objects.get(pk=first.pk).status == "created"


def test_an_order_that_changed_while_its_answer_was_lost_is_refused_and_a_new_form_goes_on(alice, line, pack):
    asked = {"member": alice, "pack_code": "fifty", "provider": "sandbox"}
    payment_id = uuid4()
    line.dies = {"start_checkout after"}
    with pytest.raises(ProviderAway):
        services.start_checkout(**asked, payment_id=payment_id)
    line.dies = set()
    alice.organisation.name = "Alice and Daughters"
    alice.organisation.save(update_fields=["name"])

    with pytest.raises(OrderChanged) as refused:
        services.start_checkout(**asked, payment_id=payment_id)

    closed = Payment.objects.get(pk=payment_id)
    assert (refused.value.status, closed.status, closed.code) == (409, "failed", "order_changed")
    assert services.start_checkout(**asked).checkout_url
    assert balance(alice) == 0


def test_why_a_card_was_declined_stays_while_the_provider_says_no_more_and_goes_when_it_is_paid(alice, till, pack):
    payment = services.start_checkout(member=alice, pack_code="fifty", provider="sandbox")
    nothing = Money(minor=0)
    declined, silent = (
        PaymentState(
            status=PaymentStatus.OPEN,
            reference="",
            capture_id="",
            paid=nothing,
            refunded=nothing,
            code=code,
            says=says,
        )
        for code, says in (("card_declined", "Your card was declined."), ("", ""))
    )

    for state in (declined, silent):
        told = services.record_payment(payment_id=payment.pk, state=state)
        assert (told.status, told.code, told.says) == ("created", "card_declined", "Your card was declined.")

    till.pay(payment.checkout_id)
    paid = services.look_again(payment.pk)
    assert (paid.status, paid.code, paid.says, balance(alice)) == ("paid", "", "", 50)
