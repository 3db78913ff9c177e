"""Reads of territories: an organisation's own, and in which of them an offer lies."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from accounts import selectors as accounts
from accounts.models import Membership
from marketplace.models import Listing, Territory


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundOwned:
    """How much ground an organisation calls its own, and how much its plan allows."""

    territories: int
    zips: int
    square_miles: float
    most_territories: int
    most_zips: int
    most_square_miles: int


def territories(organisation_id: UUID) -> list[Territory]:
    """The organisation's own, by name."""
    return list(_with_members().filter(organisation=organisation_id).order_by("name", "pk"))


def access_territory(*, viewer: Membership, territory_id: UUID) -> Territory:
    """One of the viewer's organisation.

    :raises Territory.DoesNotExist: it owns none such
    """
    return _with_members().get(pk=territory_id, organisation=viewer.organisation_id)


def territories_around(listing: Listing) -> QuerySet[Territory]:
    """Every organisation's territories that an offer lies in, by its public ZIP code and point."""
    at = RawSQL(
        "SELECT marketplace_territories_at(%s, %s, %s)", (listing.zip_code, listing.latitude, listing.longitude)
    )
    return Territory.objects.filter(pk__in=at)


def ground_owned(organisation_id: UUID) -> GroundOwned:
    """What of the plan's ground is used."""
    owned = Territory.objects.filter(organisation=organisation_id).values_list("covered_zips", "square_miles")
    granted = accounts.entitlements(organisation_id)
    return GroundOwned(
        territories=len(owned),
        zips=sum(len(zips) for zips, _ in owned),
        square_miles=sum(miles for _, miles in owned),
        most_territories=granted["territories"],
        most_zips=granted["territory_zips"],
        most_square_miles=granted["territory_square_miles"],
    )


def _with_members() -> QuerySet[Territory]:
    return Territory.objects.select_related("membership__user")
