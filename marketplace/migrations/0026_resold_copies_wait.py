"""A copy that replaces a returned one was not to be had before: what is sold again goes to who waited first."""

from importlib import import_module

from django.db import migrations

FULL_TIMES = """
CREATE OR REPLACE FUNCTION marketplace_full_times(of_lead uuid) RETURNS tstzmultirange LANGUAGE sql STABLE AS $$
    -- When no copy was to be had: what the copies' claims have in common. A closed copy is taken for good, and one
    -- that replaces another was taken until that one was closed.
    SELECT range_intersect_agg(copy.taken) FROM (
        SELECT coalesce(range_agg(claim.during), '{}')
            + CASE WHEN slot.closed_at IS NULL THEN '{}'::tstzmultirange
              ELSE tstzmultirange(tstzrange(slot.closed_at, NULL)) END
            + CASE WHEN replaced.closed_at IS NULL THEN '{}'::tstzmultirange
              ELSE tstzmultirange(tstzrange(NULL, replaced.closed_at)) END AS taken
        FROM marketplace_leadslot slot
        LEFT JOIN marketplace_leadslot replaced ON replaced.id = slot.replaces_id
        LEFT JOIN marketplace_claim claim ON claim.slot_id = slot.id
        WHERE slot.lead_id = of_lead GROUP BY slot.id, replaced.id) copy
$$;
"""

first = import_module("marketplace.migrations.0012_waitlist")


def as_it_was() -> str:
    """The function as migration 0012 made it."""
    return first.TURNS.split("CREATE FUNCTION marketplace_waitlist")[0].replace(
        "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
    )


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0025_places_by_their_engine")]
    operations = [migrations.RunSQL(FULL_TIMES, as_it_was())]
