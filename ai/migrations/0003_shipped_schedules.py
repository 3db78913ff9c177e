"""What runs by the clock, as shipped; operators change the rows afterwards."""

from django.db import migrations

from aiqleads.core import schedules


class Migration(migrations.Migration):
    replaces = [
        ("ai", "0004_schedules"),
    ]
    dependencies = [
        ("ai", "0002_guards"),
        schedules.BEAT_MIGRATION,
    ]
    operations = [
        schedules.together(
            schedules.every(
                300,
                name="Settle model calls that nobody heard of again",
                task="ai.tasks.sweep_calls",
                description="A call whose process died counts as the most that it may have cost.",
            ),
            schedules.daily(
                8,
                20,
                name="Look whether routed models are still served",
                task="ai.tasks.check_models",
                description="Each provider with a key is asked for its list of models.",
            ),
            schedules.every(
                900,
                name="Send questions to models that can wait, and take their answers",
                task="ai.tasks.ask_in_batches",
                description="Half the price where a provider has batches; one by one where it has none.",
            ),
        )
    ]
