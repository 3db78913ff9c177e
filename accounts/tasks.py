"""Background doors of this app."""

from celery import shared_task

from accounts import services


@shared_task(ignore_result=True, soft_time_limit=540, time_limit=600, expires=900)
def check_licences() -> None:
    """Ask the verifier about the licences that wait. Safe to run twice: what is decided waits no more."""
    services.check_waiting_licences()


@shared_task(ignore_result=True, soft_time_limit=240, time_limit=300)
def end_licences() -> None:
    """End the licences that have run out, and tell their agents. Safe to run twice: each is told each once."""
    services.end_licences()
