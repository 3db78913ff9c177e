"""The extensions and the clock that every later table relies on."""

from django.contrib.postgres.operations import BtreeGistExtension, CreateExtension, TrigramExtension
from django.db import migrations
from pgvector.django import VectorExtension

CLOCK = """
CREATE FUNCTION core_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT statement_timestamp() $$;
CREATE FUNCTION core_clock() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE
    AS $$ SELECT clock_timestamp() $$;
CREATE FUNCTION core_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% rows are written once', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        BtreeGistExtension(),
        TrigramExtension(),
        CreateExtension("cube"),
        VectorExtension(),
        migrations.RunSQL(
            CLOCK,
            "DROP FUNCTION core_refuse_change(); DROP FUNCTION core_clock(); DROP FUNCTION core_now();",
        ),
    ]
