"""What was read from an advert goes with its words too, where its lead stays because it is somebody else's."""

from django.db import migrations

KEPT = """
CREATE OR REPLACE FUNCTION leads_reading_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM leads_observation said LEFT JOIN leads_lead home ON home.id = said.lead_id
        WHERE said.id = OLD.observation_id AND (home.state = 'erased' {or_emptied})
    ) THEN
        RAISE EXCEPTION 'What was read is kept until its lead is erased'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'reading_kept_until_erased';
    END IF;
    RETURN OLD;
END $$;
"""

SCORES = """
CREATE OR REPLACE FUNCTION leads_guard_score() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.facts IS NOT NULL OR NEW.quality_evidence <> '[]' OR NEW.fraud_evidence <> '[]'
       OR to_jsonb(NEW) - '{{facts,quality_evidence,fraud_evidence}}'::text[]
          <> to_jsonb(OLD) - '{{facts,quality_evidence,fraud_evidence}}'::text[]
       OR NOT EXISTS (SELECT FROM leads_lead home {join} WHERE home.id = NEW.lead_id AND {erased}) THEN
        RAISE EXCEPTION 'a score is written once'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'score_kept_until_erased';
    END IF;
    RETURN NEW;
END $$;
"""
OF_ITS_WINNER = {
    "join": "LEFT JOIN leads_lead winner ON winner.id = home.merged_into_id",
    "erased": "'erased' IN (home.state, winner.state)",
}
ITS_OWN = {"join": "", "erased": "home.state = 'erased'"}


class Migration(migrations.Migration):
    dependencies = [('leads', '0034_readings_change_their_keys')]
    operations = [
        migrations.RunSQL(KEPT.format(or_emptied="OR said.raw IS NULL"), KEPT.format(or_emptied="")),
        migrations.RunSQL(SCORES.format(**OF_ITS_WINNER), SCORES.format(**ITS_OWN)),
    ]
