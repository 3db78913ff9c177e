"""What looks at the inbox and at the providers by the clock, as shipped; operators change the rows afterwards."""

from django.db import migrations

from aiqleads.core import schedules


class Migration(migrations.Migration):
    dependencies = [("billing", "0017_recharging"), schedules.BEAT_MIGRATION]
    operations = [
        schedules.together(
            schedules.every(
                60,
                name="Work providers' messages",
                task="billing.tasks.work_inbox",
                description="Each is worked as soon as it comes; this finds what was missed or is tried again.",
            ),
            schedules.every(
                600,
                name="Go on with refunds",
                task="billing.tasks.look_at_asked_refunds",
                description="Refunds that were asked for and that their provider has not answered for.",
            ),
            schedules.daily(
                3, 10, name="Reconcile with providers", task="billing.tasks.reconcile",
                description="Missed messages, what is not final, and every line of our balance against the books.",
            ),
        )
    ]  # fmt: skip
