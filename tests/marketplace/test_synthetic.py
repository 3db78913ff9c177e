"""Leads for tests of scale: offered like any other, refused where people buy."""

import json

import pytest
from django.core.management import CommandError, call_command

from leads import services as leads
from leads import sightings
from leads.address import parse_address
from leads.models import Contact, Lead, Observation, Source
from leads.records import ListingRecord
from marketplace import services, synthetic
from marketplace.models import Listing

pytestmark = pytest.mark.django_db


@pytest.fixture
def in_debug(settings):
    settings.DEBUG = True


def facts() -> list[tuple[object, ...]]:
    shown = ("zip_code", "street", "kind", "asking_price_cents", "quality_score", "price_credits")
    return list(Listing.objects.order_by("pk").values_list(*shown))


def test_they_are_offered_and_can_be_held(in_debug, alice, capsys):
    call_command("load_leads", 40, json=True)

    report = json.loads(capsys.readouterr().out)
    assert (report["loaded"], report["total"]) == (40, 40)
    assert Listing.objects.offered().count() == Lead.objects.filter(state="active").count() == 40
    listing = Listing.objects.first()
    assert services.hold_lead(lead_id=listing.pk, buyer=alice).list_price_credits == listing.price_credits


def test_equal_seeds_make_equal_leads(in_debug):
    synthetic.load(count=15, seed=7)
    first = facts()
    with_another_seed = synthetic.load(count=15, seed=7)

    assert with_another_seed == 30
    assert len(set(facts())) == 30
    assert set(first) < set(facts())


def test_the_pipeline_can_judge_them_again(in_debug):
    synthetic.load(count=3, seed=1)

    verdicts = [leads.assess_lead(lead_id=lead.pk) for lead in Lead.objects.all()]

    assert [score.quality_score > 0 for score in verdicts] == [True] * 3


def test_they_look_as_if_the_pipeline_had_taken_them_in(in_debug):
    synthetic.load(count=60, seed=3)

    told = Observation.objects.filter(gone_at=None).select_related("lead").prefetch_related("contacts")
    assert {frozenset(item.facts) for item in told} == {frozenset(sightings.public_facts(ListingRecord()))}
    assert all(item.raw["description"] and item.address_hash and item.door_hash for item in told)
    assert Observation.objects.exclude(gone_at=None).exists()
    assert {item.lead.address_hash for item in told} == {item.address_hash for item in told}
    known = Contact.objects.exclude(phone=None).first()
    again = ListingRecord(phones=(known.phone,), contact_name=known.name)
    assert known.phone_hash in sightings.contact_hashes(again)
    assert known.name_phonetic_hash == sightings.name_phonetic_hash(known.name)


def test_an_advert_of_a_home_that_is_there_joins_its_lead(in_debug):
    synthetic.load(count=5, seed=1)
    lead = Lead.objects.exclude(property_type__in=["condo", "multi_family"]).first()
    place = {"city": lead.city, "state": lead.state_code}
    again = ListingRecord(
        external_id="another",
        kind=lead.kind,
        zip=lead.zip_code,
        beds=int(lead.beds),
        parsed_address=parse_address(lead.address_line, zip_code=lead.zip_code, **place),
        **place,
    )

    taken = leads.ingest(record=again, source=Source.objects.get(pk=synthetic.SOURCE))

    assert taken.lead_id == lead.pk


def test_so_many_processes_as_none_or_a_hundred_are_refused(in_debug):
    for processes in (0, 100):
        with pytest.raises(CommandError, match="from 1 to 32"):
            call_command("load_leads", 5, processes=processes)


def test_they_are_refused_where_debug_is_off():
    with pytest.raises(CommandError, match="DEBUG is off"):
        call_command("load_leads", 5)

    assert not Lead.objects.exists()


@pytest.mark.parametrize("count", ["0", "-3", "10000001"])
def test_a_count_that_is_none_is_refused(in_debug, count):
    with pytest.raises(CommandError, match="1 to 10,000,000"):
        call_command("load_leads", count)
