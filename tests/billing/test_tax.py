"""What is added to a price: by the table of rates and the buyer's billing address."""

from datetime import date
from typing import Any

import pytest

from billing import tax
from billing.errors import BillingAddressNeeded
from billing.models import BillingProfile, TaxRate

pytestmark = pytest.mark.django_db


def lives(member, region: str = "TX", country: str = "US") -> BillingProfile:
    return BillingProfile.objects.create(
        organisation=member.organisation,
        name="Alice",
        street="1 Elm St",
        city="Austin",
        region=region,
        country=country,
    )


def rate(region: str = "TX", millipercent: int = 8_250, **more: Any) -> TaxRate:
    return TaxRate.objects.create(
        **{"country": "US", "region": region, "millipercent": millipercent, "label": "Sales tax"}
        | {"valid_from": date(2020, 1, 1)}
        | more
    )


def asked(member, net_cents: int = 4_900) -> tax.Tax:
    return tax.tax_on(organisation_id=member.organisation_id, net_cents=net_cents)


@pytest.mark.parametrize(
    ("net_cents", "millipercent", "cents"),
    [
        (4_900, 8_250, 404),
        (100, 8_875, 9),
        (200, 250, 1),
        (200, 249, 0),
        (1, 30_000, 0),
        (2, 25_000, 1),
        (0, 8_250, 0),
    ],
)
def test_tax_is_in_whole_cents_and_a_half_goes_up(net_cents, millipercent, cents):
    assert tax.part_of(net_cents, millipercent) == cents


def test_nothing_is_taxed_while_there_is_no_rate(alice, charlie):
    lives(alice)

    assert asked(alice) == tax.Tax(cents=0, region="US-TX")
    assert asked(charlie) == tax.Tax(cents=0)


def test_the_rate_of_the_region_goes_before_that_of_the_country(alice, charlie):
    rate(region="", millipercent=1_000, label="Federal tax")
    rate()
    lives(alice)
    lives(charlie, region="NV")

    assert asked(alice) == tax.Tax(cents=404, millipercent=8_250, label="Sales tax", region="US-TX")
    assert asked(charlie) == tax.Tax(cents=49, millipercent=1_000, label="Federal tax", region="US-NV")


def test_another_countrys_rate_is_not_taken(alice):
    rate(region="ON")
    lives(alice, country="CA", region="ON")

    assert asked(alice).cents == 0


def test_a_rate_holds_from_its_first_day_until_the_day_before_its_end(alice, clock):
    lives(alice)
    today = tax.clock.now().date()
    rate(valid_from=date(2020, 1, 1), valid_until=today, millipercent=1_000)
    rate(valid_from=today, valid_until=today.replace(year=today.year + 1), millipercent=2_000)

    assert asked(alice).millipercent == 2_000
    clock.advance(days=366)
    assert asked(alice).millipercent == 0


def test_who_has_not_said_where_they_are_is_asked_where_anybody_is_taxed(alice):
    rate()

    with pytest.raises(BillingAddressNeeded):
        asked(alice)


def test_the_rate_of_the_longest_part_of_the_postal_code_goes_before_others(alice, charlie, bob):
    for prefix, millipercent in (("", 6_250), ("787", 8_000), ("78701", 8_250)):
        rate(postal_prefix=prefix, millipercent=millipercent)
    rate(region="", postal_prefix="7", millipercent=1_000)
    profile = lives(alice)

    found = {}
    for code in ("78701", "78701-1234", "78702", "79901", " 78701", "", "%"):
        BillingProfile.objects.filter(pk=profile.pk).update(postal_code=code)
        found[code] = asked(alice).millipercent

    assert found == {
        "78701": 8_250, "78701-1234": 8_250, "78702": 8_000, "79901": 1_000, " 78701": 8_250, "": 6_250, "%": 6_250,
    }  # fmt: skip
