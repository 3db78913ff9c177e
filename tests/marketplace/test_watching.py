"""The watchlist, price drops, what was looked at, and offers side by side."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from aiqleads.core import events
from billing import services as money
from marketplace import errors, offering, selectors, services
from marketplace.events import LeadPriced
from marketplace.models import Listing, Notification, ViewedLead, WatchedLead
from marketplace.services import watching
from pricing.models import Quote
from tests.billing.subscribed import subscribe

pytestmark = pytest.mark.django_db


def price(lead, price_credits):
    """Another price, as quoting brings it."""
    quote = Quote.objects.create(lead=lead, price_credits=price_credits, parts=[], model_version="test")
    Listing.objects.filter(pk=lead.pk).update(price_credits=price_credits, quote=quote)
    services.tell_watchers_of_price(lead_id=lead.pk)


def told(member):
    return list(Notification.objects.filter(membership=member).order_by("made_at").values_list("says", flat=True))


def test_watching_twice_is_watching_once_and_ends_when_told_to(lead, alice):
    first = services.watch_lead(lead_id=lead.pk, member=alice)
    assert services.watch_lead(lead_id=lead.pk, member=alice) == first
    assert selectors.watched_leads(alice, [lead.pk]) == {lead.pk}

    services.unwatch_lead(lead_id=lead.pk, member=alice)
    services.unwatch_lead(lead_id=lead.pk, member=alice)

    assert selectors.watched_leads(alice, [lead.pk]) == set()


def test_a_lead_that_is_not_offered_cannot_be_watched(lead, alice):
    offering.delist_lead(lead_id=lead.pk, reason="gone")

    with pytest.raises(errors.LeadWithdrawn):
        services.watch_lead(lead_id=lead.pk, member=alice)
    assert not WatchedLead.objects.exists()


def test_a_full_watchlist_takes_no_more(make_lead, alice, monkeypatch):
    kept, refused = make_lead(), make_lead()
    services.watch_lead(lead_id=kept.pk, member=alice)
    WatchedLead.objects.bulk_create(
        WatchedLead(membership=alice, listing_id=make_lead().pk, told_credits=10)
        for _ in range(watching.MOST_WATCHED - 1)
    )

    with pytest.raises(errors.WatchlistFull):
        services.watch_lead(lead_id=refused.pk, member=alice)
    assert services.watch_lead(lead_id=kept.pk, member=alice)


def test_a_drop_is_told_once_to_those_who_watch(lead, alice, charlie):
    services.watch_lead(lead_id=lead.pk, member=alice)

    price(lead, 7)
    services.tell_watchers_of_price(lead_id=lead.pk)

    assert told(alice) == ["Hidden Creek Road costs 7 credits, 3 less than before"]
    assert told(charlie) == []
    assert Notification.objects.get().path == f"/leads/{lead.pk}/"


def test_a_drop_is_told_in_what_it_costs_with_the_plan(make_lead, alice, charlie):
    subscribe(alice, "premium")
    dear, cheap = make_lead(price_credits=100), make_lead(price_credits=4)
    for lead, member in ((dear, alice), (dear, charlie), (cheap, alice)):
        services.watch_lead(lead_id=lead.pk, member=member)

    price(dear, 80)
    price(cheap, 3)

    assert told(charlie) == ["Hidden Creek Road costs 80 credits, 20 less than before"]
    costs = "Hidden Creek Road costs {} credits, {} less than before"
    assert sorted(told(alice)) == [costs.format(3, 1), costs.format(72, 18)]


def test_a_drop_that_rounding_swallows_is_told_nobody(make_lead, alice, olga):
    money.revise_plan(code="premium", actor_id=olga.pk, reason="Half", discount_percent=50)
    subscribe(alice, "premium")
    lead = make_lead(price_credits=2)
    services.watch_lead(lead_id=lead.pk, member=alice)

    price(lead, 1)

    assert told(alice) == []


def test_a_rise_is_not_told_but_a_drop_counts_from_there(lead, alice):
    services.watch_lead(lead_id=lead.pk, member=alice)

    price(lead, 20)
    price(lead, 15)

    assert told(alice) == ["Hidden Creek Road costs 15 credits, 5 less than before"]


def test_a_drop_reaches_watchers_by_the_event(lead, alice, django_capture_on_commit_callbacks):
    services.watch_lead(lead_id=lead.pk, member=alice)
    quote = Quote.objects.create(lead=lead, price_credits=4, parts=[], model_version="test")
    Listing.objects.filter(pk=lead.pk).update(price_credits=4, quote=quote)

    events.publish(LeadPriced(lead_id=lead.pk, price_credits=4))
    events.deliver_all()

    assert told(alice) == ["Hidden Creek Road costs 4 credits, 6 less than before"]


def test_the_price_of_a_withdrawn_lead_is_told_nobody(lead, alice):
    services.watch_lead(lead_id=lead.pk, member=alice)
    offering.delist_lead(lead_id=lead.pk, reason="gone")

    price(lead, 1)

    assert told(alice) == []


def test_the_page_of_a_lead_watches_and_stops_watching(alices, lead):
    watched = alices.post(f"/leads/{lead.pk}/watch/", {"next": "/watchlist/"})
    shown = alices.get(f"/leads/{lead.pk}/").content.decode()
    stopped = alices.post(f"/leads/{lead.pk}/unwatch/", {"next": "https://elsewhere.example.com/"})

    assert watched["Location"] == "/watchlist/"
    assert "Watch no longer" in shown
    assert stopped["Location"] == f"/leads/{lead.pk}/"
    assert not WatchedLead.objects.exists()


def test_the_watchlist_shows_what_was_added_last_first_in_few_queries(alices, alice, make_lead):
    leads = [make_lead() for _ in range(5)]
    for lead in leads:
        services.watch_lead(lead_id=lead.pk, member=alice)

    with CaptureQueriesContext(
        connection,
    ) as few:
        shown = alices.get("/watchlist/")
    for _ in range(10):
        services.watch_lead(lead_id=make_lead().pk, member=alice)
    with CaptureQueriesContext(connection) as many:
        alices.get("/watchlist/")

    assert [card.listing.pk for card in shown.context["cards"]] == [lead.pk for lead in reversed(leads)]
    assert len(few) == len(many)


def test_what_a_member_looked_at_is_remembered_newest_first(alices, alice, make_lead, lead):
    gone, other = make_lead(), make_lead()
    for seen in (lead, gone, other, lead):
        alices.get(f"/leads/{seen.pk}/")
    offering.delist_lead(lead_id=gone.pk, reason="gone")

    assert [offer.pk for offer in selectors.recently_viewed(alice, limit=8)] == [lead.pk, other.pk]
    assert ViewedLead.objects.count() == 3


def test_what_is_watched_is_not_shown_a_second_time_below(alices, alice, lead):
    alices.get(f"/leads/{lead.pk}/")
    services.watch_lead(lead_id=lead.pk, member=alice)

    assert selectors.recently_viewed(alice, limit=8) == []


def test_a_part_of_a_page_and_a_visitor_leave_no_trace(client, alices, lead):
    client.get(f"/leads/{lead.pk}/")
    alices.get(f"/leads/{lead.pk}/", headers={"HX-Request": "true", "HX-Target": "lead-offer"})
    alices.get("/leads/00000000-0000-4000-8000-000000000000/")

    assert not ViewedLead.objects.exists()


def test_four_leads_stand_side_by_side_as_they_were_asked_for(client, make_lead):
    asked = [make_lead().pk for _ in range(5)]

    shown = client.get("/compare/", {"lead": [*map(str, asked), str(asked[0]), "nonsense"]})

    assert [card.listing.pk for card in shown.context["cards"]] == asked[:4]
    assert "1 left out" in shown.content.decode()
    assert "No lead marked" in client.get("/compare/").content.decode()
