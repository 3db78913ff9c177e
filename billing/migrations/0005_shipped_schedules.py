"""What runs by the clock, as shipped; operators change the rows afterwards."""

from django.db import migrations

from aiqleads.core import schedules


class Migration(migrations.Migration):
    dependencies = [("billing", "0004_guards_of_lots"), schedules.BEAT_MIGRATION]
    operations = [
        schedules.together(
            schedules.every(
                3_600,
                name="Write off credits that ended",
                task="billing.tasks.expire_lots",
                description="Ended credits cannot be spent from the second they end; this books it.",
            ),
            schedules.daily(
                0, 10, name="Book what was earned", task="billing.tasks.recognise_revenue",
                description="Paid credits are earned when they are spent; one journal a day.",
            ),
            schedules.daily(
                2, 40, name="Verify the books", task="billing.tasks.verify_books",
                description="Every invariant of the ledger; what is wrong becomes an alert.",
            ),
        )
    ]
