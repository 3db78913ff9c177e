"""Double entry: journals balance, balances follow entries, nothing posted changes, reversals are whole."""

from django.db import migrations

# The books: written once, in one transaction, balanced per unit, and no wallet below zero.
LEDGER_GUARDS = """
ALTER TABLE billing_journal ADD COLUMN posted_in xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE FUNCTION billing_post_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM billing_journal
                   WHERE id = NEW.journal_id AND posted_in = pg_current_xact_id()) THEN
        RAISE EXCEPTION 'a posted journal takes no more entries'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'journal_is_closed';
    END IF;
    UPDATE billing_account SET balance = balance + NEW.amount
        WHERE id = NEW.account_id AND organisation_id IS NOT NULL
        RETURNING balance INTO NEW.balance_after;
    RETURN NEW;
END $$;
CREATE TRIGGER entry_moves_the_balance BEFORE INSERT ON billing_entry
    FOR EACH ROW EXECUTE FUNCTION billing_post_entry();
CREATE FUNCTION billing_guard_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.balance <> 0 THEN
        RAISE EXCEPTION 'an account opens empty'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'account_opens_empty';
    END IF;
    IF TG_OP = 'UPDATE' AND (pg_trigger_depth() < 2 OR
        (NEW.id, NEW.organisation_id, NEW.code, NEW.unit)
            IS DISTINCT FROM (OLD.id, OLD.organisation_id, OLD.code, OLD.unit)) THEN
        RAISE EXCEPTION 'an account changes by entries alone'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'account_changes_by_entries';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER account_changes_by_entries BEFORE INSERT OR UPDATE ON billing_account
    FOR EACH ROW EXECUTE FUNCTION billing_guard_account();
CREATE FUNCTION billing_check_journal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM billing_entry WHERE journal_id = NEW.id) < 2 OR EXISTS (
        SELECT FROM billing_entry entry JOIN billing_account account ON account.id = entry.account_id
        WHERE entry.journal_id = NEW.id GROUP BY account.unit HAVING sum(entry.amount) <> 0) THEN
        RAISE EXCEPTION 'journal % does not balance', NEW.key
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'journal_balances';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER journal_balances AFTER INSERT ON billing_journal
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_check_journal();
CREATE TRIGGER journal_is_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON billing_journal
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER entry_is_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON billing_entry
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER account_is_kept BEFORE DELETE OR TRUNCATE ON billing_account
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
"""

# A journal that reverses another moves every entry back, whole and once; nothing reverses a reversal (design
# §4.13).
REVERSALS_ARE_WHOLE = """
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


class Migration(migrations.Migration):
    replaces = [
        ("billing", "0002_ledger_guards"),
        ("billing", "0003_reversals_are_whole"),
    ]
    dependencies = [
        ("billing", "0001_models"),
        ("core", "0001_database_clock"),
    ]
    operations = [
        migrations.RunSQL(LEDGER_GUARDS),
        migrations.RunSQL(REVERSALS_ARE_WHOLE),
    ]
