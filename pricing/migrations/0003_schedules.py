"""Pricing by the clock."""

from django.db import migrations

from aiqleads.core import schedules


class Migration(migrations.Migration):
    dependencies = [("pricing", "0002_quotes_are_written_once"), schedules.BEAT_MIGRATION]
    operations = [
        schedules.every(
            600,
            name="Reprice all leads",
            task="pricing.tasks.reprice",
            description="Prices follow demand; a lead whose price stays keeps its quote.",
        )
    ]
