"""To look after a source is to change ours: another app has a model of the same name."""

from django.db import migrations

GUARD = """
CREATE OR REPLACE FUNCTION leads_guard_delegation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        PERFORM accounts_refuse('delegation_is_written_once', 'take it back and give it anew');
    END IF;
    IF NOT EXISTS (
        SELECT FROM auth_permission may JOIN django_content_type type ON type.id = may.content_type_id
        WHERE may.id = NEW.permission_id AND codename = 'change_source' AND app_label = 'leads'
    ) THEN
        PERFORM accounts_refuse('delegation_is_to_look_after', 'who looks after a source may change it, no more');
    END IF;
    IF NOT EXISTS (SELECT FROM accounts_user WHERE id = NEW.user_id AND is_staff AND is_active) THEN
        PERFORM accounts_refuse('delegated_to_an_operator', 'a source is given to operators who may log in');
    END IF;
    IF NEW.delegated_by_id = NEW.user_id OR NOT accounts_is_admin(NEW.delegated_by_id) THEN
        PERFORM accounts_refuse('delegated_by_another_admin', 'an admin gives sources to others');
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        ("leads", "0007_delegated_sources"),
    ]
    operations = [migrations.RunSQL(GUARD, migrations.RunSQL.noop)]
