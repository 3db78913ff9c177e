"""The source of what owners say is right, and nobody's lead is offered who asked to be left alone, by any door."""

from datetime import UTC, datetime

from django.db import migrations
from psycopg.types.range import TimestamptzRange

SLUG = "owners-word"
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
GUARDS = """
-- Who asked not to be contacted is offered to nobody: every channel to them is closed. An objection ends where its
-- person proved who they are and came back since.
CREATE FUNCTION leads_is_left_alone(lead uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM leads_contact told WHERE told.lead_id = lead AND (
            (told.objection = 'do_not_contact' AND NOT EXISTS (
                SELECT FROM accounts_suppression back WHERE back.lifted_at > told.objected_at
                    AND back.hash IN (told.phone_hash, told.email_hash)))
            OR EXISTS (
                SELECT FROM accounts_suppression kept WHERE kept.lifted_at IS NULL
                    AND kept.hash IN (told.phone_hash, told.email_hash))))
$$;
CREATE OR REPLACE FUNCTION leads_may_list(lead uuid, moment timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM leads_observation sighting
        JOIN leads_sourceright granted USING (source_id)
        WHERE sighting.lead_id = lead AND sighting.gone_at IS NULL
          AND granted.may_list AND granted.during @> moment
    ) AND NOT leads_is_suppressed(lead) AND NOT leads_is_left_alone(lead)
$$;
"""
UNDO = """
CREATE OR REPLACE FUNCTION leads_may_list(lead uuid, moment timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM leads_observation sighting
        JOIN leads_sourceright granted USING (source_id)
        WHERE sighting.lead_id = lead AND sighting.gone_at IS NULL
          AND granted.may_list AND granted.during @> moment
    ) AND NOT leads_is_suppressed(lead)
$$;
DROP FUNCTION leads_is_left_alone(uuid);
"""


def ship(apps, schema_editor):
    source, made = apps.get_model("leads", "Source").objects.get_or_create(
        slug=SLUG,
        defaults={"name": "The owner's word", "family": "owner", "reader": "none", "trust_percent": 100},
    )
    if made:
        apps.get_model("leads", "SourceRight").objects.create(
            source=source,
            basis="owner_submitted",
            may_list=False,
            may_value=True,
            during=TimestamptzRange(SINCE, None),
            document="What owners say is right about their own home; it gives no right to list.",
        )


class Migration(migrations.Migration):
    dependencies = [("leads", "0005_shipped_schedules")]
    operations = [
        migrations.RunSQL(GUARDS, UNDO),
        migrations.RunPython(ship, migrations.RunPython.noop),
    ]
