"""Where the real sites would be crawled from. All of them are prohibited until an operator records a permission."""

from django.db import migrations

SITES = {
    "craigslist": "https://www.craigslist.org",
    "facebook": "https://www.facebook.com",
    "forsalebyowner": "https://www.forsalebyowner.com",
    "zillow": "https://www.zillow.com",
    "realtor": "https://www.realtor.com",
    "redfin": "https://www.redfin.com",
}
AREAS = [
    ("craigslist", "Austin, homes by owner", "https://austin.craigslist.org/search/reo", "reo", 40),
    ("craigslist", "Austin, to let by owner", "https://austin.craigslist.org/search/abo", "abo", 40),
    ("facebook", "Austin, property for sale", "/marketplace/austin/propertyforsale", "property for sale", 0),
    ("facebook", "Austin, property to let", "/marketplace/austin/propertyrentals", "property rentals", 0),
    ("zillow", "Austin, for sale by owner", "/austin-tx/fsbo/", "fsbo", 0),
    ("realtor", "Austin, for sale", "/realestateandhomes-search/Austin_TX", "for sale", 0),
    ("redfin", "Austin, for sale", "/city/30818/TX/Austin", "for sale", 0),
]


def ship(apps, schema_editor):
    Source = apps.get_model("leads", "Source")
    for slug, base_url in SITES.items():
        Source.objects.filter(slug=slug, base_url="").update(base_url=base_url)
    for slug, name, start, category, stop_at_seen in AREAS:
        if Source.objects.filter(slug=slug).exists():
            apps.get_model("scraping", "CrawlArea").objects.get_or_create(
                source_id=slug,
                start=start,
                defaults={"name": name, "category": category, "state_code": "TX", "stop_at_seen": stop_at_seen},
            )


class Migration(migrations.Migration):
    dependencies = [("scraping", "0013_supplier_keys"), ("leads", "0004_shipped_sources")]
    operations = [migrations.RunPython(ship, migrations.RunPython.noop)]
