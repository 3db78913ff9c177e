"""Background doors of the gateway."""

from celery import shared_task

from ai import batches, budgets, model_lists
from aiqleads.core.queues import AI_HARD_SECONDS, AI_SOFT_SECONDS


@shared_task(ignore_result=True, expires=300)
def sweep_calls() -> None:
    """Settle calls whose process died. Safe to run twice: a call is settled once."""
    budgets.sweep()


@shared_task(ignore_result=True, expires=3600, soft_time_limit=AI_SOFT_SECONDS, time_limit=AI_HARD_SECONDS)
def check_models() -> None:
    """Look whether routed models are still served. Safe to run twice: one alert is open per model."""
    model_lists.check_models()


@shared_task(ignore_result=True, expires=840, soft_time_limit=AI_SOFT_SECONDS, time_limit=AI_HARD_SECONDS)
def ask_in_batches() -> None:
    """Take the answers that came and send what waits. Safe to run twice: each question is taken once."""
    batches.collect()
    batches.send_waiting()
