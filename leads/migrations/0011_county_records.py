"""Public records as sources. Closings value homes and take sold ones off; what may be offered is a county's to say."""

from datetime import UTC, datetime

from django.db import migrations
from psycopg.types.range import TimestamptzRange

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
CLOSINGS = "Sales recorded by the county: they value homes and take sold ones off."
RECORDS = [  # slug, name, trust, may list, document
    ("king-county-sales", "King County, WA: sales", 80, False, CLOSINGS),
    ("nyc-rolling-sales", "New York City: rolling sales", 80, False, CLOSINGS),
    ("sacramento-sales", "Sacramento, CA: sales", 80, False, CLOSINGS),
    (
        "county-records",
        "County records (files)",
        60,
        False,
        "Record a right that allows listing once the county's terms were read.",
    ),
    ("demo-county", "Three Rivers County (demo)", 60, True, "Bundled with the product: every record is generated."),
]


def ship(apps, schema_editor):
    Source = apps.get_model("leads", "Source")
    SourceRight = apps.get_model("leads", "SourceRight")
    for slug, name, trust_percent, may_list, document in RECORDS:
        source, made = Source.objects.get_or_create(
            slug=slug,
            defaults={"name": name, "family": "records", "reader": "records", "trust_percent": trust_percent},
        )
        if made:
            SourceRight.objects.create(
                source=source,
                basis="public_record",
                may_list=may_list,
                may_value=True,
                may_suppress=True,
                during=TimestamptzRange(SINCE, None),
                document=document,
            )


def withdraw(apps, schema_editor):
    apps.get_model("leads", "Source").objects.filter(slug__in=[row[0] for row in RECORDS]).delete()


class Migration(migrations.Migration):
    dependencies = [("leads", "0010_mls_needs_a_licence")]
    operations = [migrations.RunPython(ship, withdraw)]
