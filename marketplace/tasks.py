"""Background doors of the marketplace."""

from celery import shared_task

from marketplace import offering


@shared_task(ignore_result=True, soft_time_limit=840, time_limit=900)
def measure_demand() -> None:
    """Count every market again. Safe to run twice: it sets counts, it does not add to them."""
    offering.measure_all_demand()
