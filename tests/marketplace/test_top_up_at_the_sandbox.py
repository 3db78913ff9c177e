"""A cart that lacks credits, paid for at the sandbox that ships: page, card, message, credits, lead."""

import pytest

from aiqleads.core import events
from billing import selectors as billing
from billing import services as money
from billing.models import Payment
from billing.providers.port import ProviderRefused
from billing.providers.sandbox import pages
from marketplace import services
from marketplace.models import Purchase

pytestmark = pytest.mark.django_db


def test_a_declined_card_and_then_a_good_one_buy_the_cart_that_lacked_its_credits(alices, alice, lead, clock):
    services.hold_lead(lead_id=lead.pk, buyer=alice)
    shown = alices.get("/cart/").context
    sent = {
        "idempotency_key": str(shown["intent_id"]),
        "lines": shown["lines"],
        "total_credits": shown["paying"].total_credits,
        "pack": "credits-50",
        "provider": "sandbox",
    }
    away = alices.post("/cart/top-up/", sent)
    payment = Payment.objects.get()
    assert (away.status_code, away["Location"]) == (302, payment.checkout_url)

    with pytest.raises(ProviderRefused):
        pages.hand_in(payment.checkout_id, "declined")
    assert money.look_again(payment.pk).status == "created"
    clock.advance(minutes=7)
    pages.hand_in(payment.checkout_id, "good")
    back = alices.get(payment.get_absolute_url())
    events.deliver_all()

    assert back.status_code == 200
    assert Payment.objects.get().status == "paid"
    assert Purchase.objects.get().lead_id == lead.pk
    assert billing.balance_credits(alice.organisation_id) == 40
