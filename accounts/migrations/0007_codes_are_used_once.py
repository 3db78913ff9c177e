from django.db import migrations


class Migration(migrations.Migration):
    """What users do is refused in the name of a guard by ``accounts_refuse``, as elsewhere."""

    dependencies = [("accounts", "0006_step_up")]
    operations = [
        migrations.RunSQL(
            """
            CREATE FUNCTION accounts_refuse(reason text, says text) RETURNS void LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION '%', says USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = reason;
            END $$;

            CREATE FUNCTION accounts_guard_step_up_code() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF OLD.used_at IS NOT NULL THEN
                    PERFORM accounts_refuse('step_up_code_used_once', 'a code is used once');
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER step_up_code_is_used_once BEFORE UPDATE ON accounts_stepupcode
                FOR EACH ROW EXECUTE FUNCTION accounts_guard_step_up_code();
            """,
            """
            DROP TRIGGER step_up_code_is_used_once ON accounts_stepupcode;
            DROP FUNCTION accounts_guard_step_up_code();
            DROP FUNCTION accounts_refuse(text, text);
            """,
        )
    ]
