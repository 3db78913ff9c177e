"""Background doors of the kernel."""

from celery import shared_task

from aiqleads.core import alerts, events, idempotency, sealing


@shared_task(ignore_result=True, expires=60)
def deliver_events() -> None:
    """Deliver due outbox events. Safe to run twice: a delivered event is not due, and handlers are idempotent.

    Runs after each commit that published, and every ``events.SWEEP_SECONDS`` for what was missed.
    """
    events.deliver_when_asked()


@shared_task(ignore_result=True, expires=600)
def check_alerts() -> None:
    """Look for what is wrong and mail what is new. Safe to run twice: one is open per key, mailed once."""
    alerts.check_all()
    alerts.mail_new_alerts()


@shared_task(ignore_result=True, expires=300)
def seal_audit_trail() -> None:
    """Seal what can no longer grow. Safe to run twice: the second finds the first's seals."""
    sealing.seal()


@shared_task(ignore_result=True, expires=3_600)
def forget_replies() -> None:
    """Delete the replies to Idempotency-Keys that are older than a day. Safe to run twice: they are gone."""
    idempotency.forget_old()
