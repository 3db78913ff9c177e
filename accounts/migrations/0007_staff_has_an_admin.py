"""What the database keeps of operators: somebody who decides about them, and roles for operators alone."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION accounts_holds_admin(person bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM accounts_user_groups held JOIN auth_group role ON role.id = held.group_id
                   WHERE held.user_id = person AND role.name = 'admin')
$$;
CREATE FUNCTION accounts_is_admin(person bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM accounts_user WHERE id = person AND is_active AND is_staff
                   AND (is_superuser OR accounts_holds_admin(id)))
$$;

CREATE FUNCTION accounts_require_admin() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- The role's row is the turnstile: of two admins who take it from each other the second finds the first gone.
    PERFORM FROM auth_group WHERE name = 'admin' FOR NO KEY UPDATE;
    IF NOT EXISTS (SELECT FROM accounts_user WHERE is_staff AND is_active
                   AND (is_superuser OR accounts_holds_admin(id))) THEN
        PERFORM accounts_refuse('staff_has_an_admin', 'somebody has to decide about operators');
    END IF;
END $$;

CREATE FUNCTION accounts_operator_goes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.is_superuser OR accounts_holds_admin(OLD.id) THEN
        PERFORM accounts_require_admin();
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER operator_leaves_an_admin
    AFTER UPDATE OF is_active, is_staff, is_superuser OR DELETE ON accounts_user
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.is_staff AND OLD.is_active)
    EXECUTE FUNCTION accounts_operator_goes();

CREATE FUNCTION accounts_role_goes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM auth_group WHERE id = OLD.group_id AND name = 'admin') THEN
        PERFORM accounts_require_admin();
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER role_leaves_an_admin AFTER UPDATE OR DELETE ON accounts_user_groups
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION accounts_role_goes();

CREATE FUNCTION accounts_guard_role() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM accounts_user WHERE id = NEW.user_id AND is_staff) THEN
        PERFORM accounts_refuse('staff_role_of_an_operator', 'members of organisations have no staff role');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER role_is_of_an_operator BEFORE INSERT OR UPDATE ON accounts_user_groups
    FOR EACH ROW EXECUTE FUNCTION accounts_guard_role();

CREATE FUNCTION accounts_guard_permission() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM accounts_refuse('permissions_come_from_roles', 'what operators may do is said by their roles alone');
    RETURN NULL;
END $$;
CREATE TRIGGER permission_is_no_users BEFORE INSERT OR UPDATE ON accounts_user_user_permissions
    FOR EACH ROW EXECUTE FUNCTION accounts_guard_permission();
"""
UNDO = """
DROP TRIGGER permission_is_no_users ON accounts_user_user_permissions;
DROP FUNCTION accounts_guard_permission();
DROP TRIGGER role_is_of_an_operator ON accounts_user_groups;
DROP FUNCTION accounts_guard_role();
DROP TRIGGER role_leaves_an_admin ON accounts_user_groups;
DROP FUNCTION accounts_role_goes();
DROP TRIGGER operator_leaves_an_admin ON accounts_user;
DROP FUNCTION accounts_operator_goes();
DROP FUNCTION accounts_require_admin();
DROP FUNCTION accounts_is_admin(bigint);
DROP FUNCTION accounts_holds_admin(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_guards_of_other_sites"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]
