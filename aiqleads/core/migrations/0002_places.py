"""Places in space: what distances are computed and indexed by (``aiqleads.core.geo``); PostGIS where the server has it.

WGS84: an equator of 6,378,137 m and a flattening of 1/298.257223563.
"""

from django.db import migrations

from aiqleads.core.geo import adopting

PLACES = """
CREATE FUNCTION core_geo_normal(latitude float8) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN 6378137 / sqrt(1 - 0.0066943799901413165 * sind(latitude) * sind(latitude));
CREATE FUNCTION core_geo_point(latitude float8, longitude float8) RETURNS cube
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN cube(cube(cube(
        core_geo_normal(latitude) * cosd(latitude) * cosd(longitude)),
        core_geo_normal(latitude) * cosd(latitude) * sind(longitude)),
        core_geo_normal(latitude) * 0.9933056200098587 * sind(latitude));
CREATE FUNCTION core_geo_radius(latitude float8) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN 6378137 - 21384.686 * sind(latitude) * sind(latitude);
"""


def adopt(apps, schema_editor):
    adopting.adopt_postgis(schema_editor.connection)


class Migration(migrations.Migration):
    replaces = [
        ("core", "0007_places_on_the_earth"),
        ("core", "0008_postgis_where_there_is"),
    ]
    dependencies = [("core", "0001_database_clock")]
    operations = [migrations.RunSQL(PLACES), migrations.RunPython(adopt)]
