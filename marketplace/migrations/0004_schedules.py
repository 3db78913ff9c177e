"""Demand is measured again by the clock, because interest leaves the fourteen days without an event."""

from django.db import migrations

from aiqleads.core import schedules


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0003_listing_point"), schedules.BEAT_MIGRATION]
    operations = [
        schedules.every(
            3600,
            name="Measure demand again",
            task="marketplace.tasks.measure_demand",
            description="Counts holds, sales and offers of the last 14 days in every market.",
        )
    ]
