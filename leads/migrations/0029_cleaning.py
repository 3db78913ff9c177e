"""The source of what was read from adverts' words, and the rounds in which it is."""

from datetime import UTC, datetime

from django.db import migrations
from psycopg.types.range import TimestamptzRange

from aiqleads.core import schedules

SLUG = "reader"
SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def ship(apps, schema_editor):
    source, made = apps.get_model("leads", "Source").objects.get_or_create(
        slug=SLUG,
        defaults={"name": "Read from the advert's words", "family": "owner", "reader": "none", "trust_percent": 0},
    )
    if made:
        apps.get_model("leads", "SourceRight").objects.create(
            source=source,
            basis="permission",
            may_list=False,
            may_value=True,
            during=TimestamptzRange(SINCE, None),
            document="What an advert's own words tell; the advert's right decides what may be listed.",
        )


class Migration(migrations.Migration):
    dependencies = [("leads", "0028_vectors_by_state"), schedules.BEAT_MIGRATION]
    operations = [
        migrations.RunPython(ship, migrations.RunPython.noop),
        schedules.every(
            900,
            name="Fill adverts' gaps",
            task="leads.tasks.clean_listings",
            queue="ai",
            description="Asks the route \"Clean listings\" about adverts whose fields are silent or contradict each other.",
        ),
    ]
