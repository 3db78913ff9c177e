"""Schedules as operators set them."""

import pytest
from django.urls import reverse
from django_celery_beat.models import PeriodicTask, PeriodicTasks

from aiqleads.core.models import AuditEntry
from aiqleads.core.rhythm import DailyAt, Every, rhythm_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def edit(operator, schedule):
    address = reverse("admin:django_celery_beat_periodictask_edit", args=[schedule.pk])
    return lambda **said: operator.post(address, said)


def test_the_form_starts_from_what_is_set(operator, schedule):
    page = operator.get(reverse("admin:django_celery_beat_periodictask_edit", args=[schedule.pk])).content.decode()

    assert 'name="count" value="30"' in page
    assert '<option value="minutes" selected>' in page


def test_a_schedule_is_slowed_down_and_beat_is_told(edit, schedule):
    PeriodicTasks.objects.all().delete()

    answer = edit(is_enabled="on", rhythm="every", count="2", unit="hours")

    row = PeriodicTask.objects.get(pk=schedule.pk)
    assert answer.status_code == 302
    assert (rhythm_of(row), row.expire_seconds, row.enabled) == (Every(seconds=7200), 7200, True)
    assert PeriodicTasks.objects.count() == 1
    (entry,) = AuditEntry.objects.filter(action="schedule.changed")
    assert entry.subject == f"django_celery_beat.periodictask:{schedule.pk}"
    assert entry.details == {"runs": ["every 30\xa0minutes", "every 2\xa0hours"]}


def test_a_schedule_is_switched_off_and_moved_to_a_time_of_day(edit, schedule):
    edit(rhythm="daily", at="09:05")

    row = PeriodicTask.objects.get(pk=schedule.pk)
    assert (rhythm_of(row), row.interval, row.expire_seconds, row.enabled) == (
        DailyAt(hour=9, minute=5),
        None,
        None,
        False,
    )
    (entry,) = AuditEntry.objects.filter(action="schedule.changed")
    assert entry.details == {"is_enabled": [True, False], "runs": ["every 30\xa0minutes", "daily at 09:05 UTC"]}


@pytest.mark.parametrize(
    ("said", "field", "told"),
    [
        ({}, "rhythm", "This field is required."),
        ({"rhythm": "every", "unit": "minutes"}, "count", "How many?"),
        ({"rhythm": "every", "count": "0", "unit": "minutes"}, "count", "greater than or equal to 1"),
        ({"rhythm": "every", "count": "4", "unit": "seconds"}, "count", "At least 5 seconds lie between two runs."),
        ({"rhythm": "every", "count": "4", "unit": "moons"}, "unit", "Select a valid choice"),
        ({"rhythm": "every", "count": "4"}, "unit", "Minutes or hours?"),
        ({"rhythm": "daily"}, "at", "At what time of the day?"),
        ({"rhythm": "daily", "at": "25:00"}, "at", "Enter a valid time."),
    ],
)
def test_a_rhythm_that_cannot_be_kept_is_refused(edit, schedule, said, field, told):
    answer = edit(is_enabled="on", **said)

    assert answer.status_code == 422
    assert told in str(answer.context["form"].errors[field])
    assert rhythm_of(PeriodicTask.objects.get(pk=schedule.pk)) == Every(seconds=1800)
    assert not AuditEntry.objects.filter(action="schedule.changed").exists()
