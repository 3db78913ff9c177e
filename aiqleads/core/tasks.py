"""Background doors of the kernel."""

from celery import shared_task

from aiqleads.core import events


@shared_task(ignore_result=True, expires=60)
def deliver_events() -> None:
    """Deliver due outbox events. Safe to run twice: a delivered event is not due, and handlers are idempotent.

    Runs after each commit that published, and every ``events.SWEEP_SECONDS`` for what was missed.
    """
    events.deliver_all()
