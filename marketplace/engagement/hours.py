"""When a plan asks for something: never in the quiet hours of the owner's state, never on a Sunday.

The law's hours (``leads.calling_rules``) are wider than ours: a plan leaves Sundays out everywhere.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from leads.calling_rules import SUNDAY, is_calling_hour

MIDDLE_OF_THE_COUNTRY: Final = "America/Chicago"
"""Whose clock counts while nobody knows the owner's; such owners are not rung at all."""
LEAST_NOTICE: Final = timedelta(minutes=30)
"""A step is not due before its buyer has read of it."""


class PartOfDay(StrEnum):
    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


STARTS: Final = {PartOfDay.MORNING: time(10), PartOfDay.AFTERNOON: time(14), PartOfDay.EVENING: time(18)}


class Timed(Protocol):
    """What is to be done so many days after the purchase, in a part of the owner's day."""

    @property
    def days_after(self) -> int: ...
    @property
    def part(self) -> PartOfDay: ...


def due_ats(steps: Sequence[Timed], *, begins_at: datetime, zone: ZoneInfo, state_code: str = "") -> list[datetime]:
    """When each of a plan's steps is due. Steps for one moment stay together, others keep apart and in order."""
    found: list[datetime] = []
    for step, before in zip(steps, [None, *steps], strict=False):
        due = due_at(
            begins_at=begins_at, days_after=step.days_after, part=step.part, zone=zone, state_code=state_code
        )
        is_together = before is not None and (before.days_after, before.part) == (step.days_after, step.part)
        if found and is_together:
            due = found[-1]
        elif found and due <= found[-1]:
            due = due_at(
                begins_at=found[-1], days_after=0, part=PartOfDay.MORNING, zone=zone, state_code=state_code
            )
        found.append(due)
    return found


def due_at(
    *, begins_at: datetime, days_after: int, part: PartOfDay, zone: ZoneInfo, state_code: str = ""
) -> datetime:
    """When a step is due: at its part of day where the owner lives, from Monday to Saturday.

    A moment that has passed, or in which the owner's state allows no calls, moves to the next part of a day, a
    Sunday to Monday.
    """
    earliest = begins_at + LEAST_NOTICE
    local = begins_at.astimezone(zone)
    day = local.date() + timedelta(days=days_after)
    while True:
        for start in (STARTS[part], *later_starts(part)):
            moment = datetime.combine(day, start, tzinfo=zone)
            if moment >= earliest and not is_quiet(moment, zone, state_code):
                return moment
        day, part = day + timedelta(days=1), PartOfDay.MORNING


def later_starts(part: PartOfDay) -> list[time]:
    """When the parts of a day behind this one begin."""
    return [start for start in STARTS.values() if start > STARTS[part]]


def part_of(moment: datetime, zone: ZoneInfo) -> PartOfDay:
    """The part of the owner's day that a moment lies in."""
    local = moment.astimezone(zone).time()
    return next((part for part in reversed(STARTS) if local >= STARTS[part]), PartOfDay.MORNING)


def is_quiet(moment: datetime, zone: ZoneInfo, state_code: str = "") -> bool:
    """Whether a plan has the owner not rung at ``moment``: the law of their state, and every Sunday."""
    local = moment.astimezone(zone)
    return local.weekday() == SUNDAY or not is_calling_hour(state_code, local)
