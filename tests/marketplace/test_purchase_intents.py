"""A cart that waits for its credits: bought once they land, for at most what was shown, or told why not."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.errors import NotYourRole
from aiqleads.core import events
from billing import selectors as billing
from billing import services as money
from billing.errors import ProviderAway
from billing.invariants import broken
from billing.models import Payment
from marketplace import errors, services
from marketplace.models import Claim, Listing, Notification, Purchase, PurchaseIntent
from marketplace.subscriptions import try_intents
from pricing.models import Quote
from tests.billing.till import till as the_till
from tests.marketplace.guards import refused_by, take_away, undone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("till", "pack")]


@pytest.fixture
def held(alice, lead):
    return services.hold_lead(lead_id=lead.pk, buyer=alice)


def go_and_pay(buyer, **asked):
    return services.buy_with_money(
        buyer=buyer, pack_code="fifty", provider="sandbox", **{"intent_id": uuid4(), **asked}
    )


def land(payment):
    """The money arrives, and what it told is delivered."""
    the_till.pay(payment.checkout_id)
    money.look_again(payment.pk)
    events.deliver_all()
    return PurchaseIntent.objects.get(payment_id=payment.pk)


def balance(member):
    return billing.balance_credits(member.organisation_id)


def reprice(lead, price_credits):
    quote = Quote.objects.create(lead=lead, price_credits=price_credits, parts=[], model_version="test")
    Listing.objects.filter(pk=lead.pk).update(price_credits=price_credits, quote=quote)


def test_a_cart_that_still_runs_is_bought_when_the_credits_land_once(alice, held):
    payment = go_and_pay(alice, claim_ids=[held.pk], total_credits=10)
    assert Purchase.objects.count() == 0

    intent = land(payment)
    services.try_intents(payment_id=payment.pk)

    assert (intent.state, Purchase.objects.get().claim_id, balance(alice)) == ("bought", held.pk, 40)
    told = Notification.objects.get(membership=alice)
    assert told.says == "Your payment has arrived: 1 lead is yours for 10 credits"
    assert broken() == []


def test_a_dead_cart_is_held_again_and_bought_in_its_pause_and_keeps_its_room_and_time(alice, held, clock):
    payment = go_and_pay(alice)
    clock.advance(minutes=7)

    intent = land(payment)

    bought = Purchase.objects.select_related("claim__cart").get()
    assert (intent.state, bought.claim.intent_id, bought.lead_id) == ("bought", intent.pk, held.lead_id)
    assert bought.claim_id != held.pk
    assert (balance(alice), bought.claim.cart.started_at) == (40, held.during.lower)


def test_a_lead_that_somebody_took_meanwhile_is_lost_and_the_credits_stay(alice, charlie, held, clock):
    payment = go_and_pay(alice)
    clock.advance(minutes=6)
    services.hold_lead(lead_id=held.lead_id, buyer=charlie)

    intent = land(payment)

    assert (intent.state, Purchase.objects.count(), balance(alice)) == ("lost", 0, 50)
    told = Notification.objects.get(membership=alice)
    assert told.says == "Your payment has arrived, but the leads of your cart could not be bought"
    assert "the 50 credits that you paid for are yours" in told.body
    services.try_intents(payment_id=payment.pk)
    assert Notification.objects.filter(membership=alice).count() == 1


def test_who_waits_comes_first(alice, charlie, held, clock):
    services.join_waitlist(lead_id=held.lead_id, buyer=charlie)
    payment = go_and_pay(alice)
    clock.advance(minutes=6)

    assert land(payment).state == "lost"
    assert (Purchase.objects.count(), balance(alice)) == (0, 50)


def test_never_more_than_was_shown_is_paid_and_less_is(alice, held, clock, make_lead):
    payment = go_and_pay(alice)
    clock.advance(minutes=6)
    reprice(held.lead, 11)
    intent = land(payment)
    assert (intent.state, intent.says, balance(alice)) == ("lost", "It costs more by now than you were shown.", 50)

    cheaper = make_lead(price_credits=80)
    services.hold_lead(lead_id=cheaper.pk, buyer=alice)
    payment = go_and_pay(alice)
    clock.advance(minutes=6)
    reprice(cheaper, 70)

    assert (land(payment).state, balance(alice)) == ("bought", 30)


def test_all_copies_are_bought_together_or_none(alice, charlie, make_lead, clock):
    shared = make_lead(copies=2)
    services.hold_lead(lead_id=shared.pk, buyer=alice, copies=services.Copies.ALL)
    payment = go_and_pay(alice, total_credits=20)
    clock.advance(minutes=6)

    assert (land(payment).state, Purchase.objects.count(), balance(alice)) == ("bought", 2, 30)

    other, alone = make_lead(copies=2), make_lead()
    services.hold_lead(lead_id=other.pk, buyer=alice, copies=services.Copies.ALL)
    services.hold_lead(lead_id=alone.pk, buyer=alice)
    payment = go_and_pay(alice, total_credits=30)
    clock.advance(minutes=6)
    services.hold_lead(lead_id=other.pk, buyer=charlie)

    assert (land(payment).state, Purchase.objects.count(), balance(alice)) == ("lost", 2, 80)
    assert not Claim.objects.live().filter(lead=alone.pk).exists()


def test_a_payment_after_a_day_credits_and_buys_nothing(alice, held, clock):
    payment = go_and_pay(alice)
    clock.advance(hours=24, seconds=1)
    assert [services.give_up_intents() for _ in range(2)] == [1, 0]

    intent = land(payment)

    assert (intent.state, balance(alice), Purchase.objects.count()) == ("lost", 50, 0)


def test_the_same_form_is_one_intent_and_a_newer_one_takes_its_place(alice, held):
    intent_id = uuid4()
    the_till.dies = {"start after"}
    with pytest.raises(ProviderAway):
        go_and_pay(alice, intent_id=intent_id)
    the_till.dies = set()
    first, again = (go_and_pay(alice, intent_id=intent_id) for _ in range(2))
    assert (first.pk, len(the_till.pages)) == (again.pk, 1)

    newer = go_and_pay(alice)

    assert (land(first).state, Purchase.objects.count(), balance(alice)) == ("replaced", 0, 50)
    assert (land(newer).state, Purchase.objects.count(), balance(alice)) == ("bought", 1, 90)


def test_nothing_is_meant_that_could_not_be_bought(alice, bob, held, make_lead, subtests):
    for asked, refusal in (
        ({"buyer": bob}, NotYourRole),
        ({"total_credits": 9}, errors.CartChanged),
        ({"claim_ids": [uuid4()]}, errors.HoldExpired),
    ):
        with subtests.test(refusal.__name__), pytest.raises(refusal):
            go_and_pay(**{"buyer": alice, **asked})
    services.hold_lead(lead_id=make_lead(price_credits=60).pk, buyer=alice)
    with pytest.raises(errors.PackTooSmall) as refused:
        go_and_pay(alice)
    assert refused.value.facts == {"needed_credits": 70}
    assert (PurchaseIntent.objects.count(), Payment.objects.count()) == (0, 0)


def test_an_event_that_was_delivered_before_the_process_died_buys_nothing_twice(alice, held):
    payment = go_and_pay(alice)
    the_till.pay(payment.checkout_id)
    money.look_again(payment.pk)
    event = type("Event", (), {"payment_id": payment.pk})

    for _ in range(3):
        try_intents(event)

    assert (Purchase.objects.count(), balance(alice)) == (1, 40)


CLAIM = (
    "INSERT INTO marketplace_claim (id, lead_id, slot_id, organisation_id, membership_id, cart_id, bundle, state, "
    "quote_id, release_reason, intent_id) SELECT gen_random_uuid(), lead_id, slot_id, organisation_id, "
    "membership_id, cart_id, gen_random_uuid(), 'held', "
    "(SELECT quote_id FROM marketplace_listing l WHERE l.lead_id = c.lead_id), '', "
    "(SELECT id FROM marketplace_purchaseintent ORDER BY made_at LIMIT 1) FROM marketplace_claim c"
)
BREAK_INS = {
    "intent_waits_once": "INSERT INTO marketplace_purchaseintent (id, organisation_id, membership_id, payment_id, "
    "total_credits, state, says, expires_at) SELECT gen_random_uuid(), organisation_id, membership_id, "
    "gen_random_uuid(), 1, 'waiting', '', expires_at FROM marketplace_purchaseintent",
    "intent_settled_or_waiting": "UPDATE marketplace_purchaseintent SET state = 'lost'",
    "intent_is_tried_once": "UPDATE marketplace_purchaseintent SET total_credits = 99",
    "intent_sells_at_once": CLAIM,
    "claim_for_its_intent": CLAIM,
    "intent_at_the_price_shown": CLAIM,
}


@pytest.mark.parametrize("guard", BREAK_INS)
def test_each_guard_of_intents_refuses_and_nothing_else_would(guard, alice, held, clock):
    go_and_pay(alice)
    clock.advance(minutes=6)
    behind = {
        "intent_at_the_price_shown": ["intent_sells_at_once"],
        "claim_for_its_intent": ["intent_sells_at_once"],
    }
    if guard == "intent_at_the_price_shown":
        reprice(held.lead, 11)
    if guard == "claim_for_its_intent":
        clock.advance(hours=24)

    with undone():
        assert refused_by(BREAK_INS[guard]) == guard
        take_away(guard)
        for other in behind.get(guard, []):
            take_away(other)
        assert refused_by(BREAK_INS[guard]) == ""


@pytest.mark.parametrize("trigger", ["claim_within_its_intent", "intent_settles_once", "claim_keeps_its_intent"])
def test_without_its_trigger_an_intent_says_nothing(trigger, alice, held, clock):
    go_and_pay(alice)
    clock.advance(minutes=6)
    reprice(held.lead, 11)
    take_away("intent_sells_at_once")
    stay = "UPDATE marketplace_claim SET intent_id = (SELECT id FROM marketplace_purchaseintent)"
    statement, guard = {
        "claim_within_its_intent": (CLAIM, "intent_at_the_price_shown"),
        "intent_settles_once": (BREAK_INS["intent_is_tried_once"], "intent_is_tried_once"),
        "claim_keeps_its_intent": (stay, "claim_expired"),
    }[trigger]
    if trigger == "claim_keeps_its_intent":
        with connection.cursor() as cursor:
            cursor.execute("UPDATE test_clock SET shift = '0'")
        guard = "claim_written_once"
    assert refused_by(statement) == guard

    take_away(trigger)

    assert refused_by(statement) == ""


def test_what_was_meant_is_kept(alice, held):
    go_and_pay(alice)
    for table in ("marketplace_purchaseintent", "marketplace_purchaseintentline"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table}")


def test_the_cart_offers_the_missing_credits_to_owners_and_says_what_waits(alices, alice, held):
    page = alices.get("/cart/")
    text = page.content.decode()
    assert "You are 10 credits short" in text
    assert "Buy credits and this lead" in text
    assert text.index("credits-50") < text.index("fifty")  # the smallest that suffices first

    sent = {"pack": "fifty", "provider": "sandbox", "total_credits": 10, "lines": str(held.pk)}
    intent_id = str(page.context["intent_id"])
    answer = alices.post("/cart/top-up/", {**sent, "idempotency_key": intent_id})

    payment = Payment.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, payment.checkout_url)
    assert "wait for your payment of $49.00" in alices.get("/cart/").content.decode()
    refused = alices.post("/cart/top-up/", {**sent, "idempotency_key": str(uuid4()), "total_credits": 9})
    assert (refused.status_code, Payment.objects.count()) == (409, 1)
    assert alices.post("/cart/top-up/", {}).status_code == 422
