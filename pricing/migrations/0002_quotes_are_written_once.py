from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("pricing", "0001_initial")]
    operations = [
        migrations.RunSQL(
            """
            CREATE TRIGGER quote_is_written_once BEFORE UPDATE ON pricing_quote
                FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
            """,
            "DROP TRIGGER quote_is_written_once ON pricing_quote;",
        )
    ]
