from django.db import migrations


class Migration(migrations.Migration):
    """No digits, recovery code or signature is taken twice, whatever code forgets to look."""

    dependencies = [("accounts", "0012_second_factors")]
    operations = [
        migrations.RunSQL(
            """
            CREATE FUNCTION accounts_guard_authenticator() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.last_used_at IS DISTINCT FROM OLD.last_used_at AND NEW.last_step <= OLD.last_step THEN
                    PERFORM accounts_refuse('digits_taken_once', 'these digits were taken, or later ones');
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER authenticator_moves_on BEFORE UPDATE ON accounts_authenticator
                FOR EACH ROW EXECUTE FUNCTION accounts_guard_authenticator();

            CREATE FUNCTION accounts_guard_recovery_code() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF OLD.used_at IS NOT NULL THEN
                    PERFORM accounts_refuse('recovery_code_used_once', 'a recovery code opens once');
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER recovery_code_opens_once BEFORE UPDATE ON accounts_recoverycode
                FOR EACH ROW EXECUTE FUNCTION accounts_guard_recovery_code();

            CREATE FUNCTION accounts_guard_passkey() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.last_used_at IS DISTINCT FROM OLD.last_used_at AND OLD.signatures > 0
                        AND NEW.signatures <= OLD.signatures THEN
                    PERFORM accounts_refuse('passkey_counts_on', 'this passkey was copied: its count went back');
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER passkey_counts BEFORE UPDATE ON accounts_passkey
                FOR EACH ROW EXECUTE FUNCTION accounts_guard_passkey();
            """,
            """
            DROP TRIGGER passkey_counts ON accounts_passkey;
            DROP FUNCTION accounts_guard_passkey();
            DROP TRIGGER recovery_code_opens_once ON accounts_recoverycode;
            DROP FUNCTION accounts_guard_recovery_code();
            DROP TRIGGER authenticator_moves_on ON accounts_authenticator;
            DROP FUNCTION accounts_guard_authenticator();
            """,
        )
    ]
