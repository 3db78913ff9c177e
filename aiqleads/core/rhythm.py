"""How often something runs by the clock: at even intervals, or once a day."""

from dataclasses import dataclass
from typing import Final

from django_celery_beat.models import PeriodicTask

SECONDS_PER_UNIT: Final = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Every:
    """At even intervals of ``seconds``."""

    seconds: int

    @property
    def in_units(self) -> tuple[int, str]:
        """The interval in the largest unit that counts it whole: 1800 seconds are (30, "minutes")."""
        unit = next(unit for unit, length in SECONDS_PER_UNIT.items() if self.seconds % length == 0)
        return self.seconds // SECONDS_PER_UNIT[unit], unit

    def __str__(self) -> str:
        count, unit = self.in_units
        return f"every {unit[:-1]}" if count == 1 else f"every {count}\xa0{unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyAt:
    """Once a day, at a time in UTC."""

    hour: int
    minute: int

    def __str__(self) -> str:
        return f"daily at {self.hour:02}:{self.minute:02} UTC"


Rhythm = Every | DailyAt


def rhythm_of(schedule: PeriodicTask) -> Rhythm | None:
    """How often a schedule runs; None where it is neither even intervals nor a time of day."""
    if schedule.interval:
        return Every(seconds=schedule.interval.every * SECONDS_PER_UNIT[schedule.interval.period])
    crontab = schedule.crontab
    if crontab is None or not (crontab.hour.isdigit() and crontab.minute.isdigit()):
        return None
    if {crontab.day_of_week, crontab.day_of_month, crontab.month_of_year} != {"*"}:
        return None
    return DailyAt(hour=int(crontab.hour), minute=int(crontab.minute))
