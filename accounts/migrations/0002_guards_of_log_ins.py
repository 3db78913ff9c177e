"""What opens an account: terms, codes, second factors, sessions, keys, licences; and accounts that are closed."""

from django.db import migrations

TERMS_ARE_ACCEPTED_ONCE = """
CREATE TRIGGER terms_acceptance_is_written_once BEFORE UPDATE ON accounts_termsacceptance
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
"""

CODES_ARE_USED_ONCE = """
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
"""

CREDENTIALS = """
ALTER TABLE accounts_apikey ADD CONSTRAINT api_key_lasts_a_year_at_most
    CHECK (expires_at > created_at AND expires_at <= created_at + interval '365 days');
CREATE FUNCTION accounts_keep_api_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.membership_id, NEW.prefix, NEW.scopes, NEW.created_at, NEW.expires_at)
       IS DISTINCT FROM (OLD.membership_id, OLD.prefix, OLD.scopes, OLD.created_at, OLD.expires_at) THEN
        PERFORM accounts_refuse('api_key_stays_as_made', 'what a key is for is said when it is made');
    END IF;
    IF OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at THEN
        PERFORM accounts_refuse('api_key_stays_revoked', 'a revoked key stays revoked');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER api_key_is_kept BEFORE UPDATE ON accounts_apikey
    FOR EACH ROW EXECUTE FUNCTION accounts_keep_api_key();
CREATE FUNCTION accounts_keep_api_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL AND (NEW.ended_at, NEW.refresh_id) IS DISTINCT FROM (OLD.ended_at, OLD.refresh_id) THEN
        PERFORM accounts_refuse('api_session_stays_ended', 'a log-in that has ended stays so');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER api_session_is_kept BEFORE UPDATE ON accounts_apisession
    FOR EACH ROW EXECUTE FUNCTION accounts_keep_api_session();
-- Whoever changes a password or suspends a log-in, by whichever door: programs have to log in again.
CREATE FUNCTION accounts_end_api_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE accounts_apisession SET ended_at = core_clock(),
        ending = CASE WHEN NEW.is_active THEN 'password_changed' ELSE 'suspended' END
        WHERE user_id = NEW.id AND ended_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER user_ends_api_sessions AFTER UPDATE OF password, is_active ON accounts_user FOR EACH ROW
    WHEN (OLD.password IS DISTINCT FROM NEW.password OR (OLD.is_active AND NOT NEW.is_active))
    EXECUTE FUNCTION accounts_end_api_sessions();
"""

SECOND_FACTORS_ARE_SHOWN_ONCE = """
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
"""

LICENCES = """
-- A licence lasts until its last day is over where days end last, so that nobody loses the evening of it.
CREATE FUNCTION accounts_licence_day() RETURNS date LANGUAGE sql STABLE AS $$
    SELECT (core_now() AT TIME ZONE 'Pacific/Pago_Pago')::date
$$;
CREATE FUNCTION accounts_is_licensed(agent bigint, home_state text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM accounts_licence WHERE user_id = agent AND state_code = home_state AND state = 'verified'
        AND expires_on >= accounts_licence_day())
$$;
CREATE FUNCTION accounts_guard_licence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'waiting' OR NEW.checked_at IS NOT NULL THEN
            PERFORM accounts_refuse('licence_starts_waiting', 'a licence is checked before it counts');
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.user_id, NEW.state_code, NEW.expires_on, NEW.added_at)
       IS DISTINCT FROM (OLD.id, OLD.user_id, OLD.state_code, OLD.expires_on, OLD.added_at)
       OR OLD.number IS NULL AND NEW.number IS NOT NULL THEN
        PERFORM accounts_refuse('licence_written_once', 'a correction is a licence of its own');
    END IF;
    IF NEW.state <> OLD.state AND NOT (
        OLD.state = 'waiting' AND NEW.state IN ('verified', 'refused', 'replaced')
        OR OLD.state = 'verified' AND NEW.state IN ('refused', 'expired', 'replaced')) THEN
        PERFORM accounts_refuse('licence_step', 'a licence that is decided stays so');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER licence_step_by_step BEFORE INSERT OR UPDATE ON accounts_licence
    FOR EACH ROW EXECUTE FUNCTION accounts_guard_licence();
CREATE TRIGGER licence_is_kept BEFORE DELETE OR TRUNCATE ON accounts_licence
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
"""

CLOSED_ACCOUNTS = """
-- A closed account has no name, no address and no password: letting it in again would let in nobody who is known.
CREATE FUNCTION accounts_guard_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.closed_at IS NOT NULL AND (NEW.is_active OR NEW.closed_at IS DISTINCT FROM OLD.closed_at)
       OR NEW.closed_at IS NOT NULL AND NEW.is_active THEN
        PERFORM accounts_refuse('closed_account_stays_closed', 'a closed account stays closed');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER closed_account_stays_closed BEFORE UPDATE ON accounts_user
    FOR EACH ROW EXECUTE FUNCTION accounts_guard_closed();
"""


class Migration(migrations.Migration):
    replaces = [
        ("accounts", "0002_terms_are_accepted_once"),
        ("accounts", "0007_codes_are_used_once"),
        ("accounts", "0010_credentials"),
        ("accounts", "0013_second_factors_are_shown_once"),
        ("accounts", "0014_licences"),
        ("accounts", "0015_closed_accounts"),
    ]
    dependencies = [
        ("accounts", "0001_models"),
        ("core", "0001_database_clock"),
    ]
    operations = [
        migrations.RunSQL(TERMS_ARE_ACCEPTED_ONCE),
        migrations.RunSQL(CODES_ARE_USED_ONCE),
        migrations.RunSQL(CREDENTIALS),
        migrations.RunSQL(SECOND_FACTORS_ARE_SHOWN_ONCE),
        migrations.RunSQL(LICENCES),
        migrations.RunSQL(CLOSED_ACCOUNTS),
    ]
