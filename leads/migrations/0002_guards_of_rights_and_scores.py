"""What may be listed by which right and for whom no more; scores, outcomes and scoring models are written once."""

from django.db import migrations

# Which leads a right allows to be listed, and scores that are written once.
RIGHTS_DECIDE_LISTING = """
-- Asked where a lead is listed, held and sold.
CREATE FUNCTION leads_is_suppressed(lead uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM leads_contact told
        JOIN accounts_suppression kept ON kept.lifted_at IS NULL AND kept.scope <> 'contact'
            AND kept.hash = ANY(told.household_hashes || ARRAY[told.phone_hash, told.email_hash]::varchar[])
        WHERE told.lead_id = lead
    )
$$;
CREATE FUNCTION leads_may_list(lead uuid, moment timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM leads_observation sighting
        JOIN leads_sourceright granted USING (source_id)
        WHERE sighting.lead_id = lead AND sighting.gone_at IS NULL
          AND granted.may_list AND granted.during @> moment
    ) AND NOT leads_is_suppressed(lead)
$$;
CREATE FUNCTION leads_listing_right_ends(lead uuid, moment timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT NULLIF(max(coalesce(upper(granted.during), 'infinity')), 'infinity')
    FROM leads_observation sighting
    JOIN leads_sourceright granted USING (source_id)
    WHERE sighting.lead_id = lead AND sighting.gone_at IS NULL AND granted.may_list AND granted.during @> moment
$$;
"""

# What an MLS sends is offered only where its licence says so; it values homes and takes leads off otherwise.
MLS_NEEDS_A_LICENCE = """
CREATE FUNCTION leads_guard_mls_right() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.may_list AND (NEW.basis <> 'licensed' OR NEW.document = '')
        AND EXISTS (SELECT FROM leads_source source WHERE source.slug = NEW.source_id AND source.family = 'mls')
    THEN
        RAISE EXCEPTION 'an MLS feed lists only under a licence with its document'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'mls_needs_a_licence';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER mls_needs_a_licence BEFORE INSERT OR UPDATE OF source_id, basis, may_list, document ON leads_sourceright
    FOR EACH ROW EXECUTE FUNCTION leads_guard_mls_right();
"""

# Thresholds in versions that are replaced, never edited; a score keeps what it was made from and by which.
JUDGING_POLICIES = """
CREATE TRIGGER judging_policy_is_written_once BEFORE UPDATE OR DELETE ON leads_judgingpolicy
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
"""

# Sales are compared with by place, the newest first (``leads.comparables``).
SALES_BY_PLACE = """
CREATE INDEX observation_sold_zip ON leads_observation
    ((facts->>'zip_code'), (facts->>'posted_at') DESC) WHERE lead_id IS NULL AND gone_at IS NULL AND facts->>'status' = 'closed';
CREATE INDEX observation_sold_area ON leads_observation
    (left(facts->>'zip_code', 3), (facts->>'posted_at') DESC) WHERE lead_id IS NULL AND gone_at IS NULL AND facts->>'status' = 'closed';
"""

OUTCOMES = """
CREATE TRIGGER outcome_is_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON leads_outcome
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
"""

# Learnt models of quality, what they would have said, and the sales that they learn from.
SCORING_MODELS = """
CREATE FUNCTION leads_guard_scoring_model() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - '{state,in_force_at}'::text[]
            IS DISTINCT FROM to_jsonb(OLD) - '{state,in_force_at}'::text[] THEN
        RAISE EXCEPTION 'a model and its report are written once' USING
            ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'scoring_model_written_once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER scoring_model_written_once BEFORE UPDATE OR DELETE ON leads_scoringmodel
    FOR EACH ROW EXECUTE FUNCTION leads_guard_scoring_model();
CREATE FUNCTION leads_guard_scoring_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.state = 'candidate' OR TG_OP = 'UPDATE' AND (
            NEW.state = OLD.state OR (OLD.state, NEW.state) IN (
                ('candidate', 'shadow'), ('shadow', 'candidate'), ('candidate', 'in_force'), ('shadow', 'in_force'),
                ('in_force', 'retired'), ('retired', 'in_force'))) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a model begins as a candidate and was in force before it is retired' USING
        ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'scoring_model_state_moves';
END $$;
CREATE TRIGGER scoring_model_state_moves BEFORE INSERT OR UPDATE ON leads_scoringmodel
    FOR EACH ROW EXECUTE FUNCTION leads_guard_scoring_state();
CREATE TRIGGER shadow_score_is_written_once BEFORE UPDATE OR DELETE ON leads_shadowscore
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE FUNCTION leads_guard_sale_score() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.score_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM leads_score WHERE id = NEW.score_id AND lead_id = NEW.lead_id AND scored_at <= NEW.sold_at) THEN
        RAISE EXCEPTION 'a lead is sold on a score that it had by then' USING
            ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'sale_score_of_then';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sale_score_of_then BEFORE INSERT ON leads_sale
    FOR EACH ROW EXECUTE FUNCTION leads_guard_sale_score();
CREATE FUNCTION leads_guard_sale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.returned_at IS NOT NULL OR to_jsonb(NEW) - '{returned_at,ground}'::text[]
            IS DISTINCT FROM to_jsonb(OLD) - '{returned_at,ground}'::text[] THEN
        RAISE EXCEPTION 'a sale is written once, and comes back once' USING
            ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'sale_comes_back_once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sale_comes_back_once BEFORE UPDATE OR DELETE ON leads_sale
    FOR EACH ROW EXECUTE FUNCTION leads_guard_sale();
CREATE VIEW leads_saleoutcome AS
SELECT sale.id AS sale_id,
    CASE WHEN sale.returned_at IS NULL THEN said.sale_id IS NOT NULL
        ELSE sale.ground IN ('wrong_number', 'not_the_owner', 'already_listed', 'already_sold', 'do_not_contact',
            'shown_active') END AS is_told,
    sale.returned_at IS NULL AND coalesce(said.is_reached, false) AS is_reached,
    sale.returned_at IS NULL AND coalesce(said.is_listed, false) AS is_listed
FROM leads_sale sale LEFT JOIN (
    SELECT sale_id, bool_or(status IN ('contacted', 'appointment', 'listed')) AS is_reached,
        bool_or(status = 'listed') AS is_listed
    FROM leads_outcome GROUP BY sale_id
) said ON said.sale_id = sale.id;
CREATE MATERIALIZED VIEW leads_tierrecord AS
SELECT score.tier, count(*)::integer AS told, (count(*) FILTER (WHERE came_to.is_reached))::integer AS reached,
    (count(*) FILTER (WHERE came_to.is_listed))::integer AS listed, core_now() AS measured_at
FROM leads_sale sale
JOIN leads_saleoutcome came_to ON came_to.sale_id = sale.id
JOIN leads_score score ON score.id = sale.score_id
WHERE came_to.is_told AND sale.sold_at > core_now() - interval '365 days'
GROUP BY score.tier;
"""

SUPPRESSED_AND_UNCALLED = """
-- Whatever writes a contact, and by whichever door it came: who must not be kept or sold is not.
-- Values hashed under an older key are looked for before they get here (accounts.services.suppression).
CREATE FUNCTION leads_guard_contact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM accounts_suppression kept WHERE kept.lifted_at IS NULL AND kept.scope <> 'contact'
            AND kept.hash = ANY(NEW.household_hashes || ARRAY[NEW.phone_hash, NEW.email_hash]::varchar[])
    ) THEN
        RAISE EXCEPTION 'somebody who asked not to be kept or sold'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'contact_is_suppressed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contact_guard BEFORE INSERT OR UPDATE OF phone_hash, email_hash, household_hashes ON leads_contact
    FOR EACH ROW EXECUTE FUNCTION leads_guard_contact();
CREATE FUNCTION leads_guard_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an erased lead stays erased'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'erased_stays_erased';
END $$;
CREATE TRIGGER lead_stays_erased BEFORE UPDATE OF state ON leads_lead
    FOR EACH ROW WHEN (OLD.state = 'erased' AND NEW.state <> 'erased') EXECUTE FUNCTION leads_guard_erased();
-- An insertion shares a lock on its lead (its foreign key), which an erasure takes alone: neither misses the other.
CREATE FUNCTION leads_guard_observation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.raw IS NOT NULL AND EXISTS (SELECT FROM leads_lead WHERE id = NEW.lead_id AND state = 'erased') THEN
        RAISE EXCEPTION 'nothing is kept of an erased lead'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'nothing_kept_of_the_erased';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER observation_guard BEFORE INSERT OR UPDATE OF raw, lead_id ON leads_observation
    FOR EACH ROW EXECUTE FUNCTION leads_guard_observation();
CREATE FUNCTION leads_guard_score() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.facts IS NOT NULL OR NEW.quality_evidence <> '[]' OR NEW.fraud_evidence <> '[]'
       OR to_jsonb(NEW) - '{facts,quality_evidence,fraud_evidence}'::text[]
          <> to_jsonb(OLD) - '{facts,quality_evidence,fraud_evidence}'::text[]
       OR NOT EXISTS (SELECT FROM leads_lead home LEFT JOIN leads_lead winner ON winner.id = home.merged_into_id WHERE home.id = NEW.lead_id AND 'erased' IN (home.state, winner.state)) THEN
        RAISE EXCEPTION 'a score is written once'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'score_kept_until_erased';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER score_is_written_once BEFORE UPDATE ON leads_score
    FOR EACH ROW EXECUTE FUNCTION leads_guard_score();
"""


class Migration(migrations.Migration):
    replaces = [
        ("leads", "0002_rights_decide_listing"),
        ("leads", "0010_mls_needs_a_licence"),
        ("leads", "0014_judging_policies"),
        ("leads", "0021_sales_by_place"),
        ("leads", "0023_outcomes"),
        ("leads", "0025_scoring_models"),
        ("leads", "0033_suppressed_and_uncalled"),
    ]
    dependencies = [
        ("accounts", "0001_models"),
        ("core", "0001_database_clock"),
        ("leads", "0001_models"),
    ]
    operations = [
        migrations.RunSQL(RIGHTS_DECIDE_LISTING),
        migrations.RunSQL(MLS_NEEDS_A_LICENCE),
        migrations.RunSQL(JUDGING_POLICIES),
        migrations.RunSQL(SALES_BY_PLACE),
        migrations.RunSQL(OUTCOMES),
        migrations.RunSQL(SCORING_MODELS),
        migrations.RunSQL(SUPPRESSED_AND_UNCALLED),
    ]
