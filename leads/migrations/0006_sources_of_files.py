"""The sources that saved files are imported under, named like their readers. Nothing may be listed from them yet."""

from datetime import UTC, datetime

from django.db import migrations
from psycopg.types.range import TimestamptzRange

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
FILES = [("fsbo", "By-owner sites (files)", "fsbo"), ("reso", "MLS exports (files)", "mls")]


def ship(apps, schema_editor):
    Source = apps.get_model("leads", "Source")
    SourceRight = apps.get_model("leads", "SourceRight")
    for slug, name, family in FILES:
        source, made = Source.objects.get_or_create(slug=slug, defaults={"name": name, "family": family, "reader": slug})
        if made:
            SourceRight.objects.create(source=source, basis="prohibited", during=TimestamptzRange(SINCE, None))


def withdraw(apps, schema_editor):
    apps.get_model("leads", "Source").objects.filter(slug__in=[slug for slug, _, _ in FILES]).delete()


class Migration(migrations.Migration):
    dependencies = [("leads", "0005_schedules")]
    operations = [migrations.RunPython(ship, withdraw)]
