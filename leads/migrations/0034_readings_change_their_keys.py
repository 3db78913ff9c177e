"""A reading is written once, and its text's hash made anew when keys change."""

from django.db import migrations

NOW = """
DROP TRIGGER reading_is_written_once ON leads_reading;
CREATE TRIGGER reading_is_written_once BEFORE UPDATE ON leads_reading
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change_but_of_keys('text_hash');
CREATE TRIGGER reading_stays BEFORE TRUNCATE ON leads_reading
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
"""
BEFORE = """
DROP TRIGGER reading_stays ON leads_reading;
DROP TRIGGER reading_is_written_once ON leads_reading;
CREATE TRIGGER reading_is_written_once BEFORE UPDATE OR TRUNCATE ON leads_reading
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
"""

class Migration(migrations.Migration):
    dependencies = [("leads", "0033_suppressed_and_uncalled"), ("core", "0011_key_rotations")]
    operations = [migrations.RunSQL(NOW, BEFORE)]
