"""The audit trail is appended to and sealed; what is written once may still be encrypted anew when keys rotate."""

from django.db import migrations

AUDIT_IS_APPEND_ONLY = """
CREATE TRIGGER audit_entry_is_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON core_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
"""

AUDIT_IS_A_CHAIN = """
CREATE TRIGGER audit_seal_is_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON core_auditseal
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
"""

KEY_ROTATIONS = """
-- What a rotation of keys does, it does in transactions of its own that say so.
CREATE FUNCTION core_keys_are_rotating() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(current_setting('core.rotating_keys', true), '') = 'on'
$$;
CREATE FUNCTION core_refuse_change_but_of_keys() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    named text[] := TG_ARGV;
BEGIN
    -- A rotation of keys rewrites the columns that are named, and nothing beside them.
    IF core_keys_are_rotating() AND to_jsonb(NEW) - named = to_jsonb(OLD) - named THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% rows are written once', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
-- Guards look away while ``named`` columns of their table change their key, and nothing else may change meanwhile.
CREATE FUNCTION core_let_keys_change(guarded regclass, named text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    guard record;
    told text;
BEGIN
    FOR guard IN
        SELECT tgname, pg_get_triggerdef(oid) AS definition FROM pg_trigger
        WHERE tgrelid = guarded AND NOT tgisinternal AND tgtype & 19 = 19  -- before each row that is updated
            AND pg_get_triggerdef(oid) NOT LIKE '%core_keys_are_rotating%'
            AND tgfoid <> 'core_refuse_change_but_of_keys'::regproc
    LOOP
        told := CASE WHEN guard.definition LIKE '% WHEN (%'
            THEN replace(replace(guard.definition, ' WHEN (', ' WHEN (NOT core_keys_are_rotating() AND ('),
                ') EXECUTE FUNCTION', ')) EXECUTE FUNCTION')
            ELSE replace(guard.definition, ' EXECUTE FUNCTION', ' WHEN (NOT core_keys_are_rotating()) EXECUTE FUNCTION')
        END;
        EXECUTE format('DROP TRIGGER %I ON %s', guard.tgname, guarded);
        EXECUTE told;
    END LOOP;
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = guarded AND tgname = 'keys_change_alone') THEN
        EXECUTE format('CREATE TRIGGER keys_change_alone BEFORE UPDATE ON %s FOR EACH ROW '
            'WHEN (core_keys_are_rotating()) EXECUTE FUNCTION core_refuse_change_but_of_keys(%s)',
            guarded, (SELECT string_agg(quote_literal(name), ', ') FROM unnest(named) AS name));
    END IF;
END $$;
"""


class Migration(migrations.Migration):
    replaces = [
        ("core", "0003_audit_is_append_only"),
        ("core", "0009_audit_is_a_chain"),
        ("core", "0011_key_rotations"),
    ]
    dependencies = [
        ("core", "0003_models"),
    ]
    operations = [
        migrations.RunSQL(AUDIT_IS_APPEND_ONLY),
        migrations.RunSQL(AUDIT_IS_A_CHAIN),
        migrations.RunSQL(KEY_ROTATIONS),
    ]
