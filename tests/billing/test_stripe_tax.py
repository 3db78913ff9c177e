"""Stripe Tax through its adapter and the stand-in: reckoned, reported once, taken back in parts."""

from collections.abc import Iterator
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stripe.tax import Calculation

from billing.providers import stripe_tax
from billing.providers.fakes.stripe import api, objects, shapes
from billing.providers.fakes.stripe.plans import Plans
from billing.providers.port import (
    Money,
    Place,
    ProviderMisunderstood,
    ProviderRefused,
    ProviderUnreachable,
    TaxAnswer,
    TaxBack,
    TaxPart,
    TaxQuestion,
)
from billing.providers.stripe_tax import StripeTax
from tests.billing.stripe_stand_in import KEY, StripeServed, stripe_served

AUSTIN = Place(country="US", region="TX", postal_code="78701", city="Austin", street="1 Elm St")


@pytest.fixture(scope="module")
def served() -> Iterator[StripeServed]:
    with stripe_served() as served:
        yield served


@pytest.fixture
def office(served) -> StripeTax:
    return StripeTax(KEY, api_base=served.url, tax_code="txcd_10000000")


def asked(office: StripeTax, minor: int = 4_900, place: Place = AUSTIN) -> TaxAnswer:
    return office.reckon(TaxQuestion(reference=str(uuid4()), net=Money(minor=minor), place=place))


def transactions(served: StripeServed) -> list[objects.Thing]:
    return served.fake.account.all("tax.transaction")


def test_tax_comes_with_who_levies_it(office):
    answer = asked(office)

    assert (answer.tax, answer.millipercent, answer.region) == (Money(minor=404), 8_250, "US-TX")
    assert answer.label == "Sales tax"
    assert answer.parts == (
        TaxPart(says="Texas, 6.25 %", tax=Money(minor=306)),
        TaxPart(says="Austin, 2 %", tax=Money(minor=98)),
    )


def test_where_nothing_is_collected_there_is_no_tax_and_a_calculation_all_the_same(office):
    answer = asked(office, place=Place(country="US", region="NV", postal_code="89101"))

    assert (answer.tax, answer.millipercent, answer.label, answer.parts) == (Money(minor=0), 0, "", ())
    assert answer.region == "US-NV"
    assert answer.calculation_id


def test_an_address_that_says_no_place_is_refused_and_not_taxed_with_nothing(office, served):
    before = len(served.fake.account.all("tax.calculation"))

    with pytest.raises(ProviderRefused) as refusal:
        asked(office, place=Place(country="US", region="TX"))

    assert refusal.value.code == "place_unknown"
    assert len(served.fake.account.all("tax.calculation")) == before


@pytest.mark.parametrize(
    ("does", "calls", "raises"),
    [("breaks", 2, ProviderUnreachable), ("limits", 1, ProviderUnreachable), ("mumbles", 1, ProviderMisunderstood)],
)
def test_who_does_not_answer_reckons_nothing(office, served, does, calls, raises):
    before = len(served.fake.account.all("tax.calculation"))
    served.fake.control.does(does, calls=calls)

    with pytest.raises(raises):
        asked(office)

    assert len(served.fake.account.all("tax.calculation")) == before


def test_a_report_whose_answer_was_lost_is_made_once(office, served):
    answer = asked(office)
    before, reference = len(transactions(served)), str(uuid4())
    served.fake.control.does("loses_answer")
    with pytest.raises(ProviderUnreachable):
        office.report(calculation_id=answer.calculation_id, reference=reference)

    reported = office.report(calculation_id=answer.calculation_id, reference=reference)

    assert [one["id"] for one in transactions(served)[before:]] == [reported.transaction_id]
    assert office.report(calculation_id=answer.calculation_id, reference=reference) == reported


def test_a_calculation_that_has_ended_cannot_be_reported(served, office):
    answer = asked(office)
    before = len(transactions(served))
    served.fake.control.advance(90 * objects.DAY)

    with pytest.raises(ProviderRefused) as refusal:
        office.report(calculation_id=answer.calculation_id, reference=str(uuid4()))

    assert refusal.value.code == "tax_calculation_expired"
    assert len(transactions(served)) == before


def test_a_reference_that_somebody_else_used_is_refused(served, office):
    answer, reference = asked(office), str(uuid4())
    office.report(calculation_id=answer.calculation_id, reference=reference)
    before = len(transactions(served))
    served.fake.control.advance(objects.DAY)  # the key is forgotten

    with pytest.raises(ProviderRefused) as refusal:
        office.report(calculation_id=answer.calculation_id, reference=reference)

    assert refusal.value.code == "resource_already_exists"
    assert len(transactions(served)) == before


def test_a_tax_goes_back_in_parts_and_no_further_than_it_was_reported(served, office):
    reported = office.report(calculation_id=asked(office).calculation_id, reference=str(uuid4()))

    def back(net: int, tax: int, reference: str) -> str:
        told = Money(minor=net), Money(minor=tax)
        return office.take_back(
            TaxBack(reference=reference, reported=reported, net=told[0], tax=told[1], is_whole=False)
        )

    first, rest = str(uuid4()), str(uuid4())
    made = back(1_633, 134, first)
    assert back(1_633, 134, first) == made
    with pytest.raises(ProviderRefused):
        back(3_268, 271, str(uuid4()))
    back(3_267, 270, rest)

    gone = [one for one in transactions(served) if one["type"] == "reversal"]
    lines = [one["line_items"]["data"][0] for one in gone if one["reference"] in {first, rest}]
    assert [(line["amount"], line["amount_tax"]) for line in lines] == [(-1_633, -134), (-3_267, -270)]


def test_all_of_a_tax_goes_back_at_once(served, office):
    reported = office.report(calculation_id=asked(office).calculation_id, reference=str(uuid4()))
    whole = TaxBack(
        reference=str(uuid4()), reported=reported, net=Money(minor=4_900), tax=Money(minor=404), is_whole=True
    )

    made = office.take_back(whole)

    told = served.fake.account.get(made, "tax.transaction")
    assert told["reversal"] == {"original_transaction": reported.transaction_id}
    assert [(line["amount"], line["amount_tax"]) for line in told["line_items"]["data"]] == [(-4_900, -404)]


PERCENT = st.decimals("0.001", "9.999", places=3).map(str)
RATES = st.lists(st.tuples(st.sampled_from(["State", "County", "City"]), PERCENT), max_size=3)


@given(st.integers(1, 10_000), RATES)
def test_of_every_price_the_parts_sum_to_the_tax_and_all_of_it_to_what_is_paid(minor, rates):
    account = Plans()
    account.rates = {"US-TX": rates}
    params = {
        "currency": "usd",
        "customer_details": {"address": {"country": "US", "state": "TX", "postal_code": "78701"}},
        "line_items": [{"amount": str(minor), "reference": "1", "tax_behavior": "exclusive"}],
        "expand": ["line_items"],
    }
    told = shapes.answer(api.call(account, "POST", "tax/calculations", params))

    answer = stripe_tax.answer(Calculation.construct_from(told, KEY))

    exact = sum(minor * Decimal(percent) / 100 for _, percent in rates)
    assert answer.net.minor == minor
    assert sum(part.tax.minor for part in answer.parts) == answer.tax.minor
    assert told["amount_total"] == answer.net.minor + answer.tax.minor
    assert abs(answer.tax.minor - exact) <= Decimal(len(rates)) / 2
