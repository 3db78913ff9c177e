"""Makes a database search places by PostGIS, where the server has it and our role may add it."""

from typing import Any, Final

from django.db import transaction
from django.db.utils import ProgrammingError
from psycopg.errors import InsufficientPrivilege

SPOTS: Final = """
CREATE OR REPLACE FUNCTION core_geo_spot(latitude float8, longitude float8) RETURNS geography
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN ST_SetSRID(ST_MakePoint(longitude, latitude), 4326)::geography;
CREATE OR REPLACE FUNCTION core_geo_flat_spot(latitude float8, longitude float8) RETURNS geometry
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN ST_SetSRID(ST_MakePoint(longitude, latitude), 4326);
"""


def adopt_postgis(database: Any) -> bool:
    """Add PostGIS and the functions that its indexes are over; tell whether the database has them now."""
    with database.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_available_extensions WHERE name = 'postgis'")
        [is_on_server] = cursor.fetchone()
        if not is_on_server or not _has_extension(database):
            return False
        cursor.execute(SPOTS)
        return True


def _has_extension(database: Any) -> bool:
    try:
        with transaction.atomic(database.alias), database.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    except ProgrammingError as error:
        if not isinstance(error.__cause__, InsufficientPrivilege):
            raise
        return False
    return True
