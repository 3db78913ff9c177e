"""Schedules that ship with the product, as migration operations; operators edit the rows afterwards in the admin.

A schedule is shipped once: a later migration never overwrites what an operator has set.
"""

import json
from collections.abc import Sequence
from typing import Any

from django.db.migrations import RunPython

BEAT_MIGRATION = ("django_celery_beat", "0019_alter_periodictasks_options")
"""What a migration with these operations depends on."""


def every(
    seconds: int,
    *,
    name: str,
    task: str,
    arguments: Sequence[str] = (),
    queue: str | None = None,
    is_enabled: bool = True,
    description: str = "",
) -> RunPython:
    """The operation that has ``task`` called every ``seconds``; a call that waited longer than that is dropped."""

    def ship(apps: Any, _schema_editor: Any) -> None:
        interval, _ = apps.get_model("django_celery_beat", "IntervalSchedule").objects.get_or_create(
            every=seconds, period="seconds"
        )
        _periodic_tasks(apps).get_or_create(
            name=name,
            defaults={
                "task": task,
                "interval": interval,
                "args": json.dumps(list(arguments)),
                "queue": queue,
                "enabled": is_enabled,
                "expire_seconds": seconds,
                "description": description,
            },
        )

    return RunPython(ship, _removal(name))


def daily(hour: int, minute: int, *, name: str, task: str, description: str = "") -> RunPython:
    """The operation that has ``task`` called once a day, at a time in UTC."""

    def ship(apps: Any, _schema_editor: Any) -> None:
        crontab, _ = apps.get_model("django_celery_beat", "CrontabSchedule").objects.get_or_create(
            minute=str(minute), hour=str(hour), timezone="UTC"
        )
        _periodic_tasks(apps).get_or_create(
            name=name, defaults={"task": task, "crontab": crontab, "description": description}
        )

    return RunPython(ship, _removal(name))


def together(*schedules: RunPython) -> RunPython:
    """The operation that ships many ``schedules``: Django builds the models of old anew for every operation."""

    def ship(apps: Any, schema_editor: Any) -> None:
        for schedule in schedules:
            schedule.code(apps, schema_editor)

    def remove(apps: Any, schema_editor: Any) -> None:
        for schedule in reversed(schedules):
            if schedule.reverse_code:
                schedule.reverse_code(apps, schema_editor)

    return RunPython(ship, remove)


def _removal(name: str) -> Any:
    def remove(apps: Any, _schema_editor: Any) -> None:
        _periodic_tasks(apps).filter(name=name).delete()

    return remove


def _periodic_tasks(apps: Any) -> Any:
    return apps.get_model("django_celery_beat", "PeriodicTask").objects
