import aiqleads.core.clock
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


GUARDS = """
CREATE FUNCTION leads_guard_delegation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        PERFORM accounts_refuse('delegation_is_written_once', 'take it back and give it anew');
    END IF;
    IF NOT EXISTS (SELECT FROM auth_permission WHERE id = NEW.permission_id AND codename = 'change_source') THEN
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
CREATE TRIGGER delegation_steps BEFORE INSERT OR UPDATE ON leads_sourcedelegation
    FOR EACH ROW EXECUTE FUNCTION leads_guard_delegation();
"""
UNDO = """
DROP TRIGGER delegation_steps ON leads_sourcedelegation;
DROP FUNCTION leads_guard_delegation();
"""


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0007_staff_has_an_admin"),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('leads', '0006_owners_word'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SourceDelegation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('delegated_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('content_object', models.ForeignKey(db_column='source_id', on_delete=django.db.models.deletion.CASCADE, related_name='delegations', to='leads.source', verbose_name='source')),
                ('delegated_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('permission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.permission')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['user'], name='delegated_to')],
                'constraints': [models.UniqueConstraint(fields=('content_object', 'user'), name='delegated_once')],
            },
        ),
        migrations.RunSQL(GUARDS, UNDO),
    ]
