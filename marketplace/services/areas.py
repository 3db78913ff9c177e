"""Where an organisation works, as it says itself."""

from collections.abc import Sequence

from accounts import permissions
from accounts.models import Membership
from aiqleads.core import clock, transactions
from marketplace import selectors
from marketplace.models import WorkArea


@transactions.write
def state_work_area(*, buyer: Membership, zip_prefixes: Sequence[str]) -> WorkArea:
    """Say where the organisation works from now on; the same area again changes nothing.

    :param zip_prefixes: ZIP codes of five digits, or how they begin (three or four)
    :raises NotYourRole: as it says
    """
    permissions.require(buyer, permissions.Action.SET_GROUND)
    wanted = sorted(set(zip_prefixes))
    stated = selectors.work_area(buyer.organisation_id)
    if stated and stated.zip_prefixes == wanted:
        return stated
    area = WorkArea.objects.create(
        organisation_id=buyer.organisation_id, membership=buyer, zip_prefixes=wanted, stated_at=clock.Now()
    )
    area.refresh_from_db(fields=["stated_at"])
    return area
