from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("core", "0002_outbox_and_audit")]
    operations = [
        migrations.RunSQL(
            """
            CREATE TRIGGER audit_entry_is_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON core_auditentry
                FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
            """,
            "DROP TRIGGER audit_entry_is_written_once ON core_auditentry;",
        )
    ]
