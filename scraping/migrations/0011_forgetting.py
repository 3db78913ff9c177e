"""Submissions that nobody confirmed are deleted every hour."""

from django.db import migrations

from aiqleads.core import schedules


class Migration(migrations.Migration):
    dependencies = [("scraping", "0010_submissions"), schedules.BEAT_MIGRATION]
    operations = [
        schedules.every(
            3600,
            name="Forget unconfirmed submissions",
            task="scraping.tasks.forget_unconfirmed",
            description="Deletes what homeowners and buyers sent in and did not confirm within 48 hours.",
        )
    ]
