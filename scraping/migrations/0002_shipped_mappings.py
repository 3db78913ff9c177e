"""What ships to crawl and import by: how counties' tables are read, what feeds' words of a status mean, and areas."""

from django.db import migrations

WRITE_ONCE = """
CREATE TRIGGER mapping_is_written_once BEFORE UPDATE OR DELETE ON scraping_columnmapping
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
"""


def rule(field, *columns, transform="first", argument="", values=None):
    return {
        "field": field,
        "columns": list(columns),
        "transform": transform,
        "argument": argument,
        "values": values or {},
    }


def same(field, value):
    return rule(field, transform="constant", argument=value)


NYC_KINDS = {
    "": "other",
    "01": "single family",
    "02": "multi family",
    "03": "multi family",
    "04": "condo",
    "05": "land",
    "06": "commercial",
    "07": "apartment",
    "08": "apartment",
    "09": "condo",
    "10": "condo",
    "11": "condo",
    "12": "condo",
    "13": "condo",
    "14": "apartment",
    "15": "condo",
    "16": "condo",
    "17": "condo",
    "31": "land",
}
NOTICES = {"lis pendens": "preforeclosure", "notice of default": "preforeclosure", "notice of trustee": "preforeclosure"}
HOME = [
    rule("address", "Situs Number", "Situs Dir", "Situs Street", "Situs Type", "Situs Unit", transform="join"),
    rule("city", "Situs City"),
    rule("state", "Situs State"),
    rule("zip", "Situs ZIP"),
]
FACTS = [
    rule("property_type", "Property Use"),
    rule("beds_text", "Beds"),
    rule("baths_text", "Baths"),
    rule("area_text", "Living Area SqFt"),
    rule("detail:parcel_number", "APN"),
    rule("detail:year_built", "Year Built"),
]
MAPPINGS = [
    (
        "king-county-sales",
        "House sales",
        None,
        "money_paid",
        [
            rule("external_id", "id"),
            rule("asking_price_text", "price"),
            rule("beds_text", "bedrooms"),
            rule("baths_text", "bathrooms"),
            rule("area_text", "sqft_living"),
            rule("zip", "zipcode"),
            rule("latitude", "lat"),
            rule("longitude", "long"),
            rule("posted_text", "date", transform="date", argument="%Y%m%dT000000"),
            rule("detail:year_built", "yr_built"),
            rule("detail:land_area", "sqft_lot"),
            same("state", "WA"),
            same("property_type", "single family"),
            same("status", "closed"),
        ],
    ),
    (
        "nyc-rolling-sales",
        "Rolling sales",
        None,
        "money_paid",
        [
            rule("address", "ADDRESS", "APARTMENT NUMBER", transform="with_unit"),
            rule("neighborhood", "NEIGHBORHOOD"),
            rule(
                "city",
                "BOROUGH",
                transform="lookup",
                values={"1": "New York", "2": "Bronx", "3": "Brooklyn", "4": "Queens", "5": "Staten Island"},
            ),
            same("state", "NY"),
            rule("zip", "ZIP CODE"),
            rule("property_type", "BUILDING CLASS CATEGORY", transform="lookup", values=NYC_KINDS),
            rule("area_text", "GROSS SQUARE FEET"),
            rule("asking_price_text", "SALE PRICE"),
            rule("posted_text", "SALE DATE"),
            rule("detail:parcel_number", "BOROUGH", "BLOCK", "LOT", transform="join"),
            rule("detail:land_area", "LAND SQUARE FEET"),
            rule("detail:year_built", "YEAR BUILT"),
            same("status", "closed"),
        ],
    ),
    (
        "sacramento-sales",
        "Sales",
        None,
        "money_paid",
        [
            rule("address", "street"),
            rule("city", "city"),
            rule("state", "state"),
            rule("zip", "zip"),
            rule("beds_text", "beds"),
            rule("baths_text", "baths"),
            rule("area_text", "sq__ft"),
            rule(
                "property_type",
                "type",
                transform="lookup",
                values={"residential": "single family", "condo": "condo", "multi-family": "multi family", "": "other"},
            ),
            rule("posted_text", "sale_date"),
            rule("asking_price_text", "price"),
            rule("latitude", "latitude"),
            rule("longitude", "longitude"),
            same("status", "closed"),
        ],
    ),
    (
        "demo-county",
        "Notices of foreclosure",
        None,
        "",
        [
            rule("external_id", "Document No"),
            rule("kind", "Notice Type", transform="lookup", values=NOTICES),
            rule("contact_name", "Trustor", transform="last_name_first"),
            rule("posted_text", "Recorded", transform="date", argument="%m/%d/%Y"),
            rule("detail:document_type", "Notice Type"),
            rule("detail:case_number", "TS Number"),
            rule("detail:filed_on", "Recorded", transform="date", argument="%m/%d/%Y"),
            rule("detail:auction_on", "Auction Date", transform="date", argument="%m/%d/%Y"),
            rule("detail:lender", "Beneficiary"),
            rule("detail:amount_owed", "Default Amount Cents", transform="cents"),
            *HOME,
            *FACTS,
        ],
    ),
    (
        "demo-county",
        "Probate filings",
        "probate",
        "",
        [
            rule("external_id", "Case No"),
            rule("contact_name", "Personal Representative", transform="last_name_first"),
            rule("posted_text", "Filed", transform="date", argument="%m/%d/%Y"),
            rule("detail:case_number", "Case No"),
            rule("detail:filed_on", "Filed", transform="date", argument="%m/%d/%Y"),
            rule("detail:decedent", "Decedent", transform="last_name_first"),
            rule("detail:died_on", "Date of Death", transform="date", argument="%m/%d/%Y"),
            *HOME,
            *FACTS,
        ],
    ),
    (
        "demo-county",
        "Assessment roll",
        "absentee",
        "absent_owner",
        [
            rule("external_id", "APN"),
            rule("contact_name", "Owner", transform="last_name_first"),
            rule("posted_text", "Roll Date", transform="date", argument="%m/%d/%Y"),
            rule("detail:mailing_address", "Mail Address", "Mail City St Zip", transform="join_comma"),
            rule("detail:assessed_value", "Assessed Value"),
            *HOME,
            *FACTS,
        ],
    ),
    (
        "demo-county",
        "Deeds",
        None,
        "money_paid",
        [
            rule("external_id", "Document No"),
            rule("asking_price_text", "Consideration Cents", transform="cents"),
            rule("posted_text", "Recorded", transform="date", argument="%m/%d/%Y"),
            same("status", "closed"),
            *HOME,
            *FACTS,
        ],
    ),
]
STATUS_RULES = [  # says, word, meaning
    ("Active", "active", "active"),
    ("A", "a", "active"),
    ("New", "new", "active"),
    ("Back On Market", "backonmarket", "active"),
    ("Price Change", "pricechange", "active"),
    ("Coming Soon", "comingsoon", "active"),
    ("Active Under Contract", "activeundercontract", "pending"),
    ("Active Contingent", "activecontingent", "pending"),
    ("Contingent", "contingent", "pending"),
    ("Under Contract", "undercontract", "pending"),
    ("Pending", "pending", "pending"),
    ("P", "p", "pending"),
    ("Hold", "hold", "pending"),
    ("Temporarily Off Market", "temporarilyoffmarket", "pending"),
    ("Closed", "closed", "closed"),
    ("Sold", "sold", "closed"),
    ("S", "s", "closed"),
    ("Leased", "leased", "closed"),
    ("Rented", "rented", "closed"),
    ("Expired", "expired", "expired"),
    ("Withdrawn", "withdrawn", "withdrawn"),
    ("Canceled", "canceled", "canceled"),
    ("Cancelled", "cancelled", "canceled"),
    ("Terminated", "terminated", "canceled"),
    ("Delete", "delete", "deleted"),
    ("Deleted", "deleted", "deleted"),
    ("Incomplete", "incomplete", "incomplete"),
]
# All of these sites are prohibited until an operator records a permission.
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


def ship_mappings(apps, schema_editor):
    ColumnMapping = apps.get_model("scraping", "ColumnMapping")
    for slug, name, kind, keep, rules in MAPPINGS:
        document = {"rules": rules, "kind": kind, "keep": keep}
        ColumnMapping.objects.create(source_id=slug, name=name, version=1, document=document)


def ship_status_rules(apps, schema_editor):
    StatusRule = apps.get_model("scraping", "StatusRule")
    StatusRule.objects.bulk_create(
        [StatusRule(says=says, word=word, meaning=meaning) for says, word, meaning in STATUS_RULES]
    )


def ship_areas(apps, schema_editor):
    Source = apps.get_model("leads", "Source")
    CrawlArea = apps.get_model("scraping", "CrawlArea")
    for slug, base_url in SITES.items():
        Source.objects.filter(slug=slug).update(base_url=base_url)
    for slug, name, start, category, stop_at_seen in AREAS:
        CrawlArea.objects.create(
            source_id=slug, start=start, name=name, category=category, state_code="TX", stop_at_seen=stop_at_seen
        )


class Migration(migrations.Migration):
    replaces = [
        ("scraping", "0007_shipped_mappings"),
        ("scraping", "0008_feeds"),
        ("scraping", "0014_shipped_areas"),
    ]
    dependencies = [("scraping", "0001_models"), ("leads", "0004_shipped_sources_and_consents")]
    operations = [
        migrations.RunPython(ship_mappings),
        migrations.RunPython(ship_status_rules),
        migrations.RunPython(ship_areas),
        migrations.RunSQL(WRITE_ONCE),
    ]
