"""Quotes and price policies are written once."""

from django.db import migrations

QUOTES_ARE_WRITTEN_ONCE = """
CREATE TRIGGER quote_is_written_once BEFORE UPDATE ON pricing_quote
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
"""

# A price policy is a version: it is replaced by the next one, never edited.
POLICIES_ARE_WRITTEN_ONCE = """
CREATE TRIGGER price_policy_is_written_once BEFORE UPDATE OR DELETE ON pricing_pricepolicy
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
"""


class Migration(migrations.Migration):
    replaces = [
        ("pricing", "0002_quotes_are_written_once"),
        ("pricing", "0004_policies_are_written_once"),
    ]
    dependencies = [
        ("core", "0001_database_clock"),
        ("pricing", "0001_models"),
    ]
    operations = [
        migrations.RunSQL(QUOTES_ARE_WRITTEN_ONCE),
        migrations.RunSQL(POLICIES_ARE_WRITTEN_ONCE),
    ]
