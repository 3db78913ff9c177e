"""Calls of processes that died are settled, and providers are asked what they serve."""

from django.db import migrations

from aiqleads.core import schedules


class Migration(migrations.Migration):
    dependencies = [("ai", "0003_ledger_guards"), schedules.BEAT_MIGRATION]
    operations = [
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
    ]
