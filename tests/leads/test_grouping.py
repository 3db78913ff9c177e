"""Whatever comes first, and however it comes: the same adverts end as the same homes."""

import itertools
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads import services
from leads.assessment import MAY_BE_ANOTHER
from leads.models import DoubtfulPair, Lead, Merge, Observation
from tests.conftest import at_length, make_source
from tests.leads.test_pipeline import record

pytestmark = pytest.mark.django_db
NOWHERE = {"address": None, "parsed_address": None, "lat": None, "lng": None}
_blocks = itertools.count(1)

adverts = st.fixed_dictionaries(
    {
        "line": st.sampled_from(["0 Elm St", "0 Elm St Unit 1", "0 Elm St Unit 2", "2 Elm St", ""]),
        "phones": st.sampled_from([("3",), ("4",), ()]),
        "beds": st.sampled_from([None, 2, 3]),
        "asking_price": st.sampled_from([Decimal(300_000), Decimal(415_000)]),
    }
)


def records(chosen: list[dict]) -> list:
    """Records of one street block that no other example has."""
    block = 10 * next(_blocks)
    made = []
    for number, facts in enumerate(chosen):
        line = facts["line"].replace("0", str(block), 1).replace("2 Elm", f"{block + 2} Elm")
        place = {"line": line} if line else NOWHERE
        phones = tuple(f"+1512555{block:03d}{phone}" for phone in facts["phones"])
        rest = {
            "beds": facts["beds"],
            "asking_price": facts["asking_price"],
            "area_sqft": None,
            "contact_name": None,
        }
        made.append(record(external_id=f"{block}-{number}", **place, **rest, phones=phones, description=None))
    return made


def clusters(source, arriving: list) -> set[frozenset[str]]:
    """The external ids of the adverts, by home."""
    stored = {services.ingest(record=item, source=source).observation_id: item.external_id for item in arriving}
    homes: dict = {}
    for pk, lead_id in Observation.objects.filter(pk__in=stored).values_list("pk", "lead_id"):
        homes.setdefault(lead_id, set()).add(stored[pk].partition("-")[2])
    return {frozenset(home) for home in homes.values()}


@settings(
    max_examples=at_length(short=12, soak=400),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(chosen=st.lists(adverts, min_size=3, max_size=5), seed=st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_change_the_homes(open_source, chosen, seed):
    first, second = records(chosen), records(chosen)
    seed.shuffle(second)

    assert clusters(open_source, first) == clusters(open_source, second)


@settings(
    max_examples=at_length(short=6, soak=200),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(chosen=st.lists(adverts, min_size=2, max_size=5))
def test_records_that_come_together_end_as_they_would_alone(open_source, chosen):
    alone, together = records(chosen), records(chosen)
    services.ingest_many(records=together, source=open_source)

    assert clusters(open_source, together) == clusters(open_source, alone)


def bring(source, **facts):
    return services.ingest(record=record(**facts), source=source)


def test_an_advert_that_resembles_two_units_proves_nothing_about_them(open_source):
    one = bring(open_source, external_id="1", line="8 Elm St Unit 1")
    between = bring(open_source, external_id="x", line="8 Elm St")
    joined = Lead.objects.filter(state="new").count()

    two = bring(open_source, external_id="2", line="8 Elm St Unit 2")

    homes = {Observation.objects.get(pk=item.observation_id).lead_id for item in (one, between, two)}
    assert (joined, len(homes)) == (1, 3)
    assert DoubtfulPair.objects.filter(is_tied=True, state="open").count() == 2


def test_one_home_on_three_sites_is_one_lead(open_source):
    sites = [open_source, make_source("site-b", may_list=True), make_source("site-c", may_list=True)]
    lines = ["1506 N. 116th Street", "1506 North 116th St", "1506 N 116th St, Austin, TX"]

    leads = {
        bring(site, external_id=str(number), line=line).lead_id
        for number, (site, line) in enumerate(zip(sites, lines, strict=True))
    }

    assert len(leads) == 1


def test_a_misspelt_street_is_found_by_its_door(open_source):
    first = bring(open_source, external_id="1", line="40 Hidden Meadow Rd")

    assert bring(open_source, external_id="2", line="40 Hiden Meadow Rd").lead_id == first.lead_id


def test_what_resembles_a_home_without_proof_waits_for_an_operator(open_source):
    stranger = {"phones": ("+15125550177",), "contact_name": "Robin Other"}
    unit = bring(open_source, external_id="1", line="8 Elm St Unit 1")

    other = bring(open_source, external_id="2", line="8 Elm St", **stranger)

    pair = DoubtfulPair.objects.get()
    assert {pair.first_id, pair.second_id} == {unit.lead_id, other.lead_id}
    assert (pair.state, pair.is_tied) == ("open", False)
    assert "No contact in common." in {item["says"] for item in pair.evidence}


def test_the_newer_of_two_doubted_leads_waits_until_an_operator_keeps_them_apart(open_source, olga):
    stranger = {"phones": ("+15125550177",), "contact_name": "Robin Other"}
    older = bring(open_source, external_id="1", line="8 Elm St Unit 1").lead_id
    newer = bring(open_source, external_id="2", line="8 Elm St", **stranger).lead_id

    services.assess_leads(lead_ids=[older, newer])
    doubted = dict(Lead.objects.values_list("pk", "state_reason"))
    services.keep_apart(one_id=older, other_id=newer, actor_id=olga.pk)
    services.assess_leads(lead_ids=[older, newer])

    assert (doubted[older], doubted[newer]) == ("", MAY_BE_ANOTHER)
    assert set(Lead.objects.values_list("state", flat=True)) == {"active"}


def test_what_an_operator_called_different_is_never_merged_nor_asked_again(open_source):
    one = bring(open_source, external_id="1", beds=None, area_sqft=None).lead_id
    other = bring(open_source, external_id="2", **NOWHERE).lead_id
    DoubtfulPair.objects.update(state="different")

    bring(open_source, external_id="3")

    assert Lead.objects.filter(pk__in=[one, other], state="new").count() == 2
    assert not Merge.objects.filter(loser__in=[one, other], winner__in=[one, other]).exists()
    assert DoubtfulPair.objects.filter(first__in=[one, other], second__in=[one, other]).get().state == "different"


def test_a_home_offered_a_year_later_by_another_seller_is_a_lead_of_its_own(open_source, clock):
    first = bring(open_source, external_id="1").lead_id
    services.mark_gone(source=open_source, external_id="1")
    clock.advance(days=400)
    seller = {"phones": ("+15125550177",), "contact_name": "Robin Other"}

    second = bring(open_source, external_id="2", **seller).lead_id
    again = bring(open_source, external_id="3", asking_price=Decimal(399_000), **seller).lead_id

    assert second == again != first
    assert Lead.objects.get(pk=second).follows_id == first


def test_a_home_offered_again_by_its_seller_is_the_same_lead(open_source, clock):
    first = bring(open_source, external_id="1").lead_id
    services.mark_gone(source=open_source, external_id="1")
    clock.advance(days=400)

    assert bring(open_source, external_id="2").lead_id == first


def test_all_units_of_one_landlord_stay_apart(open_source):
    leads = {bring(open_source, external_id=str(n), line=f"8 Elm St Apt {n}").lead_id for n in range(1, 9)}

    assert len(leads) == 8
