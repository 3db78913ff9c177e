from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [
        migrations.RunSQL(
            """
            CREATE TRIGGER terms_acceptance_is_written_once BEFORE UPDATE ON accounts_termsacceptance
                FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
            """,
            "DROP TRIGGER terms_acceptance_is_written_once ON accounts_termsacceptance;",
        )
    ]
