"""Lists of alike vectors are kept, from so many vectors on that looking at each costs too much."""

from django.db import migrations

from aiqleads.core import schedules


class Migration(migrations.Migration):
    dependencies = [("leads", "0031_refused_recipes"), schedules.BEAT_MIGRATION]

    operations = [
        schedules.every(
            3_600,
            name="Keep the lists of alike vectors",
            task="leads.tasks.keep_vector_lists",
            queue="ai",
            description="Makes them when there are 50,000 vectors, and anew when these have doubled or halved.",
        ),
    ]
