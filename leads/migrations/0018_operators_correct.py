"""The source of operators' corrections. Its right allows no listing: a correction says what counts, not what may be sold."""

from datetime import UTC, datetime

from django.db import migrations
from psycopg.types.range import TimestamptzRange

SLUG = "operator"
SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def ship(apps, schema_editor):
    source, made = apps.get_model("leads", "Source").objects.get_or_create(
        slug=SLUG,
        defaults={"name": "Operators' corrections", "family": "owner", "reader": "none", "trust_percent": 100},
    )
    if made:
        apps.get_model("leads", "SourceRight").objects.create(
            source=source,
            basis="permission",
            may_list=False,
            may_value=True,
            during=TimestamptzRange(SINCE, None),
            document="What operators know better than an advert; it gives no right to list.",
        )


class Migration(migrations.Migration):
    dependencies = [("leads", "0017_held_sightings")]
    operations = [migrations.RunPython(ship, migrations.RunPython.noop)]
