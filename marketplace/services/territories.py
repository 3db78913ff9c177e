"""Territories: owning ground, changing it, giving it up. How much of it a plan allows is the database's to say."""

from uuid import UUID

from django.db.models import ProtectedError

from accounts import permissions
from accounts.models import Membership
from aiqleads.core import transactions
from marketplace import errors
from marketplace.grounds import Ground
from marketplace.models import Territory, TerritoryOutline


@transactions.write
def own_territory(
    *, member: Membership, name: str, ground: Ground, holder_id: UUID | None = None, has_early_access: bool = True
) -> Territory:
    """Call some ground the organisation's own.

    :param holder_id: the membership of the agent whose it is; None for the whole organisation
    :raises NotYourRole: the member may only look
    :raises TerritoryTooLarge | TooManyTerritories: the plan allows no more
    :raises Membership.DoesNotExist: ``holder_id`` is of another organisation
    """
    _require_buyer(member)
    territory = Territory(organisation_id=member.organisation_id)
    return _write(territory, name=name, ground=ground, holder_id=holder_id, has_early_access=has_early_access)


@transactions.write
def change_territory(
    *,
    member: Membership,
    territory_id: UUID,
    name: str,
    ground: Ground,
    holder_id: UUID | None,
    has_early_access: bool,
) -> Territory:
    """Give a territory another name, ground or holder. New ground counts for what is listed from now on.

    :raises Territory.DoesNotExist: the organisation owns none such
    :raises NotYourRole | TerritoryTooLarge | Membership.DoesNotExist: as for ``own_territory``
    """
    _require_buyer(member)
    territory = Territory.objects.select_for_update().get(pk=territory_id, organisation=member.organisation_id)
    return _write(territory, name=name, ground=ground, holder_id=holder_id, has_early_access=has_early_access)


@transactions.write
def give_up_territory(*, member: Membership, territory_id: UUID) -> None:
    """Own a territory no more; again is harmless.

    :raises NotYourRole: the member may only look
    :raises TerritoryInUse: a standing order buys in it
    """
    _require_buyer(member)
    try:
        Territory.objects.filter(pk=territory_id, organisation=member.organisation_id).delete()
    except ProtectedError as error:
        raise errors.TerritoryInUse("A standing order buys in this territory. Delete the order first.") from error


def _require_buyer(member: Membership) -> None:
    permissions.require(member, permissions.Action.SET_GROUND)


def _write(
    territory: Territory, *, name: str, ground: Ground, holder_id: UUID | None, has_early_access: bool
) -> Territory:
    holder = Membership.objects.get(pk=holder_id, organisation=territory.organisation_id) if holder_id else None
    territory.name, territory.membership, territory.has_early_access = name[:80], holder, has_early_access
    territory.zip_codes, territory.counties = list(ground.zip_codes), list(ground.counties)
    territory.covered_zips = ground.covered_zips
    territory.area = ground.area.geojson if ground.area else ""
    territory.square_miles = ground.area.square_miles if ground.area else 0
    with errors.refusals():
        territory.save()
    territory.refresh_from_db(fields=["since"])
    territory.outlines.all().delete()
    TerritoryOutline.objects.bulk_create(
        TerritoryOutline(territory=territory, outline=outline) for outline in ground.outlines
    )
    return territory
