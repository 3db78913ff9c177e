"""What a tax office promises: the stand-in for Stripe Tax, and Stripe's own test mode when its key is there."""

import os
from collections.abc import Iterator
from uuid import uuid4

import pytest

from billing.providers.port import Money, Place, ProviderRefused, TaxBack, TaxOffice, TaxQuestion, TaxReported
from billing.providers.stripe_tax import StripeTax
from tests.billing.stripe_stand_in import KEY, stripe_served

AUSTIN = Place(country="US", region="TX", postal_code="78701", city="Austin", street="1 Congress Ave")


@pytest.fixture(scope="module", params=["stand-in", "test mode"])
def office(request) -> Iterator[TaxOffice]:
    if request.param == "stand-in":
        with stripe_served() as served:
            yield StripeTax(KEY, api_base=served.url)
        return
    key = os.environ.get("STRIPE_CONTRACT_KEY", "")
    if not key.startswith(("sk_test_", "rk_test_")):
        pytest.skip("no STRIPE_CONTRACT_KEY of a test mode in the environment")
    yield StripeTax(key, tax_code="txcd_10000000")


def question(place: Place = AUSTIN) -> TaxQuestion:
    return TaxQuestion(reference=str(uuid4()), net=Money(minor=4_900), place=place)


def reported(office: TaxOffice, reference: str) -> TaxReported:
    answer = office.reckon(question())
    told = office.report(calculation_id=answer.calculation_id, reference=reference)
    assert office.report(calculation_id=answer.calculation_id, reference=reference) == told
    return told


def test_a_tax_lies_on_top_of_its_price_and_is_the_sum_of_its_parts(office):
    answer = office.reckon(question())

    assert (answer.net, answer.region) == (Money(minor=4_900), "US-TX")
    assert sum(part.tax.minor for part in answer.parts) == answer.tax.minor
    assert answer.expires_at is not None


def test_a_place_that_is_none_is_refused(office):
    with pytest.raises(ProviderRefused) as refusal:
        office.reckon(question(Place(country="US")))

    assert refusal.value.code == "place_unknown"


def test_what_was_reported_goes_back_once_and_no_further(office):
    told, reference = reported(office, str(uuid4())), str(uuid4())
    back = TaxBack(reference=reference, reported=told, net=Money(minor=1_000), tax=Money(minor=0), is_whole=False)
    assert office.take_back(back) == office.take_back(back)

    more = TaxBack(
        reference=str(uuid4()), reported=told, net=Money(minor=4_000), tax=Money(minor=0), is_whole=False
    )
    with pytest.raises(ProviderRefused):
        office.take_back(more)
