"""What runs by the clock, as shipped; operators change the rows afterwards."""

from django.db import migrations

from aiqleads.core import schedules


class Migration(migrations.Migration):
    replaces = [
        ("accounts", "0016_privacy_sweep"),
        ("accounts", "0019_erasure_schedules"),
    ]
    dependencies = [
        ("accounts", "0004_guards_of_privacy"),
        schedules.BEAT_MIGRATION,
    ]
    operations = [
        schedules.together(
            schedules.every(
                600,
                name="Check licences",
                task="accounts.tasks.check_licences",
                description="Asks the verifier, where one is set, about the licences that wait.",
            ),
            schedules.daily(
                11,
                15,
                name="End licences",
                task="accounts.tasks.end_licences",
                description="Ends what has run out; tells agents 30 days before, at the end, and 30 days after.",
            ),
            schedules.every(
                3600,
                name="Look after privacy requests",
                task="accounts.privacy.tasks.look_after_requests",
                description="Writes to those who still wait for it, goes on with what was begun, closes what ran out.",
            ),
            schedules.every(
                600,
                name="carry on erasures",
                task="accounts.tasks.carry_on_erasures",
                description="Goes on with what is to be erased where a holder failed or the machine stopped.",
            ),
            schedules.daily(
                4,
                20,
                name="follow deletion lists",
                task="accounts.tasks.follow_deletion_lists",
                description="Erases whom a state's deletion list names; one is due every 45 days.",
            ),
            schedules.every(
                3600,
                name="check numbers",
                task="leads.tasks.check_numbers",
                description="Looks numbers up in the do-not-call lists in force, each again within 31 days.",
            ),
            schedules.daily(
                5,
                10,
                name="purge",
                task="leads.tasks.purge",
                description="Lets go of contacts and adverts whose time is over (leads/retention.py).",
            ),
        )
    ]
