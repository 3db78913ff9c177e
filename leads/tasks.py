"""Background doors of this app."""

from celery import shared_task

from leads import services
from leads.models import Lead


@shared_task(ignore_result=True, soft_time_limit=1700, time_limit=1800)
def rescore() -> None:
    """Judge every active or waiting lead again, since freshness fades. Safe to run twice."""
    states = [Lead.State.ACTIVE, Lead.State.REVIEW]
    for lead_id in Lead.objects.filter(state__in=states).order_by("pk").values_list("pk", flat=True).iterator():
        services.assess_lead(lead_id=lead_id)
