"""Checkout: every line or none, at the price that was held, once."""

import pytest
from django.db import IntegrityError, transaction

from aiqleads.core.models import OutboxEvent
from billing import selectors as billing
from billing.errors import InsufficientCredits
from billing.models import Entry, Journal
from leads.models import Contact, Lead
from marketplace import delivery, errors, services
from marketplace.models import Claim, Listing, Purchase
from pricing.models import Quote

pytestmark = pytest.mark.django_db


def test_a_checkout_charges_the_held_price_and_sells_the_copy(lead, alice, grant):
    grant(alice, 50)
    claim = services.hold_lead(lead_id=lead.pk, buyer=alice)

    [purchase] = services.check_out(buyer=alice, idempotency_key="first")

    assert billing.balance_credits(alice.organisation_id) == 40
    assert (purchase.claim_id, purchase.price_credits) == (claim.pk, 10)
    sold = Claim.objects.get()
    assert (sold.state, sold.during.upper, sold.journal.key) == ("sold", None, f"buy:{claim.pk}")
    assert Listing.objects.get().copies_left == 0
    assert OutboxEvent.objects.filter(name="lead.sold").count() == 1


def test_a_price_that_moves_during_the_hold_is_not_charged(lead, alice, grant):
    grant(alice, 50)
    services.hold_lead(lead_id=lead.pk, buyer=alice)
    dearer = Quote.objects.create(lead=lead, price_credits=40, parts=[], model_version="test")
    Listing.objects.filter(pk=lead.pk).update(quote=dearer, price_credits=40)

    services.check_out(buyer=alice, idempotency_key="first")

    assert billing.balance_credits(alice.organisation_id) == 40


def test_the_same_key_again_answers_as_the_first_time(lead, alice, grant):
    grant(alice, 50)
    services.hold_lead(lead_id=lead.pk, buyer=alice)
    first = services.check_out(buyer=alice, idempotency_key="same")

    again = services.check_out(buyer=alice, idempotency_key="same")

    assert again == first
    assert billing.balance_credits(alice.organisation_id) == 40
    assert Purchase.objects.count() == 1


def test_a_second_tab_hears_that_the_first_has_bought(lead, alice, grant):
    grant(alice, 50)
    shown = [services.hold_lead(lead_id=lead.pk, buyer=alice).pk]
    services.check_out(buyer=alice, idempotency_key="first tab", claim_ids=shown)

    with pytest.raises(errors.HoldExpired, match="bought these leads already"):
        services.check_out(buyer=alice, idempotency_key="second tab", claim_ids=shown)

    assert billing.balance_credits(alice.organisation_id) == 40


def test_a_key_used_for_another_cart_is_refused(make_lead, alice, grant):
    grant(alice, 50)
    services.hold_lead(lead_id=make_lead().pk, buyer=alice)
    services.check_out(buyer=alice, idempotency_key="same")
    other = services.hold_lead(lead_id=make_lead().pk, buyer=alice)

    with pytest.raises(errors.IdempotencyKeyReused):
        services.check_out(buyer=alice, idempotency_key="same", claim_ids=[other.pk])

    assert billing.balance_credits(alice.organisation_id) == 40


def test_a_cart_that_cannot_be_paid_is_bought_not_even_in_part(make_lead, alice, grant):
    grant(alice, 15)
    for _ in range(2):
        services.hold_lead(lead_id=make_lead().pk, buyer=alice)

    with pytest.raises(InsufficientCredits) as refusal:
        services.check_out(buyer=alice, idempotency_key="k")

    assert refusal.value.facts == {"needed_credits": 20, "balance_credits": 15}
    assert billing.balance_credits(alice.organisation_id) == 15
    assert Claim.objects.live().count() == 2
    assert not Purchase.objects.exists()


def test_an_empty_cart_is_refused(alice):
    with pytest.raises(errors.CartEmpty):
        services.check_out(buyer=alice, idempotency_key="k")


def test_a_lead_withdrawn_while_held_is_not_charged(lead, alice, grant):
    grant(alice, 50)
    services.hold_lead(lead_id=lead.pk, buyer=alice)
    Lead.objects.filter(pk=lead.pk).update(state=Lead.State.WITHDRAWN)

    with pytest.raises(errors.LeadWithdrawn):
        services.check_out(buyer=alice, idempotency_key="k")

    assert billing.balance_credits(alice.organisation_id) == 50
    assert not Journal.objects.filter(key__startswith="buy:").exists()


def test_a_sold_lead_stays_sold(lead, alice, charlie, grant, clock):
    grant(alice, 50)
    services.hold_lead(lead_id=lead.pk, buyer=alice)
    services.check_out(buyer=alice, idempotency_key="k")
    clock.advance(days=400)

    with pytest.raises(errors.LeadUnavailable) as refusal:
        services.hold_lead(lead_id=lead.pk, buyer=charlie)

    assert refusal.value.facts["until"] is None


def test_two_copies_go_to_two_organisations(make_lead, alice, charlie, grant):
    shared = make_lead(copies=2)
    for buyer in (alice, charlie):
        grant(buyer, 10)
        services.hold_lead(lead_id=shared.pk, buyer=buyer)
        services.check_out(buyer=buyer, idempotency_key="k")

    assert Listing.objects.get().copies_left == 0
    assert {billing.balance_credits(buyer.organisation_id) for buyer in (alice, charlie)} == {0}


def test_the_contact_is_readable_through_a_sold_claim_alone(lead, alice, grant):
    grant(alice, 50)
    observation = lead.observations.get()
    Contact.objects.create(
        lead=lead, observation=observation, name="Casey Homeowner", phone="+15125550142", is_phone_fictitious=True
    )
    claim = services.hold_lead(lead_id=lead.pk, buyer=alice)
    with pytest.raises(Claim.DoesNotExist):
        delivery.unlock_contact(purchase=Purchase(claim=claim, lead=lead), viewer_id=alice.user_id)

    [purchase] = services.check_out(buyer=alice, idempotency_key="k")
    [contact] = delivery.unlock_contact(purchase=purchase, viewer_id=alice.user_id)

    assert (contact.name, contact.phone) == ("Casey Homeowner", "+15125550142")
    assert purchase.passport.channels["call"]["is_allowed"] is False
    assert purchase.passport.channels["post"]["is_allowed"] is True


def test_a_purchase_needs_a_sold_claim(lead, alice):
    claim = services.hold_lead(lead_id=lead.pk, buyer=alice)

    with pytest.raises(IntegrityError), transaction.atomic():
        Purchase.objects.create(
            claim=claim, lead=lead, membership=alice, organisation=alice.organisation, price_credits=10
        )


def test_the_books_balance_after_sales(make_lead, alice, grant):
    grant(alice, 50)
    for number in range(3):
        services.hold_lead(lead_id=make_lead().pk, buyer=alice)
        services.check_out(buyer=alice, idempotency_key=str(number))

    assert billing.world_sums() == {"credits": 0}
    assert billing.broken_wallets() == []
    assert list(
        Entry.objects.filter(account__code="wallet").values_list("balance_after", flat=True).order_by("id")
    ) == [
        50,
        40,
        30,
        20,
    ]
