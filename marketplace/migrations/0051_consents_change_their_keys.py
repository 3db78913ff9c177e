"""A consent is written once, and its proof under another key when keys change."""

from django.db import migrations

NOW = """
DROP TRIGGER consent_is_written_once ON leads_consent;
CREATE TRIGGER consent_is_written_once BEFORE UPDATE ON leads_consent
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change_but_of_keys('proof');
CREATE TRIGGER consent_stays BEFORE DELETE ON leads_consent
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
"""
BEFORE = """
DROP TRIGGER consent_stays ON leads_consent;
DROP TRIGGER consent_is_written_once ON leads_consent;
CREATE TRIGGER consent_is_written_once BEFORE UPDATE OR DELETE ON leads_consent
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0050_viewers"), ("core", "0010_key_rotations")]
    operations = [migrations.RunSQL(NOW, BEFORE)]
