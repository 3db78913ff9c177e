"""Credits that come without a form (design §4.8), and what both sides are told."""

import pytest
from django.core import mail
from django.db import connection, transaction

from aiqleads.core import events
from billing import selectors as billing
from leads import services as leads
from leads.events import LeadErased
from leads.merging import merge
from leads.models import Lead, Merge
from marketplace import errors, services
from marketplace.models import Claim, LeadSlot, Listing, Notification, Return
from marketplace.return_rules import Reason
from marketplace.services.crediting import SHOWN
from tests.leads.erased import empty
from tests.marketplace.returned import at_an_address, buy, record_elsewhere

pytestmark = pytest.mark.django_db


def balance(member) -> int:
    return billing.balance_credits(member.organisation_id)


def shown_active(lead: Lead, **when) -> None:
    """A listing service shows the home; the lead is scored again, as after any news."""
    record_elsewhere(lead, status="active", **when)
    services.credit_shown_active(lead_id=lead.pk)


def test_a_home_shown_by_its_mls_is_credited_without_a_form(lead, alice):
    bought = buy(at_an_address(lead), alice)

    shown_active(lead)
    connection.check_constraints()

    asked = Return.objects.get()
    assert (asked.purchase, asked.state, asked.ground, asked.membership) == (
        bought,
        "accepted",
        "shown_active",
        None,
    )
    assert balance(alice) == 10
    assert LeadSlot.objects.get().closed_at is not None
    [told] = Notification.objects.all()
    assert (told.membership, told.kind, told.path) == (alice, "credited", f"/purchases/{bought.pk}/")
    assert told.says == f"10 credits are back: For sale by owner in Austin. {SHOWN}"


def test_the_same_news_again_credits_once(lead, alice):
    buy(at_an_address(lead), alice)
    shown_active(lead)

    assert services.credit_shown_active(lead_id=lead.pk) == 0

    assert (balance(alice), Return.objects.count(), Notification.objects.count()) == (10, 1, 1)


def test_what_is_shown_after_the_window_is_not_credited(lead, alice, clock):
    buy(at_an_address(lead), alice)
    clock.advance(days=15)

    shown_active(lead)

    assert (balance(alice), Return.objects.count()) == (0, 0)


def test_what_was_shown_in_time_is_credited_though_we_look_late(lead, alice, clock):
    buy(at_an_address(lead), alice)
    clock.advance(days=15)

    shown_active(lead, days_ago=2)

    assert balance(alice) == 10


def test_another_unit_of_the_building_proves_nothing(lead, alice):
    buy(at_an_address(lead), alice)
    record = record_elsewhere(lead, status="active")
    record.facts["unit"] = "12b"
    record.save(update_fields=["facts"])

    assert services.credit_shown_active(lead_id=lead.pk) == 0


def test_a_return_that_waits_or_was_refused_is_settled_by_it(make_lead, alice, olga):
    waits, refused = (buy(at_an_address(make_lead()), alice) for _ in range(2))
    for purchase in (waits, refused):
        services.request_return(purchase_id=purchase.pk, buyer=alice, reason=Reason.OUT_OF_AREA)
    services.decide_return(
        return_id=refused.return_request.pk, is_accepted=False, says="It lies in your area.", actor_id=olga.pk
    )

    for purchase in (waits, refused):
        services.credit_erased(lead_id=purchase.lead_id)
    connection.check_constraints()

    assert set(Return.objects.values_list("reason", "state", "ground")) == {("out_of_area", "accepted", "erased")}
    assert balance(alice) == 20
    assert not LeadSlot.objects.exclude(replaces=None).exists()


def test_a_sold_lead_that_is_erased_is_credited_by_its_event(lead, alice):
    buy(lead, alice)
    empty(lead)

    with transaction.atomic():
        events.publish(LeadErased(lead_id=lead.pk))
    events.deliver_all()

    assert (balance(alice), Return.objects.get().ground) == (10, "erased")
    assert any("Delete what you kept of it." in letter.body for letter in mail.outbox)


def test_the_mls_feed_alone_leads_to_the_credit(open_source, alice):
    """From a listing that an MLS brings to the wallet, by events alone."""
    from tests.leads.test_pipeline import record

    leads.ingest(record=record(), source=open_source)
    events.deliver_all()
    lead = Lead.objects.get(state="active")
    price = buy_at_its_price(lead, alice)
    before = balance(alice)

    record_elsewhere(lead, status="active")
    leads.assess_lead(lead_id=lead.pk)
    events.deliver_all()

    assert Lead.objects.get(pk=lead.pk).state == "withdrawn"
    assert balance(alice) == before + price


def test_who_bought_is_told_of_each_decision(lead, alice, bob, olga):
    bought = buy(lead, alice)
    asked = services.request_return(purchase_id=bought.pk, buyer=alice, reason=Reason.WRONG_NUMBER)
    decision = {"return_id": asked.pk, "is_accepted": False, "actor_id": olga.pk}
    services.decide_return(**decision, says="It rang.")
    services.appeal_return(purchase_id=bought.pk, buyer=alice, explanation="At a pizza parlour.")
    services.decide_return(**decision, says="It rang again.")

    events.deliver_all()

    refused = "Your return is refused: For sale by owner in Austin."
    assert [letter.subject for letter in mail.outbox] == [f"{refused} It rang.", f"{refused} It rang again."]
    assert {letter.to[0] for letter in mail.outbox} == {"alice@example.com"}


def buy_at_its_price(lead, buyer) -> int:
    from tests.conftest import give_credits

    give_credits(buyer, 200)
    services.hold_lead(lead_id=lead.pk, buyer=buyer)
    [bought] = services.check_out(buyer=buyer, idempotency_key="k")
    return bought.price_credits


# Two leads, one home.


def prove_to_be_one(winner: Lead, loser: Lead) -> None:
    with transaction.atomic():
        merge(winner, [loser])
    events.deliver_all()


@pytest.mark.parametrize("earlier_is", ["winner", "loser"])
def test_of_two_buyers_of_one_home_the_later_is_credited_and_both_are_told(make_lead, alice, charlie, earlier_is):
    earlier, later = make_lead(), make_lead()
    kept, doubled = buy(earlier, alice), buy(later, charlie)

    prove_to_be_one(*((earlier, later) if earlier_is == "winner" else (later, earlier)))
    connection.check_constraints()

    assert (balance(alice), balance(charlie)) == (0, 10)
    assert set(Claim.objects.values_list("lead", "state")) == {(earlier.pk, "sold"), (later.pk, "returned")}
    told = dict(Notification.objects.values_list("path", "says"))
    assert "had been sold a second time" in told[kept.get_absolute_url()]
    assert "10 credits are back" in told[doubled.get_absolute_url()]
    assert sorted(letter.to[0] for letter in mail.outbox) == ["alice@example.com", "charlie@example.com"]
    assert not Listing.objects.offered().exists()


def test_it_is_credited_long_after_the_window_and_once(make_lead, alice, charlie, clock):
    earlier, later = make_lead(), make_lead()
    buy(earlier, alice)
    buy(later, charlie)
    clock.advance(days=200)
    prove_to_be_one(earlier, later)

    services.credit_sold_twice(lead_id=earlier.pk)

    assert (balance(charlie), Return.objects.count(), Notification.objects.count()) == (10, 1, 2)


def test_whose_earlier_buyer_gave_it_back_keeps_what_they_bought(make_lead, alice, charlie, olga):
    earlier, later = make_lead(), make_lead()
    first = buy(earlier, alice)
    buy(later, charlie)
    asked = services.request_return(purchase_id=first.pk, buyer=alice, reason=Reason.OUT_OF_AREA)
    services.decide_return(return_id=asked.pk, is_accepted=True, says="So it is.", actor_id=olga.pk)

    prove_to_be_one(later, earlier)

    assert balance(charlie) == 0
    assert Claim.objects.get(lead=later).state == "sold"


def test_undoing_the_merge_reopens_nothing(make_lead, alice, charlie, olga):
    earlier, later = make_lead(), make_lead()
    buy(earlier, alice)
    buy(later, charlie)
    for lead in (earlier, later):
        lead.observations.update(facts={"kind": "fsbo", "unit": ""})
    prove_to_be_one(earlier, later)

    Merge.objects.update(observation_ids=[])
    leads.undo_merge(merge_id=Merge.objects.get().pk, actor_id=olga.pk)

    assert (balance(alice), balance(charlie)) == (0, 10)
    assert Claim.objects.get(lead=later).state == "returned"
    assert LeadSlot.objects.get(lead=later).closed_at is not None
    assert not Listing.objects.offered().exists()


def test_a_copy_of_a_home_sold_as_another_lead_is_not_sold_again(make_lead, alice, charlie, olga):
    """Out of area, a reason that sells again; but the home was delivered as another lead, too."""
    earlier, later = make_lead(), make_lead()
    first = buy(earlier, alice)
    buy(later, charlie)
    prove_to_be_one(earlier, later)
    asked = services.request_return(purchase_id=first.pk, buyer=alice, reason=Reason.OUT_OF_AREA)

    services.decide_return(return_id=asked.pk, is_accepted=True, says="So it is.", actor_id=olga.pk)

    assert not LeadSlot.objects.exclude(replaces=None).exists()
    assert not Listing.objects.offered().exists()


def test_held_and_then_withdrawn_is_released_with_the_reason_and_not_charged(lead, alice, grant):
    grant(alice, 50)
    held = services.hold_lead(lead_id=lead.pk, buyer=alice)
    leads.withdraw_lead(lead_id=lead.pk, reason="its owner withdrew it")

    with pytest.raises(errors.LeadWithdrawn):
        services.check_out(buyer=alice, idempotency_key="before the event")
    events.deliver_all()
    with pytest.raises(errors.HoldExpired):
        services.check_out(buyer=alice, idempotency_key="after it", claim_ids=[held.pk])

    held.refresh_from_db()
    assert (held.state, held.release_reason) == ("released", "its owner withdrew it")
    assert balance(alice) == 50
    assert {errors.LeadWithdrawn.status, errors.HoldExpired.status} == {422}
