"""What people agree to on /sell/ and /find-an-agent/, in English and Spanish; and the sources of what they send."""

from datetime import UTC, datetime

from django.db import migrations
from psycopg.types.range import TimestamptzRange

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
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
SOURCES = [
    ("owner-submissions", "Owners' own submissions", "Each owner's own consent, kept with their submission."),
    ("buyer-enquiries", "Buyers' own enquiries", "Each buyer's own consent, kept with their enquiry."),
]


def ship(apps, schema_editor):
    for (purpose, language), text in WORDS.items():
        apps.get_model("leads", "ConsentText").objects.create(
            purpose=purpose, version=VERSION, language=language, text=text, in_force_from=SINCE
        )
    for slug, name, document in SOURCES:
        source, made = apps.get_model("leads", "Source").objects.get_or_create(
            slug=slug, defaults={"name": name, "family": "owner", "reader": "records", "trust_percent": 90}
        )
        if made:
            apps.get_model("leads", "SourceRight").objects.create(
                source=source,
                basis="owner_submitted",
                may_list=True,
                during=TimestamptzRange(SINCE, None),
                document=document,
            )


def withdraw(apps, schema_editor):
    apps.get_model("leads", "Source").objects.filter(slug__in=[row[0] for row in SOURCES]).delete()


class Migration(migrations.Migration):
    dependencies = [("leads", "0015_consents")]
    operations = [migrations.RunPython(ship, withdraw)]
