"""The sources that ship, each with its right, and the words that owners and buyers agree to.

Sites that forbid crawling are prohibited until an operator records a permission.
"""

from datetime import UTC, datetime

from django.db import migrations
from psycopg.types.range import TimestamptzRange

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
PROHIBITED = {"basis": "prohibited"}
CLOSINGS = {
    "basis": "public_record",
    "may_value": True,
    "may_suppress": True,
    "document": "Sales recorded by the county: they value homes and take sold ones off.",
}


def bundled(basis):
    document = "Bundled with the product: every record is generated."
    return {"basis": basis, "may_list": True, "may_value": True, "may_suppress": True, "document": document}


def values_alone(document):
    return {"basis": "permission", "may_value": True, "document": document}


def consented(document):
    return {"basis": "owner_submitted", "may_list": True, "document": document}


SOURCES = [  # slug, name, family, reader, trust in percent, right
    ("craigslist", "Craigslist", "classified", "craigslist", 50, PROHIBITED),
    ("facebook", "Facebook Marketplace", "social", "facebook", 50, PROHIBITED),
    ("forsalebyowner", "ForSaleByOwner.com", "fsbo", "fsbo", 50, PROHIBITED),
    ("zillow", "Zillow", "portal", "zillow", 50, PROHIBITED),
    ("realtor", "Realtor.com", "portal", "realtor", 50, PROHIBITED),
    ("redfin", "Redfin", "portal", "redfin", 50, PROHIBITED),
    ("demo-classifieds-east", "East Side Classifieds (demo)", "classified", "classified_rows", 50, bundled("permission")),
    ("demo-classifieds-west", "Westboard (demo)", "classified", "fsbo", 50, bundled("permission")),
    ("demo-fsbo", "Own Door Homes (demo)", "fsbo", "fsbo", 70, bundled("permission")),
    ("demo-mls", "Tri-Metro Listing Service (demo)", "mls", "reso", 90, bundled("licensed")),
    ("fsbo", "By-owner sites (files)", "fsbo", "fsbo", 50, PROHIBITED),
    ("reso", "MLS exports (files)", "mls", "reso", 50, PROHIBITED),
    ("king-county-sales", "King County, WA: sales", "records", "records", 80, CLOSINGS),
    ("nyc-rolling-sales", "New York City: rolling sales", "records", "records", 80, CLOSINGS),
    ("sacramento-sales", "Sacramento, CA: sales", "records", "records", 80, CLOSINGS),
    (
        "county-records",
        "County records (files)",
        "records",
        "records",
        60,
        {**CLOSINGS, "document": "Record a right that allows listing once the county's terms were read."},
    ),
    ("demo-county", "Three Rivers County (demo)", "records", "records", 60, bundled("public_record")),
    (
        "owner-submissions",
        "Owners' own submissions",
        "owner",
        "records",
        90,
        consented("Each owner's own consent, kept with their submission."),
    ),
    (
        "buyer-enquiries",
        "Buyers' own enquiries",
        "owner",
        "records",
        90,
        consented("Each buyer's own consent, kept with their enquiry."),
    ),
    (
        "operator",
        "Operators' corrections",
        "owner",
        "none",
        100,
        values_alone("What operators know better than an advert; it gives no right to list."),
    ),
    (
        "reader",
        "Read from the advert's words",
        "owner",
        "none",
        0,
        values_alone("What an advert's own words tell; the advert's right decides what may be listed."),
    ),
]
VERSION = "2026-11"
WORDS = {
    ("sell", "en"): (
        "I own this home or may speak for its owner. I agree that AIQLeads passes my name, my contact and the facts "
        "above to licensed real-estate agents, at most as many as I chose above, and that these agents contact me "
        "about selling this home, in the ways that I ticked. Calls are dialled by hand. I need not agree to buy or "
        "sell anything. I can take this back at any time with the link that I get by e-mail; message and data rates "
        "of my phone company may apply."
    ),
    ("sell", "es"): (
        "Soy propietario de esta vivienda o puedo hablar en nombre de su propietario. Acepto que AIQLeads entregue mi "
        "nombre, mis datos de contacto y los datos de arriba a agentes inmobiliarios con licencia, como máximo a "
        "tantos como elegí arriba, y que esos agentes se comuniquen conmigo sobre la venta de esta vivienda por los "
        "medios que marqué. Las llamadas se marcan a mano. Aceptar no me obliga a comprar ni a vender nada. Puedo "
        "retirar mi consentimiento en cualquier momento con el enlace que recibo por correo electrónico; pueden "
        "aplicarse tarifas de mensajes y datos de mi compañía telefónica."
    ),
    ("buy", "en"): (
        "I agree that AIQLeads passes my name, my contact and what I look for to licensed real-estate agents, at most "
        "as many as I chose above, and that these agents contact me about finding a home, in the ways that I ticked. "
        "Calls are dialled by hand. I need not agree to buy anything. I can take this back at any time with the link "
        "that I get by e-mail; message and data rates of my phone company may apply."
    ),
    ("buy", "es"): (
        "Acepto que AIQLeads entregue mi nombre, mis datos de contacto y lo que busco a agentes inmobiliarios con "
        "licencia, como máximo a tantos como elegí arriba, y que esos agentes se comuniquen conmigo para encontrar una "
        "vivienda por los medios que marqué. Las llamadas se marcan a mano. Aceptar no me obliga a comprar nada. "
        "Puedo retirar mi consentimiento en cualquier momento con el enlace que recibo por correo electrónico; pueden "
        "aplicarse tarifas de mensajes y datos de mi compañía telefónica."
    ),
}


def ship(apps, schema_editor):
    Source = apps.get_model("leads", "Source")
    SourceRight = apps.get_model("leads", "SourceRight")
    for slug, name, family, reader, trust_percent, right in SOURCES:
        source = Source.objects.create(slug=slug, name=name, family=family, reader=reader, trust_percent=trust_percent)
        SourceRight.objects.create(source=source, during=TimestamptzRange(SINCE, None), **right)
    for (purpose, language), text in WORDS.items():
        apps.get_model("leads", "ConsentText").objects.create(
            purpose=purpose, version=VERSION, language=language, text=text, in_force_from=SINCE
        )


class Migration(migrations.Migration):
    replaces = [
        ("leads", "0004_shipped_sources"),
        ("leads", "0006_sources_of_files"),
        ("leads", "0011_county_records"),
        ("leads", "0016_consent_words"),
        ("leads", "0018_operators_correct"),
        ("leads", "0029_cleaning"),
    ]
    dependencies = [("leads", "0003_guards_of_readings_and_vectors")]
    operations = [migrations.RunPython(ship)]
