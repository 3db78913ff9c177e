"""What invoices need by the clock, as shipped; operators change the row afterwards."""

from django.db import migrations

from aiqleads.core import schedules


class Migration(migrations.Migration):
    dependencies = [("billing", "0020_schedule_of_plans"), schedules.BEAT_MIGRATION]
    operations = [
        schedules.together(
            schedules.every(
                900,
                name="Send invoices that were missed",
                task="billing.tasks.send_missed_invoices",
                description="An invoice is sent when it is issued; this sends what was not, a quarter of an hour later.",
            )
        )
    ]
