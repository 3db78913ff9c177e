"""The sweep of the outbox."""

from django.db import migrations

from aiqleads.core import schedules


class Migration(migrations.Migration):
    dependencies = [("core", "0003_audit_is_append_only"), schedules.BEAT_MIGRATION]
    operations = [
        schedules.every(
            10,
            name="Deliver missed events",
            task="aiqleads.core.tasks.deliver_events",
            description="Each commit delivers its own events; this catches what was missed.",
        )
    ]
