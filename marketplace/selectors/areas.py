"""Reads of where organisations work."""

from datetime import datetime
from uuid import UUID

from aiqleads.core import clock
from marketplace.models import WorkArea


def work_area(organisation_id: UUID, *, at: datetime | None = None) -> WorkArea | None:
    """Where an organisation said that it works, as of a moment, which is now for None; None where it never did."""
    stated = WorkArea.objects.filter(organisation=organisation_id, stated_at__lte=at or clock.Now())
    return stated.order_by("-stated_at", "-pk").first()
