"""An operator's word outranks every crawl until it is taken back, and gives no right."""

from decimal import Decimal

import pytest

from aiqleads.core import events
from aiqleads.core.models import AuditEntry
from leads import corrections, errors, services
from leads.models import Lead, Observation, SourceRight
from marketplace.models import Listing
from tests.conftest import make_source
from tests.leads.erased import empty
from tests.leads.test_grouping import bring

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead_id(open_source):
    return bring(open_source, external_id="a1").lead_id


def correct(lead_id, olga, **said):
    return services.correct_lead(lead_id=lead_id, corrections=said, reason="Asked the owner", actor_id=olga.pk)


def test_a_correction_outranks_crawls_and_survives_them(lead_id, open_source, olga, clock):
    best = make_source("best-site", may_list=True)
    best.trust_percent = 100
    best.save()
    correct(lead_id, olga, beds=4, asking_price="420,000")
    clock.advance(days=1)

    bring(open_source, external_id="a1", beds=5, asking_price=Decimal(1))
    bring(best, external_id="x", beds=2)
    events.deliver_all()

    lead = Lead.objects.get(pk=lead_id)
    assert (lead.beds, lead.asking_price_cents, lead.baths) == (4, 420_000_00, 2)
    assert Observation.objects.get(pk=lead.provenance["beds"]).source_id == "operator"
    assert Listing.objects.get().beds == 4


def test_the_newest_correction_of_a_field_counts_beside_the_others(lead_id, olga):
    correct(lead_id, olga, beds=4, baths="1.5")

    lead = correct(lead_id, olga, beds=6)

    lead.refresh_from_db()
    assert (lead.beds, lead.baths) == (6, Decimal("1.5"))
    assert corrections.in_force(lead) == {"beds": 6, "baths": 1.5}
    assert AuditEntry.objects.filter(action="lead.corrected", actor=olga).count() == 2


def test_what_is_taken_back_is_told_by_the_adverts_again(lead_id, olga):
    correct(lead_id, olga, beds=4, baths=1)

    services.take_back_correction(lead_id=lead_id, fields=["beds"], actor_id=olga.pk)

    lead = Lead.objects.get(pk=lead_id)
    assert (lead.beds, lead.baths) == (3, 1)
    with pytest.raises(errors.UnusableCorrection):
        services.take_back_correction(lead_id=lead_id, fields=["beds"], actor_id=olga.pk)


def test_a_correction_keeps_no_advert_alive(lead_id, open_source, olga):
    correct(lead_id, olga, beds=4)
    events.deliver_all()

    services.mark_gone(source=open_source, external_id="a1")
    events.deliver_all()

    assert Lead.objects.get().state_reason == "no longer advertised"


def test_a_correction_gives_no_right_to_list(olga):
    closed = make_source("closed-site", may_list=False)
    lead_id = bring(closed, external_id="a1").lead_id

    correct(lead_id, olga, beds=4)
    events.deliver_all()

    assert Lead.objects.get().beds == 4
    assert not Listing.objects.exists()
    assert SourceRight.objects.get(source="operator").may_list is False


def test_a_corrected_address_is_where_the_home_is_known(lead_id, open_source, olga):
    correct(lead_id, olga, address="1508 N 116th St")

    there = bring(open_source, external_id="b", phones=(), line="1508 North 116th Street").lead_id
    where_it_was = bring(open_source, external_id="c", phones=()).lead_id

    assert there == lead_id != where_it_was
    assert Lead.objects.get(pk=lead_id).address_line == "1508 N 116th St"


def test_a_rent_stays_a_rent_when_it_is_corrected(open_source, olga):
    lead_id = bring(open_source, external_id="r", kind="rental_owner", price_period="month").lead_id

    correct(lead_id, olga, asking_price=2100)

    lead = Lead.objects.get(pk=lead_id)
    assert (lead.asking_price_cents, lead.price_period) == (2100_00, "month")


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"state": "active"},
        {"beds": "many"},
        {"beds": "nan"},
        {"beds": 2.5},
        {"area_sqft": -4},
        {"asking_price": "1e30"},
        {"property_type": "castle"},
        {"kind": "gift"},
        {"address": "somewhere"},
        {"zip_code": "12"},
        {"state_code": "Atlantis"},
        {"city": ""},
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(lead_id, olga, said):
    with pytest.raises(errors.UnusableCorrection):
        correct(lead_id, olga, **said)

    assert not Observation.objects.filter(source="operator").exists()
    assert not AuditEntry.objects.filter(action="lead.corrected").exists()


def test_a_merged_lead_is_not_corrected(lead_id, olga):
    empty(Lead.objects.get())

    with pytest.raises(errors.LeadClosed):
        correct(lead_id, olga, beds=4)
