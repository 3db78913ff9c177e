"""Recorded sales beside offers: what counts as a like home, for how long, and on whose right."""

import itertools
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from aiqleads.core import clock as database_clock
from leads import comparables, validation
from leads.comparables import markets_of
from leads.models import Lead, Observation, Source, SourceRight
from leads.normalise import normalise
from leads.records import RawListing
from leads.services import ingest_many
from tests.leads.test_judging import HOME as JUDGED
from tests.leads.test_policies import HOME, make_market

pytestmark = pytest.mark.django_db
_serial = itertools.count(1)


@pytest.fixture
def county(db) -> Source:
    source = Source.objects.create(slug="county", name="County", family="records", reader="records")
    since = ("2020-01-01T00:00:00Z", None)
    SourceRight.objects.create(source=source, basis="public_record", during=since, may_value=True)
    return source


def record_sales(county, prices_dollars, *, days_ago=30, **facts) -> None:
    """Bring closings in through the door of every file."""
    sold_on = (database_clock.now() - timedelta(days=days_ago)).date()
    place = {"city": "Austin", "state": "TX", "zip": "78704", "area_text": "1,000 sqft"}
    raws = (
        RawListing(
            external_id=f"deed-{next(_serial)}",
            status="closed",
            asking_price_text=str(dollars),
            posted_text=sold_on.isoformat(),
            **{**place, "address_lines": (f"{next(_serial)} Sold St",), **facts},
        )
        for dollars in prices_dollars
    )
    ingest_many(records=[normalise(raw) for raw in raws], source=county)


def test_recorded_sales_are_compared_with(county):
    record_sales(county, [300_000] * 9)

    lead = Lead(**HOME)
    market = markets_of([lead])[lead.pk]

    assert (market.homes, market.sold, market.area) == (9, 9, "78704")
    assert market.median_cents == pytest.approx(300_00)
    assert market.says == "sold for"


def test_sales_and_offers_are_one_market_and_say_so(county):
    make_market([200_000] * 4)
    record_sales(county, [200_000] * 5)

    market = markets_of([lead := Lead(**HOME)])[lead.pk]
    facts = replace(JUDGED, asking_price_cents=50_000_00, area_sqft=1000, market=market)
    (evidence,) = [item for item in validation.fraud_evidence(facts) if item.field == "asking_price"]

    assert evidence.says == "It asks 25% of what 9 homes in 78704 ask or, 5 of them, sold for per square foot."


@pytest.mark.parametrize(
    "change",
    [
        {"days_ago": 400},
        {"zip": "79000"},
        {"property_type": "land"},
        {"asking_price_text": "0"},
    ],
    ids=["too long ago", "elsewhere", "land", "a gift"],
)
def test_what_is_no_sale_of_a_like_home_is_no_comparison(county, change):
    record_sales(county, [200_000] * 7)
    price = [0] * 5 if change.pop("asking_price_text", None) else [300_000] * 5
    record_sales(county, price, **change)

    assert markets_of([Lead(**HOME)]) == {}


def test_sales_value_homes_only_as_long_as_their_right_lets_them(county):
    record_sales(county, [200_000] * 9)
    assert markets_of([Lead(**HOME)])

    county.rights.update(may_value=False)

    assert markets_of([Lead(**HOME)]) == {}


def test_rents_are_not_held_against_sales(county):
    record_sales(county, [200_000] * 9)

    assert markets_of([Lead(**HOME, price_period="month")]) == {}


def test_a_homes_own_sale_says_nothing_about_it_and_one_recorded_twice_counts_once(county):
    record_sales(county, [200_000] * 8)
    own = Observation.objects.filter(source=county).first().address_hash
    assert markets_of([lead := Lead(**HOME)])[lead.pk].homes == 8

    Observation.objects.filter(source=county).exclude(address_hash=own).update(address_hash="1:same")

    assert markets_of([Lead(**HOME, address_hash=own)]) == {}
    assert markets_of([Lead(**HOME)]) == {}


def test_the_look_up_of_sales_reads_indexes(county):
    record_sales(county, [200_000] * 3)
    asked = {"zip_codes": ["78704"], "sources": ["county"], "since": "2000", "nearest": 64}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {comparables._SOLD_NEARBY}", asked)
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert {"observation_sold_zip", "observation_sold_area"} <= set(re.findall(r"observation_sold_\w+", plan))
