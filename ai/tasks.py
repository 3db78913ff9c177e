"""Background doors of the gateway."""

from celery import shared_task

from ai import batches, budgets, model_lists
from aiqleads.core.queues import AI


@shared_task(ignore_result=True, expires=300)
def sweep_calls() -> None:
    """Settle calls whose process died. Safe to run twice: a call is settled once."""
    budgets.sweep()


@shared_task(ignore_result=True, expires=3600, queue=AI)
def check_models() -> None:
    """Look whether routed models are still served. Safe to run twice: one alert is open per model."""
    model_lists.check_models()


@shared_task(ignore_result=True, queue=AI, expires=840)
def ask_in_batches() -> None:
    """Take the answers that came and send what waits. Safe to run twice: each question is taken once."""
    batches.collect()
    batches.send_waiting()
