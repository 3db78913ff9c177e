"""Ground beyond a smaller plan stays: it can be renamed and made smaller, only what grows has to fit the plan."""

from django.db import migrations

LIMITED = """
CREATE OR REPLACE FUNCTION marketplace_limit_territories() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := core_clock();
    is_new boolean := TG_OP = 'INSERT';
    owned record;
BEGIN
    -- The organisation's row is the turnstile: its territories are counted while no other one is written.
    PERFORM FROM accounts_organisation WHERE id = NEW.organisation_id FOR NO KEY UPDATE;
    SELECT count(*) AS number, sum(cardinality(covered_zips)) AS zips, sum(square_miles) AS miles INTO owned
        FROM marketplace_territory WHERE organisation_id = NEW.organisation_id;
    IF is_new AND owned.number > marketplace_entitlement(NEW.organisation_id, 'territories', 3, moment) THEN
        PERFORM marketplace_refuse('territory_count_within_plan', 'as many territories as the plan allows');
    END IF;
    IF (is_new OR cardinality(NEW.covered_zips) > cardinality(OLD.covered_zips))
           AND owned.zips > marketplace_entitlement(NEW.organisation_id, 'territory_zips', 200, moment)
       OR (is_new OR NEW.square_miles > OLD.square_miles)
           AND owned.miles > marketplace_entitlement(NEW.organisation_id, 'territory_square_miles', 1000, moment) THEN
        PERFORM marketplace_refuse('territory_size_within_plan', 'as much ground as the plan allows');
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0014_guards_of_purchase_intents")]
    operations = [migrations.RunSQL(LIMITED)]
