"""An order that changed between two tries whose first answer was lost: told by each page, and nothing is paid."""

from uuid import uuid4

import pytest
from django.test import Client

from billing import selectors, services
from billing.errors import OrderChanged, ProviderAway
from billing.models import MethodSetup, Payment
from billing.providers.sandbox import pages
from marketplace import services as market
from tests.conftest import log_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def hers(alice):
    return log_in(Client(), alice.user)


def lost_then_renamed(line, member, ask):
    """Ask on a line that loses the answer, and under another name; both answers."""
    line.dies = {"start_checkout after", "start_setup after", "start_subscription after"}
    first = ask()
    line.dies = set()
    member.organisation.name = "Alice and Daughters"
    member.organisation.save(update_fields=["name"])
    return first, ask()


def test_the_page_of_credits_says_so_and_its_form_goes_on_as_another(hers, alice, line):
    sent = {"pack": "credits-100", "payment_id": str(uuid4()), "provider": "sandbox"}

    away, changed = lost_then_renamed(line, alice, lambda: hers.post("/credits/buy/", sent))

    assert (away.status_code, changed.status_code) == (503, 409)
    assert away.context["form"]["payment_id"].value() == sent["payment_id"]
    assert "Nothing was paid; order once more." in changed.content.decode()
    anew = changed.context["form"]["payment_id"].value()
    assert anew != sent["payment_id"]
    assert f'value="{anew}"' in changed.content.decode()
    assert hers.post("/credits/buy/", {**sent, "payment_id": anew}).status_code == 302
    assert sorted(Payment.objects.values_list("status", flat=True)) == ["created", "failed"]
    assert selectors.balance_credits(alice.organisation_id) == 0


def test_the_cart_says_so_keeps_what_is_held_and_the_next_page_buys_it(hers, alice, lead, line):
    market.hold_lead(lead_id=lead.pk, buyer=alice)

    shown = hers.get("/cart/").context
    sent = {
        "idempotency_key": str(shown["intent_id"]), "lines": shown["lines"], "pack": "credits-50",
        "total_credits": shown["paying"].total_credits, "provider": "sandbox",
    }  # fmt: skip

    def ask():
        return hers.post("/cart/top-up/", sent)

    away, changed = lost_then_renamed(line, alice, ask)

    assert (away.status_code, changed.status_code) == (503, 409)
    assert "Nothing was paid; order once more." in changed.content.decode()
    sent["idempotency_key"] = str(changed.context["intent_id"])
    went = ask()
    payment = Payment.objects.get(status="created")
    assert (went.status_code, went.url) == (302, payment.checkout_url)
    pages.hand_in(payment.checkout_id, "good")
    assert services.look_again(payment.pk).status == "paid"


def test_a_page_for_a_way_of_paying_is_opened_anew(alice, line):
    setup_id = uuid4()

    def ask(known=setup_id):
        return services.start_setup(member=alice, provider="sandbox", setup_id=known)

    with pytest.raises(ProviderAway):
        line.dies = {"start_setup after"}
        ask()
    line.dies = set()
    alice.user.email = "alice@homes.example.com"
    alice.user.save(update_fields=["email"])
    alice.organisation.name = "Alice and Daughters"
    alice.organisation.save(update_fields=["name"])

    with pytest.raises(OrderChanged) as refused:
        ask()

    assert refused.value.status == 409
    assert not MethodSetup.objects.exclude(checkout_id="").exists()
    assert ask(uuid4()).checkout_url
