"""What people ask about their data is looked after every hour."""

from django.db import migrations

from aiqleads.core import schedules


class Migration(migrations.Migration):
    dependencies = [("accounts", "0015_closed_accounts"), schedules.BEAT_MIGRATION]
    operations = [
        schedules.every(
            3600,
            name="Look after privacy requests",
            task="accounts.privacy.tasks.look_after_requests",
            description="Writes to those who still wait for it, goes on with what was begun, closes what ran out.",
        )
    ]
