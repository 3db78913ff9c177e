"""What was delivered long ago is forgotten."""

from django.db import migrations

from aiqleads.core import schedules


class Migration(migrations.Migration):

    dependencies = [
        schedules.BEAT_MIGRATION,
        ("marketplace", "0044_queues"),
    ]

    operations = [
        schedules.daily(
            4,
            10,
            name="Forget deliveries",
            task="marketplace.tasks.forget_deliveries",
            description="Tries and shapes go 90 days after a delivery was settled, and all but purchases whole.",
        ),
    ]
