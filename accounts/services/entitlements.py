"""What an organisation is entitled to beyond Starter, written by whoever sells it."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from accounts.models import Entitlement
from aiqleads.core import transactions


def entitle(*, organisation_id: UUID, values: Mapping[str, int], until: datetime) -> None:
    """Grant ``values`` by key until a moment, in place of what these keys said before. Joins the transaction.

    From ``until`` on everybody reads Starter's again; nothing has to run for it.
    """
    transactions.require_transaction()
    rows = [Entitlement(organisation_id=organisation_id, key=key, value=values[key], until=until) for key in values]
    Entitlement.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["organisation", "key"], update_fields=["value", "until"]
    )
