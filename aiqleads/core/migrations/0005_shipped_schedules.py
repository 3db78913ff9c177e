"""What runs by the clock, as shipped; operators change the rows afterwards."""

from django.db import migrations

from aiqleads.core import schedules


class Migration(migrations.Migration):
    replaces = [
        ("core", "0004_schedules"),
        ("core", "0006_alerts"),
        ("core", "0010_stored_replies"),
    ]
    dependencies = [
        ("core", "0004_guards_of_the_trail_and_keys"),
        schedules.BEAT_MIGRATION,
    ]
    operations = [
        schedules.together(
            schedules.every(
                10,
                name="Deliver missed events",
                task="aiqleads.core.tasks.deliver_events",
                description="Each commit delivers its own events; this catches what was missed.",
            ),
            schedules.every(
                300,
                name="Look for what is wrong",
                task="aiqleads.core.tasks.check_alerts",
                description="Opens and closes alerts, and mails new ones to ALERT_EMAILS.",
            ),
            schedules.every(
                60,
                name="Seal the audit trail",
                task="aiqleads.core.tasks.seal_audit_trail",
                description="So that a row that is changed or removed afterwards is found by manage.py verify_audit.",
            ),
            schedules.every(
                3_600,
                name="Forget replies to Idempotency-Keys",
                task="aiqleads.core.tasks.forget_replies",
                description="What a request was answered is kept for a day, for those who ask it again.",
            ),
        )
    ]
