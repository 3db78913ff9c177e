"""What runs by the clock, as shipped; operators change the rows afterwards.

Crawls ship switched off: a bundled site waits for the demo, a prohibited one for its permission.
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
    replaces = [
        ("scraping", "0002_schedules"),
        ("scraping", "0011_forgetting"),
    ]
    dependencies = [
        ("scraping", "0002_shipped_mappings"),
        schedules.BEAT_MIGRATION,
    ]
    operations = [
        schedules.together(
            *(
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
            ),
            schedules.every(
                3600,
                name="Forget unconfirmed submissions",
                task="scraping.tasks.forget_unconfirmed",
                description="Deletes what homeowners and buyers sent in and did not confirm within 48 hours.",
            ),
        )
    ]
