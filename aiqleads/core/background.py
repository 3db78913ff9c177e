"""Tasks note in the audit trail which of them it was."""

from typing import Any

from celery import Task

from aiqleads.core import origins


class NotedTask(Task):  # type: ignore[type-arg]
    """Everything that a task does comes from ``task <its name>``."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with origins.coming_from(origins.of_work("task", self.name)):
            return super().__call__(*args, **kwargs)
