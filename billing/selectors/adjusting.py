"""Adjustments that wait for a second operator."""

from django.db.models import QuerySet

from billing.models import Adjustment


def waiting_adjustments() -> QuerySet[Adjustment]:
    """Those that nobody decided, the oldest first."""
    return Adjustment.objects.filter(state=Adjustment.State.WAITING).order_by("asked_at")
