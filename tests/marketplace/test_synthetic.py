"""Leads for tests of scale: offered like any other, refused where people buy."""

import json

import pytest
from django.core.management import CommandError, call_command

from leads import services as leads
from leads.models import Lead
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


def test_they_are_refused_where_debug_is_off():
    with pytest.raises(CommandError, match="DEBUG is off"):
        call_command("load_leads", 5)

    assert not Lead.objects.exists()


@pytest.mark.parametrize("count", ["0", "-3", "10000001"])
def test_a_count_that_is_none_is_refused(in_debug, count):
    with pytest.raises(CommandError, match="1 to 10,000,000"):
        call_command("load_leads", count)
