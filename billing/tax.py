"""What tax is added to a price: by the table of rates, and the address that the buyer's invoices are made out to.

A rate of the longest part of the postal code goes before others, one of the region before one of the whole country.
Where the table has none there is no tax; nobody else is asked. Days are UTC's.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import F, Q, Value
from django.db.models.functions import Length

from aiqleads.core import clock
from billing.errors import BillingAddressNeeded
from billing.models import BillingProfile, TaxRate

WHOLE: Final = 100_000
"""A price in thousandths of a percent of itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tax:
    """What is added to a price.

    :param cents: US cents
    :param millipercent: the rate in thousandths of a percent: 8,875 are 8.875 %
    :param label: as invoices call it; empty where there is none
    :param region: whose it is, such as US-TX; empty where nobody said where they are
    """

    cents: int
    millipercent: int = 0
    label: str = ""
    region: str = ""


def tax_on(*, organisation_id: UUID, net_cents: int) -> Tax:
    """The tax on a price for one organisation, now.

    :param net_cents: US cents, tax left out
    :raises BillingAddressNeeded: buyers somewhere are taxed, and nobody said where this one is
    """
    profile = BillingProfile.objects.filter(pk=organisation_id).first()
    today = clock.now().date()
    rates = TaxRate.objects.filter(Q(valid_until=None) | Q(valid_until__gt=today), valid_from__lte=today)
    if profile is None:
        if rates.exists():
            raise BillingAddressNeeded("Say first whom your invoices are made out to: the tax depends on where.")
        return Tax(cents=0)
    region = "-".join(filter(None, (profile.country, profile.region)))
    here = rates.alias(theirs=Value(profile.postal_code.strip().upper())).filter(
        country=profile.country, region__in={profile.region, ""}, theirs__startswith=F("postal_prefix")
    )
    rate = here.order_by(Length("postal_prefix").desc(), "-region").first()
    if rate is None:
        return Tax(cents=0, region=region)
    return Tax(
        cents=part_of(net_cents, rate.millipercent), millipercent=rate.millipercent, label=rate.label, region=region
    )


def part_of(net_cents: int, millipercent: int) -> int:
    """The tax on ``net_cents`` in whole cents; a half goes up."""
    return (2 * net_cents * millipercent + WHOLE) // (2 * WHOLE)
