"""Scoring by the calendar."""

from django.db import migrations

from aiqleads.core import schedules


class Migration(migrations.Migration):
    dependencies = [("leads", "0004_shipped_sources"), schedules.BEAT_MIGRATION]
    operations = [
        schedules.daily(
            9,
            10,
            name="Score all leads again",
            task="leads.tasks.rescore",
            description="An advert ages without changing, and the prices around it move.",
        )
    ]
