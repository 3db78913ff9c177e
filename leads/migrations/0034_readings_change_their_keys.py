"""A reading is written once, and its text's hash made anew when keys change."""

from django.db import migrations

NOW = """
DROP TRIGGER reading_is_written_once ON leads_reading;
CREATE TRIGGER reading_is_written_once BEFORE UPDATE ON leads_reading
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change_but_of_keys('text_hash');
CREATE TRIGGER reading_stays BEFORE TRUNCATE ON leads_reading
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
"""
BEFORE = """
DROP TRIGGER reading_stays ON leads_reading;
DROP TRIGGER reading_is_written_once ON leads_reading;
CREATE TRIGGER reading_is_written_once BEFORE UPDATE OR TRUNCATE ON leads_reading
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
"""
GUARD_NOW = """
CREATE OR REPLACE FUNCTION leads_guard_contact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A rotation of keys makes nobody known who was not: who is suppressed already stays as they are.
    IF TG_OP = 'UPDATE' AND coalesce(current_setting('core.rotating_keys', true), '') = 'on' THEN
        RETURN NEW;
    END IF;
    IF EXISTS (
        SELECT FROM accounts_suppression kept WHERE kept.lifted_at IS NULL AND kept.scope <> 'contact'
            AND kept.hash = ANY(NEW.household_hashes || ARRAY[NEW.phone_hash, NEW.email_hash]::varchar[])
    ) THEN
        RAISE EXCEPTION 'somebody who asked not to be kept or sold'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'contact_is_suppressed';
    END IF;
    RETURN NEW;
END $$;
"""
GUARD_BEFORE = """
CREATE OR REPLACE FUNCTION leads_guard_contact() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0033_suppressed_and_uncalled"), ("core", "0010_key_rotations")]
    operations = [migrations.RunSQL(NOW, BEFORE), migrations.RunSQL(GUARD_NOW, GUARD_BEFORE)]
