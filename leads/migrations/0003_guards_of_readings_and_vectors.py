"""What models read in adverts, and the vectors that leads are found by."""

from django.db import migrations

READINGS = """
CREATE FUNCTION leads_reading_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM leads_observation said LEFT JOIN leads_lead home ON home.id = said.lead_id
        WHERE said.id = OLD.observation_id AND (home.state = 'erased' OR said.raw IS NULL)
    ) THEN
        RAISE EXCEPTION 'What was read is kept until its lead is erased'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'reading_kept_until_erased';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER reading_kept_until_erased BEFORE DELETE ON leads_reading
    FOR EACH ROW EXECUTE FUNCTION leads_reading_kept();
"""

# Vectors of what leads' public texts mean: one narrow row each, kept for live leads alone (``leads.vectors``).
# A vector lies in its row and is not compressed: a search reads them all, and fetching each from beside the
# table costs more than comparing it. Triggers note which leads may say something new, whatever changed them,
# and forget the vectors of those that left; nothing writes a vector for a lead that is not live or by a recipe
# that is not used.
VECTORS = """
ALTER TABLE leads_leadvector ALTER COLUMN vector SET STORAGE PLAIN;
CREATE FUNCTION leads_check_vector() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT state_code INTO NEW.state_code FROM leads_lead
        WHERE id = NEW.lead_id AND state IN ('active', 'review') FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'only live leads have vectors'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'vector_of_live_lead';
    END IF;
    PERFORM FROM leads_vectorrecipe WHERE id = NEW.recipe_id AND state <> 'retired' FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'nothing is made by a recipe that is retired'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'vector_of_recipe_in_use';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vector_is_of_use BEFORE INSERT OR UPDATE ON leads_leadvector
    FOR EACH ROW EXECUTE FUNCTION leads_check_vector();
CREATE FUNCTION leads_check_vector_recipe() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.name, OLD.provider, OLD.model, OLD.dimensions, OLD.precision, OLD.text_version)
        IS DISTINCT FROM (NEW.name, NEW.provider, NEW.model, NEW.dimensions, NEW.precision, NEW.text_version) THEN
        RAISE EXCEPTION 'vectors were made by this recipe'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'vector_recipe_written_once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vector_recipe_stays BEFORE UPDATE ON leads_vectorrecipe
    FOR EACH ROW EXECUTE FUNCTION leads_check_vector_recipe();
CREATE FUNCTION leads_lead_says_otherwise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state IN ('active', 'review') THEN
        INSERT INTO leads_vectordue (lead_id, asked_at) VALUES (NEW.id, core_clock())
            ON CONFLICT (lead_id) DO UPDATE SET asked_at = EXCLUDED.asked_at, taken_until = NULL;
        UPDATE leads_leadvector SET state_code = NEW.state_code
            WHERE lead_id = NEW.id AND state_code <> NEW.state_code;
    ELSE
        DELETE FROM leads_leadvector WHERE lead_id = NEW.id;
        DELETE FROM leads_vectordue WHERE lead_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER lead_says_otherwise AFTER UPDATE ON leads_lead FOR EACH ROW
    WHEN ((OLD.state, OLD.kind, OLD.city, OLD.state_code, OLD.property_type, OLD.beds, OLD.baths, OLD.area_sqft,
            OLD.features)
        IS DISTINCT FROM (NEW.state, NEW.kind, NEW.city, NEW.state_code, NEW.property_type, NEW.beds, NEW.baths,
            NEW.area_sqft, NEW.features))
    EXECUTE FUNCTION leads_lead_says_otherwise();
CREATE FUNCTION leads_score_says_otherwise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO leads_vectordue (lead_id, asked_at)
        SELECT DISTINCT told.lead_id, core_now() FROM told JOIN leads_lead lead ON lead.id = told.lead_id
        WHERE lead.state IN ('active', 'review') ORDER BY told.lead_id
        ON CONFLICT (lead_id) DO UPDATE SET asked_at = EXCLUDED.asked_at, taken_until = NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER score_says_otherwise AFTER INSERT ON leads_score REFERENCING NEW TABLE AS told
    FOR EACH STATEMENT EXECUTE FUNCTION leads_score_says_otherwise();
"""

# Vectors that a provider made of the same texts, in a table of their own (``leads.provider_vectors``).
PROVIDER_VECTORS = """
ALTER TABLE leads_providervector ALTER COLUMN vector SET STORAGE PLAIN;
CREATE FUNCTION leads_check_provider_vector() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM leads_lead WHERE id = NEW.lead_id AND state IN ('active', 'review') FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'only live leads have vectors'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'provider_vector_of_live_lead';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER provider_vector_is_of_use BEFORE INSERT OR UPDATE ON leads_providervector
    FOR EACH ROW EXECUTE FUNCTION leads_check_provider_vector();
CREATE FUNCTION leads_forget_provider_vector() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM leads_providervector WHERE lead_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER lead_leaves_provider_vectors AFTER UPDATE OF state ON leads_lead FOR EACH ROW
    WHEN (NEW.state NOT IN ('active', 'review')) EXECUTE FUNCTION leads_forget_provider_vector();
"""

# A reading is written once, and its text's hash made anew when keys change.
READINGS_CHANGE_THEIR_KEYS = """
CREATE TRIGGER reading_is_written_once BEFORE UPDATE ON leads_reading
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change_but_of_keys('text_hash');
CREATE TRIGGER reading_stays BEFORE TRUNCATE ON leads_reading
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
"""


class Migration(migrations.Migration):
    replaces = [
        ("leads", "0024_readings"),
        ("leads", "0026_vectors"),
        ("leads", "0028_vectors_by_state"),
        ("leads", "0030_provider_vectors"),
        ("leads", "0034_readings_change_their_keys"),
        ("leads", "0035_readings_of_emptied_adverts"),
    ]
    dependencies = [
        ("core", "0004_guards_of_the_trail_and_keys"),
        ("leads", "0002_guards_of_rights_and_scores"),
    ]
    operations = [
        migrations.RunSQL(READINGS),
        migrations.RunSQL(VECTORS),
        migrations.RunSQL(PROVIDER_VECTORS),
        migrations.RunSQL(READINGS_CHANGE_THEIR_KEYS),
    ]
