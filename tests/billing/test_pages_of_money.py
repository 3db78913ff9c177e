"""The pages on which credits are bought and plans are chosen, paid for in the sandbox."""

import re
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing import selectors, services
from billing.models import AutoRecharge, Customer, Payment, Subscription
from billing.providers.sandbox import desk, memory, pages, payments
from tests.conftest import log_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def hers(alice):
    return log_in(Client(), alice.user)


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def page_at(url):
    return url.rstrip("/").rpartition("/")[2]


def bought(client, pack="credits-100", payment_id=None):
    return client.post("/credits/buy/", {"pack": pack, "payment_id": payment_id or uuid4(), "provider": "sandbox"})


def subscribed(client, plan="premium", card="good"):
    went = client.post(f"/credits/plans/{plan}/begin/", {"provider": "sandbox"})
    pages.hand_in(page_at(went.url), card)
    subscription = Subscription.objects.latest("created_at")
    return subscription, client.get(f"/credits/plans/begun/{subscription.pk}/", follow=True)


def test_a_pack_says_what_it_costs_and_each_of_its_credits(hers):
    shown = text_of(hers.get("/credits/"))

    assert "100 credits for $98.00 · $0.98 a credit, they never end" in shown
    assert "Go to payment" in shown


def test_a_pack_is_paid_for_once_however_often_its_form_is_sent(hers, alice):
    payment_id = uuid4()
    first, again = bought(hers, payment_id=payment_id), bought(hers, payment_id=payment_id)
    assert first.url == again.url
    pages.hand_in(page_at(first.url), "good")

    for _ in range(2):
        assert "100 credits are yours" in text_of(hers.get(f"/credits/payments/{payment_id}/"))

    assert selectors.balance_credits(alice.organisation_id) == 100
    assert Payment.objects.get().status == "paid"
    assert "100 credits" in text_of(hers.get("/credits/payments/"))


def test_a_declined_card_is_said_and_paid_with_another(hers, alice):
    went = bought(hers)
    payment = Payment.objects.get()
    refused = hers.post(went.url, {"card": "declined"})
    assert (refused.status_code, "Your card was declined" in text_of(refused)) == (402, True)

    shown = text_of(hers.get(f"{payment.get_absolute_url()}?cancelled=1"))
    assert "Not paid yet" in shown
    assert "Nothing was charged so far. Your card was declined" in shown
    payment.refresh_from_db()
    assert (payment.status, payment.code) == ("created", "card_declined")
    assert selectors.balance_credits(alice.organisation_id) == 0
    hers.post(went.url, {"card": "good"})

    assert "credits are yours" in text_of(hers.get(payment.get_absolute_url()))
    payment.refresh_from_db()
    assert (payment.status, payment.code, payment.says) == ("paid", "", "")


def test_a_debit_is_on_its_way_and_a_returned_one_has_failed(hers, alice):
    went = bought(hers)
    pages.hand_in(page_at(went.url), "bank")
    payment = Payment.objects.get()
    assert "Your payment is on its way" in text_of(hers.get(payment.get_absolute_url()))
    payment.refresh_from_db()

    desk.settle(payment.capture_id, comes=False)

    shown = text_of(hers.get(payment.get_absolute_url()))
    assert "The payment failed" in shown
    assert "Your bank returned the debit" in shown
    assert selectors.balance_credits(alice.organisation_id) == 0


def test_what_is_not_sold_is_refused_and_nothing_is_written(hers):
    for body in ({}, {"pack": "none"}, {"pack": "credits-50", "payment_id": "x", "provider": "sandbox"}):
        assert hers.post("/credits/buy/", body).status_code == 400

    assert not Payment.objects.exists()


def test_only_owners_put_money_in(bob):
    his = log_in(Client(), bob.user)

    assert "Owners of your organisation buy credits" in text_of(his.get("/credits/"))
    assert bought(his).status_code == 403
    assert his.post("/credits/plans/pro/begin/", {"provider": "sandbox"}).status_code == 403
    assert his.post("/credits/settings/cancel/").status_code == 403
    assert not Payment.objects.exists()
    assert not Subscription.objects.exists()


def test_nobody_looks_at_anothers_payment(hers, charlie):
    bought(hers)
    his = log_in(Client(), charlie.user)

    assert his.get(Payment.objects.get().get_absolute_url()).status_code == 404


def test_plans_stand_side_by_side_and_ones_own_is_marked(hers):
    shown = text_of(hers.get("/credits/plans/"))

    assert shown.index("Starter Your plan") < shown.index("Try Pro for 14 days") < shown.index("Choose Premium")
    assert "After the trial $49.00 a month, unless you cancel before." in shown


def test_a_plan_begins_when_it_is_paid_and_says_when_it_renews_and_for_how_much(hers, alice):
    subscription, shown = subscribed(hers)

    subscription.refresh_from_db()
    assert subscription.status == "active"
    assert selectors.balance_credits(alice.organisation_id) == 400
    assert f"Renews on {subscription.period_end:%b %-d, %Y} for $149.00" in text_of(shown)
    assert "Premium Your plan" in text_of(hers.get("/credits/plans/"))


def test_a_plan_whose_page_was_left_has_not_begun(hers, alice):
    hers.post("/credits/plans/premium/begin/", {"provider": "sandbox"})
    subscription = Subscription.objects.get()

    shown = text_of(hers.get(f"/credits/plans/begun/{subscription.pk}/?cancelled=1"))

    assert "Premium has not begun" in shown
    assert selectors.find_subscription(alice.organisation_id) is None


def test_a_larger_plan_shows_its_cost_first_and_a_smaller_one_its_day(hers, alice):
    subscribed(hers, "pro", card="good")
    desk.renew(Subscription.objects.get().subscription_id)
    hers.get(f"/credits/plans/begun/{Subscription.objects.get().pk}/")

    larger = text_of(hers.get("/credits/plans/premium/"))
    assert re.search(r"You pay now about \$(100|99)\.\d\d", larger)
    assert "$149.00 a month" in larger
    assert hers.post("/credits/plans/premium/").url == "/credits/settings/"
    assert Subscription.objects.get().plan.code == "premium"

    smaller = text_of(hers.get("/credits/plans/pro/"))
    assert "You pay now nothing" in smaller
    hers.post("/credits/plans/pro/")
    assert Subscription.objects.get().next_plan.code == "pro"


def test_a_larger_plan_whose_difference_is_declined_says_so_and_where_it_is_paid(hers):
    subscription, _ = subscribed(hers, "pro", card="once")
    subscription.refresh_from_db()
    desk.renew(subscription.subscription_id, with_card="good")
    hers.get(f"/credits/plans/begun/{subscription.pk}/")
    with memory.acting():
        payments.keep_method(Customer.objects.get().customer_id, "declined", is_default=True)

    answer = hers.post("/credits/plans/premium/", follow=True)

    told = text_of(answer)
    assert "You are on Pro still: the difference is not paid yet." in told
    assert re.search(r"\$(100|99)\.\d\d for the change to Premium is not paid\.", told)
    bill = selectors.find_unpaid_upgrade(Subscription.objects.get())
    assert f'href="{bill.pay_url}"' in answer.content.decode()
    assert "Finish it, or wait for a day" in text_of(hers.post("/credits/plans/premium/"))


def test_a_declined_difference_says_that_the_smaller_plan_to_come_is_taken_back(hers, olga):
    subscription, _ = subscribed(hers, "pro", card="once")
    subscription.refresh_from_db()
    desk.renew(subscription.subscription_id, with_card="good")
    hers.get(f"/credits/plans/begun/{subscription.pk}/")
    services.revise_plan(code="pro", actor_id=olga.pk, reason="Cheaper", price_cents=3_900)
    hers.post("/credits/plans/pro/")
    with memory.acting():
        payments.keep_method(Customer.objects.get().customer_id, "declined", is_default=True)

    assert "Your change to Pro is taken back either way." in text_of(hers.get("/credits/plans/premium/"))
    told = text_of(hers.post("/credits/plans/premium/", follow=True))

    assert "Your change to Pro is taken back: ask for it again if you want it." in told
    assert Subscription.objects.get().next_plan is None


def test_a_plan_is_cancelled_with_one_click_and_goes_on_with_another(hers):
    subscribed(hers)

    cancelled = text_of(hers.post("/credits/settings/cancel/", follow=True))
    assert "and is not renewed" in cancelled
    assert Subscription.objects.get().cancels_at_period_end
    hers.post("/credits/settings/resume/")
    assert not Subscription.objects.get().cancels_at_period_end

    paused = text_of(hers.post("/credits/settings/pause/", follow=True))
    assert "It is paused" in paused
    assert hers.post("/credits/settings/pause/").status_code == 409


def test_a_bill_that_is_not_paid_stands_on_every_page_of_money_until_it_is(hers):
    subscription, _ = subscribed(hers)
    subscription.refresh_from_db()
    desk.fail_renewal(subscription.subscription_id)
    hers.get(f"/credits/plans/begun/{subscription.pk}/")

    for path in ("/credits/", "/credits/plans/", "/credits/payments/", "/credits/settings/"):
        assert "$149.00 for Premium could not be collected." in text_of(hers.get(path))
    bill = selectors.open_bills(subscription)[0]
    hers.post(bill.pay_url, {"card": "good"})

    assert "could not be collected" not in text_of(hers.get("/credits/settings/"))
    assert Subscription.objects.get().status == "active"


@pytest.fixture
def late(hers):
    """Alice's plan, whose renewal could not be collected."""
    subscription, _ = subscribed(hers)
    subscription.refresh_from_db()
    desk.fail_renewal(subscription.subscription_id)
    hers.get(f"/credits/plans/begun/{subscription.pk}/")
    return subscription


def test_a_bill_that_is_not_paid_stands_on_every_page_of_those_who_may_pay(hers, late, bob, charlie):
    bill = selectors.open_bills(late)[0]

    for path in ("/leads/", "/cart/", "/watchlist/", "/account/", "/organisation/", "/credits/"):
        shown = hers.get(path).content.decode()
        assert shown.count("$149.00 for Premium could not be collected.") == 1
        assert f'<a href="{bill.pay_url}">Pay it now</a>' in shown
    his = log_in(Client(), bob.user)
    assert "could not be collected" not in text_of(his.get("/leads/"))
    assert "An owner of your organisation can pay." in text_of(his.get("/credits/"))
    assert "could not be collected" not in text_of(log_in(Client(), charlie.user).get("/credits/"))
    assert "could not be collected" not in text_of(hers.get(bill.pay_url))


def test_asking_what_is_overdue_costs_a_query_where_something_is(hers, request):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            hers.get("/watchlist/")
        return len(asked)

    without = queries()
    assert queries() == without
    late = request.getfixturevalue("late")
    assert queries() == without + 1
    hers.post(selectors.open_bills(late)[0].pay_url, {"card": "good"})
    hers.get("/credits/settings/")

    assert queries() == without


def test_the_way_of_paying_is_changed_on_the_providers_page(hers):
    subscribed(hers)

    went = hers.post("/credits/settings/paying/sandbox/")

    assert hers.post(went.url, {"card": "good"}).url.endswith("/credits/settings/")
    assert hers.post("/credits/settings/paying/stripe/").status_code == 422


def test_top_ups_are_off_until_their_text_is_agreed_to(hers, alice):
    assert "First, a way of paying" in text_of(hers.get("/credits/settings/recharge/"))
    went = hers.post("/credits/methods/", {"provider": "sandbox", "setup_id": uuid4()})
    pages.hand_in(page_at(went.url), "good")
    setup = hers.get(alice.organisation.method_setups.get().get_absolute_url(), follow=True)
    assert "Test card ending in 4242 is kept." in text_of(setup)
    terms = {"pack": "credits-50", "below_credits": 20, "most_a_day": 2}
    shown = hers.get("/credits/settings/recharge/", terms)
    assert "fewer than 20 credits, 50 credits are bought for 50.00 USD" in text_of(shown)
    known = {**terms, "version": "2026-11", "price_cents": 5_000}

    assert hers.post("/credits/settings/recharge/", known).status_code == 400
    assert hers.post("/credits/settings/recharge/", {**known, "price_cents": 1, "agrees": "on"}).status_code == 409
    assert not AutoRecharge.objects.exists()
    hers.post("/credits/settings/recharge/", {**known, "agrees": "on"})

    assert AutoRecharge.objects.get().is_on
    hers.post("/credits/settings/recharge/off/")
    assert not AutoRecharge.objects.get().is_on
