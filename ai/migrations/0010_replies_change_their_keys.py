"""A reply is written once, and under another key when keys change."""

from django.db import migrations

NOW = """
DROP TRIGGER reply_is_written_once ON ai_modelreply;
CREATE TRIGGER reply_is_written_once BEFORE UPDATE ON ai_modelreply
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change_but_of_keys('raw', 'input_hash');
"""
BEFORE = """
DROP TRIGGER reply_is_written_once ON ai_modelreply;
CREATE TRIGGER reply_is_written_once BEFORE UPDATE ON ai_modelreply
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("ai", "0009_a_question_is_one_statement"), ("core", "0010_key_rotations")]
    operations = [migrations.RunSQL(NOW, BEFORE)]
