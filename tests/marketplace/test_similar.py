"""Leads like one that is looked at: free ones alone, the likest first, at every door."""

import pytest

from leads import vectors
from marketplace import selectors, services
from marketplace.models import Listing

pytestmark = pytest.mark.django_db


@pytest.fixture
def condos(make_lead):
    """A condo, two like it, and land somewhere else, with their vectors."""
    facts = {"property_type": "condo", "city": "Miami", "state_code": "FL"}
    leads = [make_lead(beds=beds, **facts) for beds in (2, 2, 3)]
    leads.append(
        make_lead(property_type="land", beds=None, baths=None, area_sqft=None, city="Tulsa", state_code="OK")
    )
    vectors.write_due()
    return leads


def similar(lead, **how):
    return [offer.pk for offer in selectors.similar_offers(lead.listing, **how)]


def test_the_likest_come_first(condos):
    condo, twin, bigger, _land = condos

    assert similar(condo) == [twin.pk, bigger.pk]  # and not the land of another state
    assert similar(condo, limit=1) == [twin.pk]


def test_what_somebody_holds_or_nobody_is_offered_is_left_out(condos, alice):
    condo, twin, bigger, _land = condos
    services.hold_lead(lead_id=twin.pk, buyer=alice)
    assert similar(condo)[0] == bigger.pk

    Listing.objects.filter(pk=bigger.pk).update(delisted_at="2026-01-01T00:00Z")

    assert not {twin.pk, bigger.pk} & set(similar(condo))


def test_beyond_many_taken_neighbours_free_ones_are_found(condos, alice):
    condo, twin, bigger, _land = condos
    services.hold_lead(lead_id=twin.pk, buyer=alice)

    assert similar(condo, looked_at=1)[0] == bigger.pk


def test_the_api_and_the_page_show_the_same(condos, client):
    condo, twin, bigger, _land = condos

    told = client.get(f"/api/v1/leads/{condo.pk}/similar/").json()
    page = client.get(f"/leads/{condo.pk}/").content.decode()

    assert [item["id"] for item in told][:2] == [str(twin.pk), str(bigger.pk)]
    assert told[0]["city"] == "Miami"
    shown = page.partition("Similar leads")[2]
    assert shown.index(str(twin.pk)) < shown.index(str(bigger.pk))


def test_a_lead_without_a_vector_has_none_like_it(make_lead, client):
    lead = make_lead()

    assert client.get(f"/api/v1/leads/{lead.pk}/similar/").json() == []
    assert "Similar leads" not in client.get(f"/leads/{lead.pk}/").content.decode()


def test_no_lead_has_none_like_it(client, db):
    assert client.get("/api/v1/leads/00000000-0000-0000-0000-000000000007/similar/").status_code == 404
