"""Public writes of the kernel: what runs by the clock, as operators set it."""

import json
from collections.abc import Sequence
from typing import Any, Final

from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from aiqleads.core import audit, transactions
from aiqleads.core.refusals import Refusal
from aiqleads.core.rhythm import Every, Rhythm, rhythm_of

SHORTEST_SECONDS: Final = 5


class TooOften(Refusal):
    """The interval is shorter than ``SHORTEST_SECONDS``: the queue would fill faster than it empties."""

    code = "too_often"
    remedy = "Choose a longer interval."


@transactions.write
def change_schedule(*, schedule_id: int, rhythm: Rhythm, is_enabled: bool, actor_id: int) -> PeriodicTask:
    """Set how often a schedule runs and whether it runs at all. Beat reads it within seconds.

    :raises TooOften: as it says; nothing was changed
    """
    if isinstance(rhythm, Every) and rhythm.seconds < SHORTEST_SECONDS:
        raise TooOften(f"At least {SHORTEST_SECONDS} seconds lie between two runs.", field="count")
    schedule = PeriodicTask.objects.select_for_update().get(pk=schedule_id)
    before = {"is_enabled": schedule.enabled, "runs": str(rhythm_of(schedule))}
    fields = {"enabled": is_enabled, **_columns(rhythm)}
    for name, value in fields.items():
        setattr(schedule, name, value)
    schedule.save(update_fields=[*fields, "last_run_at", "date_changed"])
    changes = audit.changes(before, {"is_enabled": is_enabled, "runs": str(rhythm)})
    audit.record(actor_id=actor_id, action="schedule.changed", subject=schedule, **changes)
    return schedule


def add_schedule(*, name: str, rhythm: Rhythm, task: str, arguments: Sequence[str], queue: str) -> PeriodicTask:
    """Enter a schedule that is switched off, in the caller's transaction; one of that name is left as it is."""
    transactions.require_transaction()
    facts = {"task": task, "args": json.dumps(list(arguments)), "queue": queue, "enabled": False}
    schedule, _ = PeriodicTask.objects.get_or_create(name=name, defaults={**facts, **_columns(rhythm)})
    return schedule


def _columns(rhythm: Rhythm) -> dict[str, Any]:
    """A call that waited longer than an interval is dropped: the next one does its work."""
    if isinstance(rhythm, Every):
        interval, _ = IntervalSchedule.objects.get_or_create(every=rhythm.seconds, period="seconds")
        return {"interval": interval, "crontab": None, "expire_seconds": rhythm.seconds}
    crontab, _ = CrontabSchedule.objects.get_or_create(
        hour=str(rhythm.hour),
        minute=str(rhythm.minute),
        day_of_week="*",
        day_of_month="*",
        month_of_year="*",
        timezone="UTC",
    )
    return {"interval": None, "crontab": crontab, "expire_seconds": None}
