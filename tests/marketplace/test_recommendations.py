"""Recommendations: from what a member asked for, bought and looked at, each with its reason."""

import re

import pytest

from leads.fair_housing import PROTECTED_TERMS
from marketplace import offering, selectors, services
from marketplace.models import Listing, SavedSearch

pytestmark = pytest.mark.django_db

BEST = "Among the best on offer now."


def reasons(member):
    return {one.listing.pk: one.reason for one in selectors.recommendations(member)}


def offer(make_lead, *, quality=50, **facts):
    lead = make_lead(**facts)
    Listing.objects.filter(pk=lead.pk).update(quality_score=quality)
    return lead.pk


def test_the_public_and_a_newcomer_see_the_best_on_offer(alice, make_lead):
    worse, better = offer(make_lead, quality=40), offer(make_lead, quality=90)

    assert list(reasons(None).items()) == [(better, BEST), (worse, BEST)]
    assert reasons(alice) == reasons(None)


def test_each_signal_gives_its_reason_and_they_take_turns(alice, grant, make_lead):
    grant(alice, 100)
    bought, dallas, denver, boise = (
        make_lead(city="Dallas"), offer(make_lead, city="Dallas"),
        offer(make_lead, city="Denver", state_code="CO"), offer(make_lead, city="Boise", state_code="ID"),
    )  # fmt: skip
    seen = make_lead(city="Denver", state_code="CO")
    offering.delist_lead(lead_id=seen.pk, reason="gone")
    services.save_search(member=alice, name="Idaho", query="state=ID", rhythm=SavedSearch.Rhythm.NEVER)
    services.hold_lead(lead_id=bought.pk, buyer=alice)
    services.check_out(buyer=alice, idempotency_key="one")
    services.note_view(lead_id=seen.pk, member=alice)

    found = reasons(alice)
    assert [found[lead] for lead in (boise, dallas, denver)] == [
        "Fits your search “Idaho”.",
        "Like what you bought: for sale by owner in Dallas, TX.",
        "Like what you looked at: for sale by owner in Denver, CO.",
    ]
    assert set(list(found)[:3]) == {boise, dallas, denver}


def test_what_is_bought_held_or_known_already_is_not_recommended(alice, charlie, grant, make_lead):
    grant(alice, 100)
    bought, held, of_another, free, gone = (make_lead() for _ in range(5))
    services.hold_lead(lead_id=bought.pk, buyer=alice)
    services.check_out(buyer=alice, idempotency_key="one")
    services.hold_lead(lead_id=held.pk, buyer=alice)
    services.hold_lead(lead_id=of_another.pk, buyer=charlie)
    offering.delist_lead(lead_id=gone.pk, reason="gone")

    assert set(reasons(alice)) == {free.pk}


def test_no_signal_is_narrower_than_a_city_or_speaks_of_people(alice, make_lead):
    lead = make_lead()
    services.note_view(lead_id=lead.pk, member=alice)

    says = " ".join(reasons(alice).values())

    assert lead.zip_code not in says
    assert set(re.findall(r"[a-z]+", says.lower())).isdisjoint(PROTECTED_TERMS)


def test_home_shows_them_with_their_reasons(alices, alice, client, lead):
    assert "and this page follows you" in alices.get("/").content.decode()
    services.save_search(member=alice, name="Austin homes", query="city=Austin", rhythm=SavedSearch.Rhythm.NEVER)

    page = alices.get("/").content.decode()
    assert "Fits your search “Austin homes”." in page
    assert "and this page follows you" not in page
    assert "Best on offer at this moment" in client.get("/").content.decode()
