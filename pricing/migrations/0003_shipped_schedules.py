"""What runs by the clock, as shipped; operators change the rows afterwards."""

from django.db import migrations

from aiqleads.core import schedules


class Migration(migrations.Migration):
    replaces = [
        ("pricing", "0003_schedules"),
    ]
    dependencies = [
        ("pricing", "0002_guards"),
        schedules.BEAT_MIGRATION,
    ]
    operations = [
        schedules.together(
            schedules.every(
                600,
                name="Reprice all leads",
                task="pricing.tasks.reprice",
                description="Prices follow demand; a lead whose price stays keeps its quote.",
            ),
        )
    ]
