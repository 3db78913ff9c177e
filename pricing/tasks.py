"""Background doors of pricing."""

from celery import shared_task

from pricing import services


@shared_task(ignore_result=True, soft_time_limit=540, time_limit=600)
def reprice() -> None:
    """Price every active lead again. Safe to run twice: an unchanged price writes and tells nothing."""
    services.reprice_all()
