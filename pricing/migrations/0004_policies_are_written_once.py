"""A price policy is a version: it is replaced by the next one, never edited."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("pricing", "0003_schedules")]
    operations = [
        migrations.RunSQL(
            """
            CREATE TRIGGER price_policy_is_written_once BEFORE UPDATE OR DELETE ON pricing_pricepolicy
                FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
            """,
            "DROP TRIGGER price_policy_is_written_once ON pricing_pricepolicy;",
        )
    ]
