"""Adverts are read by models in rounds."""

from django.db import migrations

from aiqleads.core import schedules


class Migration(migrations.Migration):
    dependencies = [("leads", "0026_vectors"), schedules.BEAT_MIGRATION]
    operations = [
        schedules.every(
            900,
            name="Read adverts by models",
            task="leads.tasks.read_adverts",
            queue="ai",
            description="Asks the route \"Read adverts\" about what only the rules have read; without a provider it ends at once.",
        )
    ]
