"""How long tasks may run: those of the queue ``ai`` wait for other people's servers and get limits of their own.

A task says in which queue it runs where it is declared (``@shared_task(queue="ai")``); Celery asks here for more.
That a question to a model ends before its task does is proved at start-up (``ai.checks``).
"""

from typing import Any, Final

AI: Final = "ai"
AI_SOFT_SECONDS: Final = 540
AI_HARD_SECONDS: Final = 600


class LimitsByQueue:
    """As an entry of ``CELERY_TASK_ANNOTATIONS``."""

    def annotate(self, task: Any) -> dict[str, int] | None:
        """The limits of a task; None leaves it those of the settings."""
        if getattr(task, "queue", None) != AI:
            return None
        return {"soft_time_limit": AI_SOFT_SECONDS, "time_limit": AI_HARD_SECONDS}
