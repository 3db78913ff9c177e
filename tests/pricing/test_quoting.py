"""Prices: whole credits, within bounds, every credit accounted for, moved by demand alone."""

import json

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from aiqleads.core.models import OutboxEvent
from pricing import selectors, services
from pricing.models import PricePolicy, Quote
from pricing.quoting import MarketDemand, Policy, PricedLead, quote_credits

QUIET = MarketDemand(holds=0, sales=0, listed=0)
POLICY = Policy(floor_credits=4, ceiling_credits=120, base_credits={"fsbo": 22}, demand_weight_percent=25)


def total(lead: PricedLead, demand: MarketDemand = QUIET, policy: Policy = POLICY) -> int:
    return sum(part.credits for part in quote_credits(lead=lead, demand=demand, policy=policy))


def test_a_neutral_lead_costs_its_kinds_base():
    assert total(PricedLead(kind="fsbo", quality_score=50, asking_price_cents=30_000_000)) == 22


def test_each_part_says_what_it_is_for():
    lead = PricedLead(kind="fsbo", quality_score=80, asking_price_cents=41_000_000)

    parts = quote_credits(lead=lead, demand=MarketDemand(holds=6, sales=4, listed=8), policy=POLICY)

    assert [(part.part, part.credits) for part in parts] == [
        ("kind", 22),
        ("quality", 18),
        ("value", 2),
        ("demand", 5),
    ]
    assert parts[3].says == "In this area over 14 days: 4 sold, 6 held, 8 on offer."


def test_more_demand_never_lowers_a_price():
    lead = PricedLead(kind="fsbo", quality_score=60, asking_price_cents=None)

    prices = [total(lead, MarketDemand(holds=3 * sales, sales=sales, listed=10)) for sales in range(20)]

    assert prices == sorted(prices)
    assert prices[0] < prices[-1]


@given(
    quality=st.integers(0, 100),
    asking=st.none() | st.integers(0, 10**12),
    demand=st.builds(
        MarketDemand, holds=st.integers(0, 10**6), sales=st.integers(0, 10**6), listed=st.integers(0, 10**6)
    ),
    kind=st.sampled_from(["fsbo", "rental_owner", "expired"]),
)
def test_every_price_lies_within_the_policy(quality, asking, demand, kind):
    assert 4 <= total(PricedLead(kind=kind, quality_score=quality, asking_price_cents=asking), demand) <= 120


@pytest.mark.django_db
def test_an_unchanged_price_writes_no_new_quote(lead):
    first = services.quote_lead(lead_id=lead.pk)

    assert services.quote_lead(lead_id=lead.pk) == first
    assert Quote.objects.count() == 2


@pytest.mark.django_db
def test_demand_moves_the_price_at_the_next_repricing(lead, capsys):
    before = services.quote_lead(lead_id=lead.pk).price_credits

    services.note_demand(zip3="787", kind="fsbo", holds=30, sales=20, listed=4)
    call_command("reprice", "--json")

    assert json.loads(capsys.readouterr().out) == {"changed": 1}
    assert selectors.current_quote(lead.pk).price_credits > before


@pytest.mark.django_db
def test_repricing_tells_nothing_where_no_price_moves(lead):
    services.quote_lead(lead_id=lead.pk)
    told = OutboxEvent.objects.count()

    assert services.reprice_all() == 0
    assert OutboxEvent.objects.count() == told


@pytest.mark.django_db
def test_the_operators_policy_in_force_prices(lead):
    PricePolicy.objects.create(name="Dear", floor_credits=90, ceiling_credits=100)

    assert services.quote_lead(lead_id=lead.pk).price_credits == 90


@pytest.mark.django_db
def test_a_quote_is_written_once(lead):
    with pytest.raises(IntegrityError), transaction.atomic():
        Quote.objects.update(price_credits=1)
