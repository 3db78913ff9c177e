"""The indexes of places, made by another engine before the database had PostGIS, are made again."""

from django.db import migrations

PLACES = {"listing_distance", "listing_area"}


def make_again(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT to_regproc('core_geo_spot') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return
    listing = apps.get_model("marketplace", "Listing")
    for index in listing._meta.indexes:
        if index.name in PLACES:
            schema_editor.remove_index(listing, index)
            schema_editor.add_index(listing, index)


class Migration(migrations.Migration):
    dependencies = [("core", "0008_postgis_where_there_is"), ("marketplace", "0024_work_areas")]
    operations = [migrations.RunPython(make_again, migrations.RunPython.noop)]
