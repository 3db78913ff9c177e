"""Text twins of different sources are put before an operator, and nothing is merged."""

import pytest

from aiqleads.core import events
from aiqleads.core.models import OutboxEvent
from leads import services, vectors
from leads.models import DoubtfulPair, Lead
from tests.conftest import make_source
from tests.leads.test_pipeline import record

pytestmark = pytest.mark.django_db
NOWHERE = {"address": None, "parsed_address": None, "lat": None, "lng": None, "phones": (), "contact_name": None}
WORDS = "A house of the thirties with its first oak floors, a deep porch, two pecan trees and a shed with power."


def advertise(source, **facts):
    """An advert without address and phone, judged."""
    services.ingest(record=record(**{**NOWHERE, "description": WORDS, **facts}), source=source)
    events.deliver_all()


@pytest.fixture
def elsewhere(db):
    return make_source("elsewhere", may_list=True)


def test_two_sites_that_tell_the_same_of_a_home_are_put_beside_each_other(open_source, elsewhere):
    advertise(open_source, external_id="one")
    advertise(elsewhere, external_id="two")
    Lead.objects.update(state="active")
    OutboxEvent.objects.all().delete()
    assert not DoubtfulPair.objects.exists()

    vectors.write_due()

    pair = DoubtfulPair.objects.get()
    assert {pair.first_id, pair.second_id} == set(Lead.objects.values_list("pk", flat=True))
    assert pair.state == DoubtfulPair.State.OPEN
    brought_up = {item["part"]: (item["points"], item["says"]) for item in pair.evidence}
    assert brought_up["reads alike"] == (0, "What the public may know of them reads alike (100%).")
    assert set(Lead.objects.values_list("state", flat=True)) == {"active"}
    told = OutboxEvent.objects.filter(name="lead.changed").values_list("payload__lead_id", flat=True)
    assert set(told) == {str(pair.first_id), str(pair.second_id)}  # the later one waits for the operator's word


@pytest.mark.parametrize(
    "facts",
    [
        {"zip": "78741"},
        {"beds": 5, "area_sqft": 3900, "asking_price": 900_000, "description": "A barn."},
        {"kind": "buyer_enquiry"},
    ],
)
def test_what_does_not_read_alike_is_left_alone(open_source, elsewhere, facts):
    advertise(open_source, external_id="one")
    advertise(elsewhere, external_id="two", **facts)
    Lead.objects.update(state="active")

    vectors.write_due()

    assert not DoubtfulPair.objects.exists()


def test_two_adverts_of_one_site_are_two_homes(open_source):
    advertise(open_source, external_id="one")
    advertise(open_source, external_id="two")
    Lead.objects.update(state="active")

    vectors.write_due()

    assert Lead.objects.count() == 2
    assert not DoubtfulPair.objects.exists()


def test_what_an_operator_decided_is_not_asked_again(open_source, elsewhere, olga):
    advertise(open_source, external_id="one")
    advertise(elsewhere, external_id="two")
    Lead.objects.update(state="active")
    vectors.write_due()
    one, other = Lead.objects.values_list("pk", flat=True)
    services.keep_apart(one_id=one, other_id=other, actor_id=olga.pk)

    Lead.objects.update(city="Round Rock")
    vectors.write_due()

    assert DoubtfulPair.objects.get().state == DoubtfulPair.State.DIFFERENT
