"""An owner who had everything about them deleted leaves no text and no plan, however long ago the sale was."""

from django.db import migrations

TOOK_BACK = """
CREATE OR REPLACE FUNCTION marketplace_took_back(home uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    -- What an owner sent in is gone, and with it the consent that it carried: no other stands.
    SELECT coalesce(bool_and(sighting.gone_at IS NOT NULL), false){or_erased}
    FROM leads_consent consent JOIN leads_observation sighting ON sighting.id = consent.observation_id
    WHERE sighting.lead_id = home;
$$;
"""
OR_ERASED = " OR EXISTS (SELECT FROM leads_lead WHERE id = home AND state = 'erased')"
GUARD = """
CREATE FUNCTION marketplace_close_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM marketplace_close_home(NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER erasure_closes_engagement AFTER UPDATE OF state ON leads_lead
    FOR EACH ROW WHEN (NEW.state = 'erased') EXECUTE FUNCTION marketplace_close_erased();
"""
REMOVAL = """
DROP TRIGGER erasure_closes_engagement ON leads_lead;
DROP FUNCTION marketplace_close_erased;
"""


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0042_deliveries_due")]

    operations = [
        migrations.RunSQL(
            TOOK_BACK.format(or_erased=OR_ERASED) + GUARD, REMOVAL + TOOK_BACK.format(or_erased="")
        ),
    ]
