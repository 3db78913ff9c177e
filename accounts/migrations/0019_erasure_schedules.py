from django.db import migrations

from aiqleads.core import schedules


class Migration(migrations.Migration):
    dependencies = [('accounts', '0018_guards_of_organisations'), schedules.BEAT_MIGRATION]
    operations = [
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
    ]
