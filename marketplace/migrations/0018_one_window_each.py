"""An organisation has one window between two holds: leaving the queue and joining it again gives no second one.

Else two could take turns in keeping a lead from everybody without ever holding it.
"""

from importlib import import_module

from django.db import migrations

ONE_WINDOW_EACH = """
CREATE OR REPLACE FUNCTION marketplace_waitlist(of_lead uuid, moment timestamptz)
RETURNS TABLE (entry_id uuid, place bigint, turn_ends_at timestamptz) LANGUAGE plpgsql STABLE AS $$
DECLARE
    gap record;
    entry record;
    passed jsonb := '{}';  -- entry: when its last window ended unused, from when on it stands behind
    served uuid[];  -- the organisations that had a window in this gap
    begins timestamptz;
    ends timestamptz;
    turn uuid;
    turn_ends timestamptz;
BEGIN
    IF NOT EXISTS (SELECT FROM marketplace_waitlistentry WHERE lead_id = of_lead AND left_at IS NULL) THEN
        RETURN;
    END IF;
    FOR gap IN
        SELECT upper(full_time) AS opens, lead(lower(full_time)) OVER (ORDER BY full_time) AS closes
        FROM unnest(marketplace_full_times(of_lead)) full_time ORDER BY full_time
    LOOP
        EXIT WHEN gap.opens IS NULL OR gap.opens > moment;
        begins := gap.opens;
        served := '{}';
        FOR entry IN
            SELECT * FROM marketplace_waitlistentry waiting WHERE waiting.lead_id = of_lead
            ORDER BY coalesce((passed ->> waiting.id::text)::timestamptz, waiting.joined_at), waiting.id
        LOOP
            CONTINUE WHEN entry.joined_at > begins OR entry.left_at <= begins
                OR entry.organisation_id = ANY (served);
            ends := least(begins + interval '2 minutes', entry.left_at);
            EXIT WHEN gap.closes < ends;
            IF ends > moment THEN
                turn := entry.id;
                turn_ends := ends;
                EXIT;
            END IF;
            served := served || entry.organisation_id;
            passed := passed || jsonb_build_object(entry.id, ends);
            begins := ends;
        END LOOP;
    END LOOP;
    RETURN QUERY
        SELECT waiting.id, row_number() OVER (
                ORDER BY coalesce((passed ->> waiting.id::text)::timestamptz, waiting.joined_at), waiting.id),
            CASE WHEN waiting.id = turn THEN turn_ends END
        FROM marketplace_waitlistentry waiting WHERE waiting.lead_id = of_lead AND waiting.left_at IS NULL;
END $$;
"""

first = import_module("marketplace.migrations.0012_waitlist")


def as_it_was() -> str:
    """The function as migration 0012 made it."""
    start = first.TURNS.index("CREATE FUNCTION marketplace_waitlist")
    return first.TURNS[start:].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0017_saved_searches")]
    operations = [migrations.RunSQL(ONE_WINDOW_EACH, as_it_was())]
