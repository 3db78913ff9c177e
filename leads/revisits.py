"""Adverts that say again what they said: only the moment moves."""

from collections.abc import Collection
from uuid import UUID

from aiqleads.core import transactions
from aiqleads.core.clock import Now
from leads.models import Lead, Observation


@transactions.write
def see_again(*, observation_ids: Collection[UUID]) -> int:
    """Note that these adverts were met unchanged, as ``ingest`` does where it meets the same record.

    One that is gone meanwhile stays gone: only a whole reading brings it back. Safe to run twice.

    :return: how many were still there
    """
    standing = Observation.objects.filter(pk__in=observation_ids, gone_at=None)
    told = Lead.objects.filter(pk__in=standing.exclude(lead=None).values("lead")).order_by("pk")
    lead_ids = list(told.select_for_update().values_list("pk", flat=True))
    Lead.objects.filter(pk__in=lead_ids).update(last_seen_at=Now())
    return standing.update(last_seen_at=Now())
