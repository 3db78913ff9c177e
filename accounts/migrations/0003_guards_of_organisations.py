"""Seats, roles and owners of an organisation, and the membership that a user acts by."""

from django.db import migrations

# What the database keeps of organisations: an owner, the seats of the plan, and invitations used once.
GUARDS_OF_ORGANISATIONS = """
CREATE FUNCTION accounts_seats(organisation uuid) RETURNS integer LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        SELECT value FROM accounts_entitlement
        WHERE organisation_id = organisation AND key = 'seats' AND (until IS NULL OR until > core_now())), 1)
$$;
CREATE FUNCTION accounts_guard_membership() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.left_at IS NOT NULL THEN
        PERFORM accounts_refuse('member_leaves_once', 'who left comes back as a new member');
    END IF;
    IF (NEW.user_id, NEW.organisation_id) IS DISTINCT FROM (OLD.user_id, OLD.organisation_id) THEN
        PERFORM accounts_refuse('member_stays_who_they_are', 'a membership is of one user in one organisation');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER membership_steps BEFORE UPDATE ON accounts_membership
    FOR EACH ROW EXECUTE FUNCTION accounts_guard_membership();
CREATE FUNCTION accounts_limit_members() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The organisation's row is the turnstile: its people are counted while nobody else comes in.
    PERFORM FROM accounts_organisation WHERE id = NEW.organisation_id FOR NO KEY UPDATE;
    IF (SELECT count(*) FROM accounts_membership WHERE organisation_id = NEW.organisation_id AND left_at IS NULL)
       > accounts_seats(NEW.organisation_id) THEN
        PERFORM accounts_refuse('member_within_seats', 'as many people as the plan seats');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER membership_within_seats AFTER INSERT ON accounts_membership
    FOR EACH ROW EXECUTE FUNCTION accounts_limit_members();
CREATE FUNCTION accounts_require_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM accounts_organisation WHERE id = OLD.organisation_id FOR NO KEY UPDATE;
    IF EXISTS (SELECT FROM accounts_membership WHERE organisation_id = OLD.organisation_id AND left_at IS NULL)
       AND NOT EXISTS (SELECT FROM accounts_membership
                       WHERE organisation_id = OLD.organisation_id AND left_at IS NULL AND role = 'owner') THEN
        PERFORM accounts_refuse('organisation_has_an_owner', 'somebody has to own the organisation');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER membership_leaves_an_owner AFTER UPDATE OF role, left_at OR DELETE ON accounts_membership
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.role = 'owner')
    EXECUTE FUNCTION accounts_require_owner();
CREATE FUNCTION accounts_derive_membership() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.membership_id := (
        SELECT id FROM accounts_membership WHERE user_id = NEW.id AND left_at IS NULL LIMIT 1);
    RETURN NEW;
END $$;
CREATE TRIGGER user_knows_their_membership BEFORE INSERT OR UPDATE ON accounts_user
    FOR EACH ROW EXECUTE FUNCTION accounts_derive_membership();
CREATE FUNCTION accounts_tell_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE accounts_user SET membership_id = NULL WHERE id = coalesce(NEW.user_id, OLD.user_id);
    RETURN NULL;
END $$;
CREATE TRIGGER membership_is_known_to_its_user AFTER INSERT OR UPDATE OF left_at OR DELETE ON accounts_membership
    FOR EACH ROW EXECUTE FUNCTION accounts_tell_user();
CREATE FUNCTION accounts_limit_invitations() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    taken bigint;
BEGIN
    PERFORM FROM accounts_organisation WHERE id = NEW.organisation_id FOR NO KEY UPDATE;
    SELECT (SELECT count(*) FROM accounts_membership
            WHERE organisation_id = NEW.organisation_id AND left_at IS NULL)
         + (SELECT count(*) FROM accounts_invitation
            WHERE organisation_id = NEW.organisation_id AND accepted_at IS NULL AND revoked_at IS NULL
              AND expires_at > core_clock()) INTO taken;
    IF taken > accounts_seats(NEW.organisation_id) THEN
        PERFORM accounts_refuse('invitation_within_seats', 'as many people as the plan seats, invitations counted');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER invitation_takes_a_seat AFTER INSERT OR UPDATE OF expires_at ON accounts_invitation
    FOR EACH ROW EXECUTE FUNCTION accounts_limit_invitations();
CREATE FUNCTION accounts_guard_invitation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.accepted_at IS NOT NULL OR OLD.revoked_at IS NOT NULL THEN
        PERFORM accounts_refuse('invitation_is_used_once', 'the invitation was used or taken back');
    END IF;
    IF (NEW.organisation_id, NEW.email, NEW.role, NEW.invited_by_id)
       IS DISTINCT FROM (OLD.organisation_id, OLD.email, OLD.role, OLD.invited_by_id) THEN
        PERFORM accounts_refuse('invitation_is_written_once', 'an invitation is to one address, as one role');
    END IF;
    IF NEW.accepted_at IS NOT NULL THEN
        IF OLD.expires_at <= core_clock() THEN
            PERFORM accounts_refuse('invitation_in_time', 'the invitation is over');
        END IF;
        IF NOT EXISTS (SELECT FROM accounts_membership member JOIN accounts_user person ON person.id = member.user_id
                       WHERE member.id = NEW.accepted_by_id AND member.organisation_id = NEW.organisation_id
                         AND member.role = NEW.role AND lower(person.email) = NEW.email) THEN
            PERFORM accounts_refuse('invitation_of_its_address', 'the invitation is for another address');
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invitation_steps BEFORE UPDATE ON accounts_invitation
    FOR EACH ROW EXECUTE FUNCTION accounts_guard_invitation();
"""


class Migration(migrations.Migration):
    replaces = [
        ("accounts", "0018_guards_of_organisations"),
    ]
    dependencies = [
        ("accounts", "0002_guards_of_log_ins"),
        ("core", "0001_database_clock"),
    ]
    operations = [
        migrations.RunSQL(GUARDS_OF_ORGANISATIONS),
    ]
