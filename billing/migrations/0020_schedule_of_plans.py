"""What plans need by the clock, as shipped; operators change the row afterwards."""

from django.db import migrations

from aiqleads.core import schedules


class Migration(migrations.Migration):
    dependencies = [("billing", "0019_pages_of_plans"), schedules.BEAT_MIGRATION]
    operations = [
        schedules.together(
            schedules.every(
                600,
                name="Look at plans that are due",
                task="billing.tasks.look_at_subscriptions",
                description="Periods that ended, bills that are late, changes that no provider answered yet.",
            )
        )
    ]
