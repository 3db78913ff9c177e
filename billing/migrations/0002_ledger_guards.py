"""The books: written once, in one transaction, balanced per unit, and no wallet below zero."""

from django.db import migrations

GUARDS = """
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

UNDO = """
DROP TRIGGER account_is_kept ON billing_account;
DROP TRIGGER entry_is_written_once ON billing_entry;
DROP TRIGGER journal_is_written_once ON billing_journal;
DROP TRIGGER journal_balances ON billing_journal;
DROP FUNCTION billing_check_journal();
DROP TRIGGER account_changes_by_entries ON billing_account;
DROP FUNCTION billing_guard_account();
DROP TRIGGER entry_moves_the_balance ON billing_entry;
DROP FUNCTION billing_post_entry();
ALTER TABLE billing_journal DROP COLUMN posted_in;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial"), ("core", "0001_database_clock")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]
