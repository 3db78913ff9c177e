"""A journal that reverses another moves every entry back, whole and once; nothing reverses a reversal (design §4.13)."""

from django.db import migrations

GUARD = """
CREATE FUNCTION billing_check_reversal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM billing_journal WHERE id = NEW.reverses_id AND reverses_id IS NOT NULL) OR EXISTS (
        SELECT account_id, sum(amount) FROM billing_entry WHERE journal_id IN (NEW.id, NEW.reverses_id)
        GROUP BY account_id HAVING sum(amount) <> 0) THEN
        RAISE EXCEPTION 'journal % does not reverse another whole', NEW.key
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'reversal_is_whole';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER reversal_is_whole AFTER INSERT ON billing_journal
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.reverses_id IS NOT NULL)
    EXECUTE FUNCTION billing_check_reversal();
"""

UNDO = """
DROP TRIGGER reversal_is_whole ON billing_journal;
DROP FUNCTION billing_check_reversal();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_ledger_guards")]
    operations = [migrations.RunSQL(GUARD, UNDO)]
