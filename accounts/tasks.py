"""Background doors of this app."""

from celery import shared_task

from accounts import services
from accounts.services import deletion_lists, erasures


@shared_task(ignore_result=True, soft_time_limit=540, time_limit=600, expires=900)
def check_licences() -> None:
    """Ask the verifier about the licences that wait. Safe to run twice: what is decided waits no more."""
    services.check_waiting_licences()


@shared_task(ignore_result=True, soft_time_limit=240, time_limit=300)
def end_licences() -> None:
    """End the licences that have run out, and tell their agents. Safe to run twice: each is told each once."""
    services.end_licences()


@shared_task(ignore_result=True, soft_time_limit=840, time_limit=900, expires=600)
def carry_on_erasures() -> None:
    """Go on with what is to be erased. Safe to run twice: whatever a holder did is done, and again is harmless."""
    erasures.carry_on_all()


@shared_task(ignore_result=True, soft_time_limit=3500, time_limit=3600)
def replay_erasures() -> None:
    """Erase again whoever the journal names. Safe to run twice: whoever is gone is not found."""
    erasures.replay()


@shared_task(ignore_result=True, soft_time_limit=3500, time_limit=3600)
def follow_deletion_lists() -> None:
    """Follow every list that waits. Safe to run twice: whoever is erased is not found again."""
    deletion_lists.follow_lists()
