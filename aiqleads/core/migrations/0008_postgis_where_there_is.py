"""PostGIS, where the server has it and our role may add it: then places are searched by it."""

from django.db import migrations

from aiqleads.core.geo import adopting


def adopt(apps, schema_editor):
    adopting.adopt_postgis(schema_editor.connection)


def abandon(apps, schema_editor):
    schema_editor.execute(adopting.NO_SPOTS)


class Migration(migrations.Migration):
    dependencies = [("core", "0007_places_on_the_earth")]
    operations = [migrations.RunPython(adopt, abandon)]
