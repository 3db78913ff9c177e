"""The sources that ship, each with its right. Sites that forbid crawling are prohibited until a permission is recorded."""

from django.db import migrations
from psycopg.types.range import TimestamptzRange
from datetime import UTC, datetime

SINCE = datetime(2026, 1, 1, tzinfo=UTC)

PROHIBITED = [
    ("craigslist", "Craigslist", "classified", "craigslist"),
    ("facebook", "Facebook Marketplace", "social", "facebook"),
    ("forsalebyowner", "ForSaleByOwner.com", "fsbo", "fsbo"),
    ("zillow", "Zillow", "portal", "zillow"),
    ("realtor", "Realtor.com", "portal", "realtor"),
    ("redfin", "Redfin", "portal", "redfin"),
]
BUNDLED = [
    ("demo-classifieds-east", "East Side Classifieds (demo)", "classified", "classified_rows", 50),
    ("demo-classifieds-west", "Westboard (demo)", "classified", "fsbo", 50),
    ("demo-fsbo", "Own Door Homes (demo)", "fsbo", "fsbo", 70),
    ("demo-mls", "Tri-Metro Listing Service (demo)", "mls", "reso", 90),
]


def ship(apps, schema_editor):
    Source = apps.get_model("leads", "Source")
    SourceRight = apps.get_model("leads", "SourceRight")
    for slug, name, family, reader in PROHIBITED:
        source = Source.objects.create(slug=slug, name=name, family=family, reader=reader)
        SourceRight.objects.create(source=source, basis="prohibited", during=TimestamptzRange(SINCE, None))
    for slug, name, family, reader, trust_percent in BUNDLED:
        source = Source.objects.create(
            slug=slug, name=name, family=family, reader=reader, trust_percent=trust_percent
        )
        SourceRight.objects.create(
            source=source,
            basis="licensed" if family == "mls" else "permission",
            may_list=True,
            may_value=True,
            may_suppress=True,
            during=TimestamptzRange(SINCE, None),
            document="Bundled with the product: every record is generated.",
        )


def withdraw(apps, schema_editor):
    slugs = [row[0] for row in [*PROHIBITED, *BUNDLED]]
    apps.get_model("leads", "Source").objects.filter(slug__in=slugs).delete()


class Migration(migrations.Migration):
    dependencies = [("leads", "0003_observation_address")]
    operations = [migrations.RunPython(ship, withdraw)]
