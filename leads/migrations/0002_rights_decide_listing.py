"""Which leads a right allows to be listed, and scores that are written once."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION leads_may_list(lead uuid, moment timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM leads_observation sighting
        JOIN leads_sourceright granted USING (source_id)
        WHERE sighting.lead_id = lead AND sighting.gone_at IS NULL
          AND granted.may_list AND granted.during @> moment
    )
$$;
CREATE FUNCTION leads_listing_right_ends(lead uuid, moment timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT NULLIF(max(coalesce(upper(granted.during), 'infinity')), 'infinity')
    FROM leads_observation sighting
    JOIN leads_sourceright granted USING (source_id)
    WHERE sighting.lead_id = lead AND sighting.gone_at IS NULL AND granted.may_list AND granted.during @> moment
$$;
CREATE TRIGGER score_is_written_once BEFORE UPDATE ON leads_score
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0001_initial")]
    operations = [
        migrations.RunSQL(
            FUNCTIONS,
            """
            DROP TRIGGER score_is_written_once ON leads_score;
            DROP FUNCTION leads_listing_right_ends(uuid, timestamptz);
            DROP FUNCTION leads_may_list(uuid, timestamptz);
            """,
        )
    ]
