"""One home is one lead: whatever the order of arrival, and whatever its adverts say later."""

import itertools
import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiqleads.core import clock as database_clock
from aiqleads.core import events
from leads import errors, services
from leads.models import Contact, Lead, Observation, SourceRight
from marketplace import services as market
from marketplace.delivery import unlock_contact
from marketplace.models import Listing
from tests.conftest import at_length, make_source
from tests.leads.erased import empty
from tests.leads.test_pipeline import record

pytestmark = pytest.mark.django_db
NOWHERE = {"address": None, "parsed_address": None, "lat": None, "lng": None}


def test_the_advert_that_bridges_two_leads_makes_them_one(open_source):
    services.ingest(record=record(external_id="a", beds=None, area_sqft=None), source=open_source)
    services.ingest(record=record(external_id="b", **NOWHERE), source=open_source)
    before = Lead.objects.count()

    services.ingest(record=record(external_id="c"), source=open_source)

    winner = Lead.objects.get(state="new")
    assert before == 2
    assert Lead.objects.get(state="merged").merged_into == winner
    assert winner.observations.count() == Observation.objects.count() == 3


_examples = itertools.count(1)


@settings(
    max_examples=at_length(short=12, soak=300),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(order=st.permutations(range(4)))
def test_the_order_of_arrival_does_not_change_which_adverts_are_one_home(open_source, order):
    number = 100 * next(_examples)
    phones = {"phones": (f"+1512555{number:04d}",)}
    facts = [
        {"line": f"{number} Elm St", "beds": None, "area_sqft": None},
        NOWHERE,
        {"line": f"{number} Elm Street"},
        {"line": f"{number + 2} Elm St", "beds": 5},
    ]

    for index in order:
        services.ingest(
            record=record(external_id=f"{number}-{index}", **facts[index], **phones), source=open_source
        )

    contacts = Contact.objects.filter(observation__lead__city="Austin", lead__street="Elm St")
    homes = {
        frozenset(lead.observations.values_list("facts__beds", "facts__address_line"))
        for lead in Lead.objects.filter(pk__in=contacts.values("lead"), address_line__startswith=f"{number}")
    }
    assert homes == {frozenset({(None, f"{number} Elm St"), (3, ""), (3, f"{number} Elm St")})}
    assert Lead.objects.filter(address_line=f"{number + 2} Elm St").count() == 1


def test_a_lead_is_the_same_whatever_was_seen_first(open_source):
    trusted = make_source("trusted-site", may_list=True)
    trusted.trust_percent = 90
    trusted.save()
    records = [(record(), open_source), (record(external_id="t", beds=4, area_sqft=None), trusted)]
    facts = []

    for order in (records, records[::-1]):
        Contact.objects.all().delete()
        Observation.objects.all().delete()
        for item, source in order:
            lead_id = services.ingest(record=item, source=source).lead_id
        facts.append(Lead.objects.values_list("beds", "area_sqft", "summary").get(pk=lead_id))

    assert facts[0] == facts[1] == (4, 1480, "4-bed, 2-bath house, 1,480 sq ft, asking $412,000")


def test_a_text_that_returns_counts_again(open_source, clock):
    for price in (412000, 399000, 412000):
        result = services.ingest(record=record(asking_price=Decimal(price)), source=open_source)
        clock.advance(days=1)

    assert result.outcome == "seen"
    assert Lead.objects.get().asking_price_cents == 412_000_00
    assert Observation.objects.filter(gone_at=None).count() == 1


def test_an_advert_that_now_shows_another_home_leaves_its_lead(open_source):
    services.ingest(record=record(), source=open_source)
    events.deliver_all()
    first = Lead.objects.get()

    services.ingest(record=record(line="88 Other Rd"), source=open_source)
    events.deliver_all()

    first.refresh_from_db()
    assert (first.state, first.state_reason) == ("withdrawn", "no longer advertised")
    assert Lead.objects.get(state="active").address_line == "88 Other Rd"


def test_an_advert_that_is_sold_now_ends_its_lead(open_source):
    services.ingest(record=record(), source=open_source)
    events.deliver_all()

    services.ingest(record=record(rejected="already sold"), source=open_source)
    events.deliver_all()

    assert Lead.objects.get().state == "withdrawn"


def test_a_home_for_sale_and_to_let_keeps_the_price_of_its_deal(open_source):
    other = make_source("rentals", may_list=True)
    other.trust_percent = 90
    other.save()
    services.ingest(record=record(), source=open_source)

    rent = record(external_id="r", kind="rental_owner", asking_price=Decimal(2400), price_period="month")
    services.ingest(record=rent, source=other)

    lead = Lead.objects.get()
    assert (lead.kind, lead.asking_price_cents, lead.price_period) == ("rental_owner", 2400_00, "month")
    services.mark_gone(source=other, external_id="r")
    lead.refresh_from_db()
    assert (lead.kind, lead.asking_price_cents, lead.price_period) == ("fsbo", 412_000_00, "once")


def test_a_price_in_another_currency_is_not_taken_for_dollars(open_source):
    services.ingest(record=record(currency="CAD"), source=open_source)

    assert Lead.objects.get().asking_price_cents is None


def test_the_owner_who_was_erased_does_not_come_back(open_source):
    services.ingest(record=record(), source=open_source)
    empty(Lead.objects.get())

    result = services.ingest(record=record(asking_price=Decimal(1)), source=open_source)

    assert (result.outcome, result.reason) == ("rejected", "erased at its owner's request")
    assert Observation.objects.count() == 1


def test_surnames_that_sound_alike_have_one_hash(open_source):
    services.ingest(record=record(contact_name="Jo Meyer"), source=open_source)
    services.ingest(record=record(external_id="b", contact_name="Joanna Maier"), source=open_source)

    assert Contact.objects.exclude(name_phonetic_hash="").values("name_phonetic_hash").distinct().count() == 1


def _mls():
    mls = make_source("mls", may_list=False)
    mls.family = "mls"
    mls.save()
    services.record_right(source=mls, basis=SourceRight.Basis.LICENSED, may_list=False, may_suppress=True)
    return mls


def test_a_home_returns_when_its_agent_is_gone(open_source):
    mls = _mls()
    services.ingest(record=record(), source=open_source)
    services.ingest(record=record(external_id="m1", kind=None, status="active", phones=()), source=mls)
    events.deliver_all()
    suppressed = Lead.objects.get().state

    services.mark_gone(source=mls, external_id="m1")
    events.deliver_all()

    assert (suppressed, Lead.objects.get().state) == ("withdrawn", "active")


def test_an_agents_listing_that_expired_no_longer_suppresses(open_source):
    mls = _mls()
    services.ingest(record=record(external_id="m1", kind=None, status="active"), source=mls)

    services.ingest(record=record(external_id="m1", kind="expired", status="expired"), source=mls)
    events.deliver_all()

    assert Lead.objects.get().state == "active"


@pytest.mark.parametrize("status", ["withdrawn", "canceled", "closed"])
def test_what_an_agent_withdrew_is_never_a_lead(status):
    result = services.ingest(record=record(external_id="m1", kind=None, status=status), source=_mls())

    assert (result.outcome, result.lead_id) == ("new", None)
    assert not Lead.objects.exists()


def test_an_approved_home_that_was_gone_returns_approved_and_a_refused_one_does_not(open_source, olga):
    scam = {"description": "Western Union only, I am overseas"}
    approved = services.ingest(record=record(**scam), source=open_source).lead_id
    refused = services.ingest(
        record=record(external_id="b", line="9 Far Rd", phones=()), source=open_source
    ).lead_id
    events.deliver_all()
    services.approve_lead(lead_id=approved, actor_id=olga.pk)
    services.reject_lead(lead_id=refused, actor_id=olga.pk, reason="I know this one")

    for external_id in ("a1", "b"):
        services.mark_gone(source=open_source, external_id=external_id)
    events.deliver_all()
    gone = dict(Lead.objects.values_list("pk", "state"))
    services.ingest(record=record(**scam), source=open_source)
    services.ingest(record=record(external_id="b", line="9 Far Rd", phones=()), source=open_source)
    events.deliver_all()

    assert gone == {approved: "withdrawn", refused: "rejected"}
    assert dict(Lead.objects.values_list("pk", "state")) == {approved: "active", refused: "rejected"}


def test_a_withdrawn_lead_stays_withdrawn(open_source, olga):
    lead_id = services.ingest(record=record(), source=open_source).lead_id
    events.deliver_all()

    services.withdraw_lead(lead_id=lead_id, reason="asked by phone", actor_id=olga.pk)
    services.assess_lead(lead_id=lead_id)
    events.deliver_all()

    assert Lead.objects.get().state_reason == "asked by phone"
    assert Listing.objects.get().delisted_reason == "asked by phone"


def test_what_a_source_told_leaves_with_its_right(open_source):
    other = make_source("other-site", may_list=True)
    services.ingest(record=record(beds=None), source=open_source)
    services.ingest(record=record(external_id="o", beds=4), source=other)
    events.deliver_all()
    before = Listing.objects.get().beds

    services.record_right(source=other, basis=SourceRight.Basis.PROHIBITED, may_list=False)
    events.deliver_all()

    listing = Listing.objects.get()
    assert (before, listing.beds, listing.delisted_at) == (4, None, None)


def test_an_offer_ends_when_its_right_runs_out(clock):
    source = make_source("lent-site", may_list=False)
    until = database_clock.now() + timedelta(days=2)
    services.record_right(source=source, basis=SourceRight.Basis.PERMISSION, may_list=True, until=until)
    lead_id = services.ingest(record=record(), source=source).lead_id
    events.deliver_all()
    offered = Listing.objects.get().delisted_at is None
    clock.advance(days=3)

    services.assess_lead(lead_id=lead_id)
    events.deliver_all()

    assert offered
    assert Listing.objects.get().delisted_reason == "the right to offer it has ended"


def test_an_operator_merges_and_the_buyer_keeps_the_contact(open_source, olga, alice, grant):
    bought = services.ingest(record=record(**NOWHERE), source=open_source).lead_id
    other = services.ingest(record=record(external_id="b", beds=None, area_sqft=None), source=open_source).lead_id
    events.deliver_all()
    grant(alice, 200)
    market.hold_lead(lead_id=bought, buyer=alice)
    (purchase,) = market.check_out(buyer=alice, idempotency_key="once")

    services.merge_leads(winner_id=other, loser_id=bought, actor_id=olga.pk)
    events.deliver_all()

    purchase.refresh_from_db()
    assert Listing.objects.get(lead=bought).delisted_at is not None
    assert {contact.phone for contact in unlock_contact(purchase=purchase, viewer_id=alice.user_id)} == {
        "+15125550142"
    }


def test_leads_of_two_homes_are_not_merged(open_source, olga):
    one = services.ingest(record=record(), source=open_source).lead_id
    two = services.ingest(record=record(external_id="b", line="9 Far Rd"), source=open_source).lead_id

    with pytest.raises(errors.NotTheSameHome):
        services.merge_leads(winner_id=one, loser_id=two, actor_id=olga.pk)

    assert not Lead.objects.filter(state="merged").exists()


def test_nothing_is_decided_about_a_merged_lead(open_source, olga):
    lead_id = services.ingest(record=record(), source=open_source).lead_id
    empty(Lead.objects.get())

    with pytest.raises(errors.LeadClosed):
        services.approve_lead(lead_id=lead_id, actor_id=olga.pk)

    assert Lead.objects.get().state == "erased"


@pytest.mark.django_db(transaction=True)
def test_eight_crawls_that_bring_one_home_at_once_make_one_lead():
    source = make_source("busy-site", may_list=True)
    start = threading.Barrier(8)

    def bring(index: int) -> None:
        start.wait(timeout=20)
        try:
            services.ingest(record=record(external_id=f"x{index}"), source=source)
        finally:
            connection.close()

    crawls = [threading.Thread(target=bring, args=[index]) for index in range(8)]
    for crawl in crawls:
        crawl.start()
    for crawl in crawls:
        crawl.join(timeout=60)

    assert Lead.objects.count() == 1
    assert Observation.objects.count() == 8
