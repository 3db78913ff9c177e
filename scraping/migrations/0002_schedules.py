"""Crawling by the clock: one schedule per source that a right lets us crawl, or may one day.

They ship switched off: a bundled site waits for the demo, a prohibited one for its permission.
"""

from django.db import migrations

from aiqleads.core import schedules

SOURCES = [
    ("demo-classifieds-east", "Switched on when the demo is loaded; `manage.py demo_sites` serves its sites."),
    ("demo-classifieds-west", "Switched on when the demo is loaded; `manage.py demo_sites` serves its sites."),
    ("demo-fsbo", "Switched on when the demo is loaded; `manage.py demo_sites` serves its sites."),
    ("demo-mls", "Switched on when the demo is loaded; `manage.py demo_sites` serves its sites."),
    ("craigslist", "Prohibited: record a permission first."),
    ("facebook", "Prohibited: record a permission first."),
    ("forsalebyowner", "Prohibited: record a permission first."),
    ("zillow", "Prohibited: record a permission first."),
    ("realtor", "Prohibited: record a permission first."),
    ("redfin", "Prohibited: record a permission first."),
]


class Migration(migrations.Migration):
    dependencies = [("scraping", "0001_initial"), ("leads", "0004_shipped_sources"), schedules.BEAT_MIGRATION]
    operations = [
        schedules.every(
            1800,
            name=f"Crawl {slug}",
            task="scraping.tasks.crawl_source",
            arguments=[slug],
            queue="crawl",
            is_enabled=False,
            description=description,
        )
        for slug, description in SOURCES
    ]
