"""From record to lead: kept, merged, judged, quoted, listed."""

import itertools
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiqleads.core import events
from aiqleads.core.models import OutboxEvent
from leads import services
from leads.address import parse_address
from leads.models import Lead, Observation, Score, SourceRight
from leads.neighbourhood import MAX_CANDIDATES
from leads.records import ListingRecord
from marketplace.models import Listing
from tests.conftest import at_length, make_source

pytestmark = pytest.mark.django_db


def record(**facts) -> ListingRecord:
    """A plausible home for sale by its owner."""
    line = facts.pop("line", "1506 N. 116th Street")
    known = {
        "external_id": "a1",
        "url": "https://homes.example.com/a1",
        "title": "Sunny house",
        "asking_price": Decimal(412000),
        "beds": 3,
        "baths": 2.0,
        "area_sqft": 1480,
        "address": line,
        "city": "Austin",
        "state": "TX",
        "zip": "78704",
        "lat": 30.2431,
        "lng": -97.7651,
        "posted_at": datetime.combine(datetime.now(UTC), time(), UTC) - timedelta(days=4),
        "phones": ("+15125550142",),
        "fictitious_phones": frozenset({"+15125550142"}),
        "contact_name": "Casey Homeowner",
        "property_type": "single_family",
        "is_owner": True,
        "description": "Bright rooms near the creek. Relocating, price negotiable.",
        "image_urls": ("https://homes.example.com/a1.jpg",),
        "kind": "fsbo",
        "price_period": "once",
        "parsed_address": parse_address(line, city="Austin", state="TX", zip_code="78704"),
    }
    return ListingRecord(**{**known, **facts})


def test_a_record_ends_as_a_listed_lead_with_reasons(open_source):
    result = services.ingest(record=record(), source=open_source)
    events.deliver_all()

    lead = Lead.objects.get()
    listing = Listing.objects.get()
    assert (result.outcome, result.lead_id) == ("new", lead.pk)
    assert (lead.state, lead.summary) == ("active", "3-bed, 2-bath house, 1,480 sq ft, asking $412,000")
    assert listing.quality_score == lead.scores.get().quality_score
    assert sum(part["credits"] for part in listing.quote.parts) == listing.price_credits
    assert listing.street == "N 116th St"


def test_the_same_record_again_only_moves_when_it_was_seen(open_source, clock):
    services.ingest(record=record(), source=open_source)
    first = Observation.objects.get()
    clock.advance(hours=3)

    again = services.ingest(record=record(), source=open_source)

    seen = Observation.objects.get()
    assert again.outcome == "seen"
    assert seen.last_seen_at > first.last_seen_at
    assert seen.first_seen_at == first.first_seen_at


def test_what_is_said_about_a_reading_is_no_change_of_the_advert(open_source):
    services.ingest(record=record(contact_name=None), source=open_source)

    again = services.ingest(
        record=record(
            contact_name=None, lost_fields=frozenset({"contact_name"}), field_sources={"beds": "label: Beds"}
        ),
        source=open_source,
    )

    assert (again.outcome, Observation.objects.count()) == ("seen", 1)


def test_one_home_on_two_sites_is_one_lead(open_source):
    other = make_source("other-site", may_list=True)
    services.ingest(record=record(), source=open_source)

    services.ingest(
        record=record(external_id="b7", line="1506 North 116th St", asking_price=Decimal(409000)), source=other
    )

    assert Lead.objects.count() == 1
    assert Observation.objects.filter(lead=Lead.objects.get()).count() == 2


@pytest.mark.parametrize(
    "neighbour", ["1508 N 116th St", "1506 S 116th St", "1506 N 116th St Unit 2", "1506 N 117th St"]
)
def test_a_contradicting_address_vetoes_whatever_else_matches(open_source, neighbour):
    services.ingest(record=record(line="1506 N 116th St Unit 1"), source=open_source)

    services.ingest(record=record(external_id="b", line=neighbour), source=open_source)

    assert Lead.objects.count() == 2


def test_a_changed_price_is_a_new_sighting_of_the_same_lead(open_source, clock):
    services.ingest(record=record(), source=open_source)
    clock.advance(days=1)

    result = services.ingest(record=record(asking_price=Decimal(399000)), source=open_source)

    lead = Lead.objects.get()
    assert (result.outcome, lead.asking_price_cents) == ("changed", 399_000_00)
    assert lead.observations.count() == 2
    services.assess_lead(lead_id=lead.pk)
    parts = {item["part"] for item in lead.scores.get().quality_evidence}
    assert "price cuts" in parts


def test_a_gone_advert_withdraws_its_lead_and_coming_back_returns_it(open_source):
    services.ingest(record=record(), source=open_source)
    events.deliver_all()

    services.mark_gone(source=open_source, external_id="a1")
    events.deliver_all()
    gone = (Lead.objects.get().state, Listing.objects.get().delisted_reason)
    services.ingest(record=record(), source=open_source)
    events.deliver_all()

    assert gone == ("withdrawn", "no longer advertised")
    assert (Lead.objects.get().state, Listing.objects.get().delisted_at) == ("active", None)


def test_a_home_that_an_agent_lists_is_suppressed(open_source):
    mls = make_source("mls", may_list=False)
    mls.family = "mls"
    mls.save()
    services.record_right(source=mls, basis=SourceRight.Basis.LICENSED, may_list=False, may_suppress=True)
    services.ingest(record=record(), source=open_source)
    events.deliver_all()

    services.ingest(record=record(external_id="m1", kind=None, status="active", phones=()), source=mls)
    events.deliver_all()

    lead = Lead.objects.get()
    assert (lead.state, lead.state_reason) == ("withdrawn", "listed with an agent")


def test_a_source_without_the_right_ends_scored_and_unlisted_until_one_is_recorded():
    prohibited = make_source("closed-site", may_list=False)
    services.ingest(record=record(), source=prohibited)
    events.deliver_all()
    before = (Score.objects.count(), Listing.objects.count())

    services.record_right(source=prohibited, basis=SourceRight.Basis.PERMISSION, may_list=True)
    events.deliver_all()
    listed = Listing.objects.filter(delisted_at=None).count()
    services.record_right(source=prohibited, basis=SourceRight.Basis.PROHIBITED, may_list=False)
    events.deliver_all()

    assert before == (1, 0)
    assert listed == 1
    assert not Listing.objects.filter(delisted_at=None).exists()


def test_a_scam_is_rejected_with_its_reasons(open_source):
    words = "I am out of the country. Wire the deposit first, keys will be mailed. No viewings."
    services.ingest(record=record(description=words), source=open_source)
    events.deliver_all()

    score = Score.objects.get()
    assert (score.verdict, Lead.objects.get().state) == ("reject", "rejected")
    assert {item["part"] for item in score.fraud_evidence} >= {
        "owner is away",
        "keys by mail",
        "untraceable payment",
    }
    assert not Listing.objects.exists()


def test_a_near_empty_advert_is_not_sold(open_source):
    services.ingest(
        record=record(asking_price=None, beds=None, baths=None, area_sqft=None, image_urls=()), source=open_source
    )
    events.deliver_all()

    assert Lead.objects.get().state_reason == "Not enough to sell: neither price nor rooms nor area."


def test_an_offer_that_becomes_doubtful_is_withdrawn_without_a_word_of_its_advert(open_source):
    services.ingest(record=record(), source=open_source)
    events.deliver_all()

    services.ingest(record=record(description="I am overseas, no viewings please"), source=open_source)
    events.deliver_all()

    lead, score = Lead.objects.get(), Score.objects.latest("scored_at")
    assert (lead.state, lead.state_reason) == ("review", "May be a fraud.")
    assert {item["says"] for item in score.fraud_evidence} >= {"The advert says “i am overseas”."}
    assert Listing.objects.get().delisted_reason == "May be a fraud."
    assert "overseas" not in str(list(OutboxEvent.objects.values_list("payload", flat=True)))


def test_an_operators_word_stands_against_later_scores(open_source, olga):
    services.ingest(record=record(description="Western Union only, I am overseas"), source=open_source)
    events.deliver_all()
    lead = Lead.objects.get()

    services.approve_lead(lead_id=lead.pk, actor_id=olga.pk)
    services.assess_lead(lead_id=lead.pk)
    events.deliver_all()

    assert Lead.objects.get().state == "active"
    assert Listing.objects.count() == 1


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"rejected": "not a property"}, "not a property"),
        ({"kind": None}, "not offered by an owner"),
        ({"external_id": None, "url": None}, "neither an id nor an address of its own"),
    ],
)
def test_what_is_nothing_to_sell_is_rejected_with_a_reason(open_source, facts, reason):
    result = services.ingest(record=record(**facts), source=open_source)

    assert (result.outcome, result.reason) == ("rejected", reason)
    assert not Observation.objects.exists()


def test_no_personal_value_is_stored_in_the_clear(open_source):
    services.ingest(record=record(emails=("casey@example.com",)), source=open_source)
    events.deliver_all()

    dump = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT row_to_json(t)::text FROM "{table}" t')
            dump += [row[0] for row in cursor.fetchall()]
    everything = "\n".join(dump)

    for secret in ("5550142", "Casey", "casey@", "homes.example.com", "Bright rooms near the creek"):
        assert secret not in everything


def test_two_sightings_that_disagree_are_settled_by_trust(open_source):
    trusted = make_source("trusted-site", may_list=True)
    trusted.trust_percent = 90
    trusted.save()
    services.ingest(record=record(), source=open_source)
    services.ingest(record=record(external_id="t", beds=4, area_sqft=None), source=trusted)

    lead = Lead.objects.get()
    assert (lead.beds, lead.area_sqft) == (4, 1480)


@pytest.mark.parametrize("line", ["{} Oak Ave", "100 Oak Ave Apt {}"])
def test_a_home_is_known_again_among_all_the_homes_of_one_phone(open_source, line):
    numbers = range(1, MAX_CANDIDATES + 3)
    leads = [
        services.ingest(record=record(external_id=f"a{n}", line=line.format(n)), source=open_source).lead_id
        for n in numbers
    ]

    again = services.ingest(record=record(external_id="again", line=line.format(numbers[-1])), source=open_source)

    assert again.lead_id == leads[-1]
    assert len(set(leads)) == len(numbers)


_examples = itertools.count(1)


@settings(
    max_examples=at_length(short=15, soak=300),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(order=st.permutations(range(5)))
def test_the_order_of_arrival_does_not_change_the_clusters(open_source, order):
    block = 100 * next(_examples)  # every example has a street block of its own
    lines = [f"{block} Oak Ave", f"{block} Oak Avenue", f"{block + 2} Oak Ave", f"{block} Oak Ave Apt 3"]
    lines.append(f"{block} Oak Ave #3")

    leads = {}
    for index in order:
        item = record(external_id=f"{block}-{index}", line=lines[index], beds=5 if index > 2 else 3)
        leads[index] = services.ingest(record=item, source=open_source).lead_id

    clusters = {frozenset(index for index in leads if leads[index] == lead) for lead in leads.values()}
    assert clusters == {frozenset({0, 1}), frozenset({2}), frozenset({3, 4})}
