"""What runs by the clock, and the form that changes it."""

from datetime import time
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, QueryDict
from django_celery_beat.models import PeriodicTask

from aiqleads.core import services
from aiqleads.core.admin.forms import OperatorForm, typed
from aiqleads.core.admin.screens import ReadOnlyAdmin, door
from aiqleads.core.rhythm import SECONDS_PER_UNIT, DailyAt, Every, Rhythm, rhythm_of

admin.site.unregister(PeriodicTask)  # The library's own form writes past the audit trail.


class ScheduleForm(OperatorForm):
    """How often a schedule runs, and whether it does."""

    is_enabled = forms.BooleanField(label="Switched on", required=False)
    rhythm = forms.ChoiceField(
        label="Runs", choices=[("every", "At even intervals"), ("daily", "Once a day")], widget=forms.RadioSelect
    )
    count = forms.IntegerField(label="Every", required=False, min_value=1, max_value=10_000)
    unit = forms.ChoiceField(
        label="Unit", required=False, choices=[(unit, unit) for unit in reversed(SECONDS_PER_UNIT)]
    )
    at = forms.TimeField(
        label="Daily at (UTC)", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )

    def __init__(self, data: QueryDict | None = None, *, schedule: PeriodicTask) -> None:
        self.schedule = schedule
        super().__init__(data, initial=_initial(schedule))

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said.get("rhythm") == "every" and not said.get("count") and "count" not in self.errors:
            self.add_error("count", "How many? For example 30 minutes.")
        if said.get("rhythm") == "every" and not said.get("unit") and "unit" not in self.errors:
            self.add_error("unit", "Minutes or hours?")
        if said.get("rhythm") == "daily" and said.get("at") is None and "at" not in self.errors:
            self.add_error("at", "At what time of the day? For example 09:10.")
        return said

    def write(self, *, actor_id: int) -> str:
        schedule = services.change_schedule(
            schedule_id=self.schedule.pk,
            rhythm=self._rhythm(),
            is_enabled=self.cleaned_data["is_enabled"],
            actor_id=actor_id,
        )
        return f"{schedule.name}: {rhythm_of(schedule)}, switched {'on' if schedule.enabled else 'off'}."

    def _rhythm(self) -> Rhythm:
        said = self.cleaned_data
        if said["rhythm"] == "every":
            return Every(seconds=said["count"] * SECONDS_PER_UNIT[said["unit"]])
        return DailyAt(hour=said["at"].hour, minute=said["at"].minute)


def _initial(schedule: PeriodicTask) -> dict[str, Any]:
    rhythm = rhythm_of(schedule)
    initial = {"is_enabled": schedule.enabled, "rhythm": "every", "unit": "minutes"}
    if isinstance(rhythm, Every):
        count, unit = rhythm.in_units
        return {**initial, "count": count, "unit": unit}
    if isinstance(rhythm, DailyAt):
        return {**initial, "rhythm": "daily", "at": time(rhythm.hour, rhythm.minute)}
    return initial


@admin.register(PeriodicTask)
class ScheduleAdmin(ReadOnlyAdmin):
    """What runs by the clock."""

    list_display = ("name", "enabled", "runs", "last_run_at", "description")
    list_select_related = ("interval", "crontab")
    list_filter = ("enabled",)
    ordering = ("name",)
    fields = (
        ("name", "enabled"),
        "description",
        ("runs", "last_run_at"),
        ("task", "args"),
        ("queue", "total_run_count"),
    )
    labels = {
        "enabled": "Switched on",
        "last_run_at": "Last run",
        "total_run_count": "Runs so far",
        "task": "Task",
        "args": "With",
        "queue": "Queue",
    }
    actions_detail = ("edit",)

    @admin.display(description="Runs")
    def runs(self, schedule: PeriodicTask) -> str:
        return str(rhythm_of(schedule) or schedule.crontab or "-")

    @door("Change", icon="edit")
    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        schedule = self.find(request, object_id)
        form = ScheduleForm(typed(request), schedule=schedule)
        return self.serve_form(request, form, title=f"Change “{schedule.name}”", subject=schedule)
