"""Checkout: every line or none, at the price that was held, once."""

from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from aiqleads.core import idempotency
from aiqleads.core.models import OutboxEvent
from billing import selectors as billing
from billing.errors import InsufficientCredits
from billing.invariants import broken
from billing.models import Entry, Journal
from leads.models import Contact, Lead
from marketplace import delivery, errors, offering, selectors, services
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

    with pytest.raises(idempotency.KeyReused):
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

    assert broken() == []
    assert list(
        Entry.objects.filter(account__kind="granted").values_list("balance_after", flat=True).order_by("id")
    ) == [
        50,
        40,
        30,
        20,
    ]


def hold_each(leads, buyer) -> list[Claim]:
    return [services.hold_lead(lead_id=lead.pk, buyer=buyer) for lead in leads]


def test_a_lost_line_is_named_with_what_is_left_and_the_rest_can_be_bought(make_lead, alice, grant, clock):
    grant(alice, 50)
    [early] = hold_each([make_lead(price_credits=12)], alice)
    clock.advance(minutes=3)
    kept = hold_each([make_lead(), make_lead()], alice)
    clock.advance(minutes=2)

    with pytest.raises(errors.HoldExpired) as refusal:
        services.check_out(buyer=alice, idempotency_key="all", claim_ids=[early.pk, *(one.pk for one in kept)])
    facts = refusal.value.facts
    charged = 50 - billing.balance_credits(alice.organisation_id)
    bought = services.check_out(
        buyer=alice,
        idempotency_key="rest",
        claim_ids=[UUID(item) for item in facts["left"]["items"]],
        total_credits=facts["left"]["total_credits"],
    )

    why = f"The hold ended at {early.until:%H:%M:%S} UTC."
    assert facts["lost"] == [{"item": str(early.pk), "lead": str(early.lead_id), "why": why}]
    assert facts["left"]["total_credits"] == 20
    assert charged == 0
    assert {purchase.claim_id for purchase in bought} == {one.pk for one in kept}
    assert billing.balance_credits(alice.organisation_id) == 30


def test_every_lead_that_was_withdrawn_is_named(make_lead, alice, grant):
    grant(alice, 50)
    withdrawn, also_withdrawn, fine = hold_each([make_lead(), make_lead(), make_lead()], alice)
    gone = [withdrawn.lead_id, also_withdrawn.lead_id]
    Lead.objects.filter(pk__in=gone).update(state=Lead.State.WITHDRAWN)

    with pytest.raises(errors.LeadWithdrawn) as refusal:
        services.check_out(buyer=alice, idempotency_key="k")

    assert {line["lead"] for line in refusal.value.facts["lost"]} == {str(lead_id) for lead_id in gone}
    assert refusal.value.facts["left"] == {"items": [str(fine.pk)], "total_credits": 10}
    assert billing.balance_credits(alice.organisation_id) == 50
    assert not Journal.objects.filter(key__startswith="buy:").exists()


def test_a_hold_that_was_released_with_a_reason_says_it_at_the_checkout(lead, alice, grant):
    grant(alice, 50)
    [claim] = hold_each([lead], alice)
    offering.delist_lead(lead_id=lead.pk, reason="its owner asked for it")

    with pytest.raises(errors.HoldExpired) as refusal:
        services.check_out(buyer=alice, idempotency_key="k", claim_ids=[claim.pk])

    [line] = refusal.value.facts["lost"]
    assert line["why"] == "It is no longer offered: its owner asked for it."
    assert billing.balance_credits(alice.organisation_id) == 50


def test_a_total_other_than_the_one_shown_is_not_charged(make_lead, alice, grant):
    grant(alice, 50)
    hold_each([make_lead(), make_lead()], alice)

    with pytest.raises(errors.CartChanged) as refusal:
        services.check_out(buyer=alice, idempotency_key="k", total_credits=10)

    assert refusal.value.facts == {"total_credits": 20}
    assert billing.balance_credits(alice.organisation_id) == 50
    assert not Purchase.objects.exists()


def test_a_receipt_tells_the_balance_before_and_after_for_good(make_lead, alice, grant):
    grant(alice, 50)
    hold_each([make_lead(), make_lead()], alice)
    bought = services.check_out(buyer=alice, idempotency_key="k", total_credits=20)
    grant(alice, 100)

    receipt = selectors.receipt(buyer=alice, bought=bought)

    assert (receipt.balance_before_credits, receipt.total_credits, receipt.balance_after_credits) == (50, 20, 30)


def test_a_hold_and_a_checkout_send_few_statements_however_long_the_cart_is(
    make_lead, alice, grant, django_assert_num_queries
):
    grant(alice, 50)
    hold_each([make_lead()], alice)
    services.check_out(buyer=alice, idempotency_key="there is a cart, and the house has its account")
    another = make_lead()

    with django_assert_num_queries(7):
        claim = services.hold_lead(lead_id=another.pk, buyer=alice)
    with django_assert_num_queries(7):
        services.release_claim(claim_id=claim.pk, buyer=alice)
    for number in (1, 3):
        hold_each([make_lead() for _ in range(number)], alice)
        with django_assert_num_queries(17):
            services.check_out(buyer=alice, idempotency_key=str(number))
