"""One home is sold once, whatever number of leads it was before it proved to be one."""

import pytest
from django.db import IntegrityError, transaction

from aiqleads.core import clock, events
from leads.merging import merge
from leads.models import Lead
from marketplace import errors, offering, services
from marketplace.models import Claim, Listing

pytestmark = pytest.mark.django_db


def buy(lead: Lead, buyer) -> None:
    services.hold_lead(lead_id=lead.pk, buyer=buyer)
    services.check_out(buyer=buyer, idempotency_key=str(lead.pk))


def prove_to_be_one(winner: Lead, *losers: Lead) -> None:
    with transaction.atomic():
        merge(winner, losers)
    events.deliver_all()


def test_the_loser_is_taken_off_and_its_copy_is_closed(make_lead, alice):
    winner, loser = make_lead(), make_lead()
    services.hold_lead(lead_id=loser.pk, buyer=alice)

    prove_to_be_one(winner, loser)

    assert Claim.objects.get().release_reason == "the same home as another lead"
    assert loser.slots.get().closed_at is not None
    assert winner.slots.get().closed_at is None
    assert list(Listing.objects.offered()) == [winner.listing]


def test_what_was_sold_under_another_name_is_not_sold_again(make_lead, alice, charlie, grant):
    winner, loser = make_lead(), make_lead()
    grant(alice, 50)
    buy(loser, alice)
    services.hold_lead(lead_id=winner.pk, buyer=charlie)

    prove_to_be_one(winner, loser)

    assert Claim.objects.get(lead=winner).release_reason == "the same home was sold before"
    assert not Listing.objects.offered().exists()
    assert Claim.objects.get(lead=loser).state == "sold"
    assert loser.slots.get().closed_at is None
    with pytest.raises(errors.LeadUnavailable):
        services.hold_lead(lead_id=winner.pk, buyer=charlie)


def test_a_lead_quoted_after_the_merge_is_not_listed_again(make_lead, alice, grant):
    winner, loser = make_lead(), make_lead()
    grant(alice, 50)
    buy(loser, alice)
    prove_to_be_one(winner, loser)

    assert offering.list_lead(lead_id=winner.pk) is None
    assert not Listing.objects.offered().exists()


def test_a_sale_is_remembered_through_two_merges(make_lead, alice, grant):
    last, winner, loser = make_lead(), make_lead(), make_lead()
    grant(alice, 50)
    buy(loser, alice)
    prove_to_be_one(winner, loser)

    prove_to_be_one(last, winner)

    assert last.slots.get().closed_at is not None
    assert not Listing.objects.offered().exists()


def test_the_same_news_again_changes_nothing(make_lead, alice, grant):
    winner, loser = make_lead(), make_lead()
    grant(alice, 50)
    buy(loser, alice)
    prove_to_be_one(winner, loser)
    before = list(Listing.objects.order_by("pk").values())

    offering.close_merged(winner_id=winner.pk, loser_id=loser.pk)

    assert list(Listing.objects.order_by("pk").values()) == before


def test_a_copy_is_closed_only_while_nobody_has_it(lead, alice):
    services.hold_lead(lead_id=lead.pk, buyer=alice)

    with pytest.raises(IntegrityError, match="somebody has this copy"), transaction.atomic():
        lead.slots.update(closed_at=clock.Now())

    assert Listing.objects.get().copies_left == 1


def test_a_closed_copy_stays_closed(lead):
    lead.slots.update(closed_at=clock.Now())

    with pytest.raises(IntegrityError, match="a closed copy stays closed"), transaction.atomic():
        lead.slots.update(closed_at=None)

    assert Listing.objects.get().copies_left == 0
