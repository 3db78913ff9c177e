"""Lots follow their entries, ended lots are not spent, and reversals put back into the lots that gave."""

from django.db import migrations

# The accounts that the house has from the first day on.
HOUSE = """
INSERT INTO billing_account (id, organisation_id, kind, provider, unit, balance)
SELECT gen_random_uuid(), NULL::uuid, kind, '', unit, 0 FROM (VALUES
    ('issued', 'credits'), ('revenue', 'credits'), ('breakage', 'credits'),
    ('unearned', 'usd_cents'), ('revenue', 'usd_cents'), ('breakage', 'usd_cents'), ('refund_pending', 'usd_cents'),
    ('withheld', 'usd_cents'), ('tax', 'usd_cents'), ('fees', 'usd_cents'), ('bank', 'usd_cents')
) house (kind, unit)
UNION ALL SELECT gen_random_uuid(), NULL::uuid, 'clearing', provider, 'usd_cents', 0
FROM unnest('{sandbox,stripe,paypal}'::text[]) provider
ON CONFLICT DO NOTHING;
"""

# Credits from before there were lots: each account's balance leaves it by one entry and comes back into a lot.
CARRY_OVER = """
ALTER TABLE billing_entry DISABLE TRIGGER entry_moves_the_balance;
WITH carried AS (SELECT id, balance FROM billing_account WHERE organisation_id IS NOT NULL AND balance > 0),
lots AS (
    INSERT INTO billing_lot (account_id, amount, remaining, paid_cents, expires_at)
    SELECT id, balance, balance, 0, core_now() + interval '365 days' FROM carried RETURNING id, account_id, amount),
journals AS (
    INSERT INTO billing_journal (id, key, memo)
    SELECT gen_random_uuid(), 'carry:' || account_id, 'Carried over' FROM lots RETURNING id, key)
INSERT INTO billing_entry (journal_id, account_id, lot_id, amount, balance_after)
SELECT journals.id, account_id, side.lot_id, side.amount, side.balance_after
FROM lots JOIN journals ON key = 'carry:' || account_id,
LATERAL (VALUES (1, NULL, -lots.amount, 0::bigint), (2, lots.id, lots.amount, lots.amount))
    side (place, lot_id, amount, balance_after)
ORDER BY account_id, place;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
ALTER TABLE billing_entry ENABLE TRIGGER entry_moves_the_balance;
"""

ENTRIES_FILL_LOTS = """
CREATE FUNCTION billing_refuse(guard text, says text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', says USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = guard;
END $$;
CREATE FUNCTION billing_move_lot(entry billing_entry, journal_key text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE lot billing_lot;
BEGIN
    UPDATE billing_lot SET remaining = remaining + entry.amount
        WHERE id = entry.lot_id AND account_id = entry.account_id RETURNING * INTO lot;
    IF lot.id IS NULL THEN
        PERFORM billing_refuse('entry_moves_a_lot_of_its_account', 'the lot lies on another account');
    END IF;
    IF lot.expires_at <= core_clock() AND (entry.amount > 0 OR journal_key NOT LIKE 'expire:%') THEN
        PERFORM billing_refuse('ended_lot_is_written_off_alone', 'what has ended is neither spent nor added to');
    END IF;
END $$;
CREATE OR REPLACE FUNCTION billing_post_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    journal_key text;
    lies_in_lots boolean := false;
BEGIN
    SELECT key INTO journal_key FROM billing_journal
        WHERE id = NEW.journal_id AND posted_in = pg_current_xact_id();
    IF journal_key IS NULL THEN
        PERFORM billing_refuse('journal_is_closed', 'a posted journal takes no more entries');
    END IF;
    UPDATE billing_account SET balance = balance + NEW.amount
        WHERE id = NEW.account_id AND organisation_id IS NOT NULL
        RETURNING balance, kind IN ('paid', 'granted') INTO NEW.balance_after, lies_in_lots;
    IF coalesce(lies_in_lots, false) <> (NEW.lot_id IS NOT NULL) THEN
        PERFORM billing_refuse('entry_names_its_lot', 'credits that can be spent lie in lots, and nothing else does');
    END IF;
    IF NEW.lot_id IS NOT NULL THEN
        PERFORM billing_move_lot(NEW, journal_key);
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION billing_guard_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.balance <> 0 THEN
        PERFORM billing_refuse('account_opens_empty', 'an account opens empty');
    END IF;
    IF TG_OP = 'UPDATE' AND (pg_trigger_depth() < 2 OR
        (NEW.id, NEW.organisation_id, NEW.kind, NEW.provider, NEW.unit)
            IS DISTINCT FROM (OLD.id, OLD.organisation_id, OLD.kind, OLD.provider, OLD.unit)) THEN
        PERFORM billing_refuse('account_changes_by_entries', 'an account changes by entries alone');
    END IF;
    RETURN NEW;
END $$;
"""

# A lot is what came in: only what is left of it changes, by entries, and its end moves once it has ended and is empty.
LOTS_STAY = """
CREATE FUNCTION billing_open_lot(lot billing_lot) RETURNS void LANGUAGE plpgsql AS $$
DECLARE kind text := (SELECT account.kind FROM billing_account account WHERE id = lot.account_id);
BEGIN
    IF lot.remaining <> 0 THEN
        PERFORM billing_refuse('lot_opens_empty', 'a lot opens empty and is filled by an entry');
    END IF;
    IF kind NOT IN ('paid', 'granted') OR kind = 'granted' AND (lot.expires_at IS NULL OR lot.paid_cents > 0) THEN
        PERFORM billing_refuse('lot_fits_its_account', 'what is given ends, and cost nothing');
    END IF;
END $$;
CREATE FUNCTION billing_guard_lot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM billing_open_lot(NEW);
        RETURN NEW;
    END IF;
    IF NEW.remaining <> OLD.remaining AND pg_trigger_depth() < 2 OR
        (NEW.id, NEW.account_id, NEW.amount, NEW.paid_cents, NEW.opened_at)
            IS DISTINCT FROM (OLD.id, OLD.account_id, OLD.amount, OLD.paid_cents, OLD.opened_at) THEN
        PERFORM billing_refuse('lot_changes_by_entries', 'a lot changes by entries alone');
    END IF;
    IF NEW.expires_at IS DISTINCT FROM OLD.expires_at AND coalesce(
        OLD.remaining > 0 OR OLD.expires_at > core_clock()
            OR NEW.expires_at > core_clock() + interval '30 days', true) THEN
        PERFORM billing_refuse('lot_ends_when_it_said', 'a lot''s end moves once it has ended, by 30 days at most');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER lot_changes_by_entries BEFORE INSERT OR UPDATE ON billing_lot
    FOR EACH ROW EXECUTE FUNCTION billing_guard_lot();
CREATE TRIGGER lot_is_kept BEFORE DELETE OR TRUNCATE ON billing_lot
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
"""

# What a lot gave goes back into it (design §4.9). Entries from before there were lots name none.
REVERSALS_FILL_THE_SAME_LOTS = """
CREATE OR REPLACE FUNCTION billing_check_reversal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM billing_journal WHERE id = NEW.reverses_id AND reverses_id IS NOT NULL) OR EXISTS (
        SELECT account_id, sum(amount) FROM billing_entry WHERE journal_id IN (NEW.id, NEW.reverses_id)
        GROUP BY account_id HAVING sum(amount) <> 0) THEN
        PERFORM billing_refuse('reversal_is_whole', format('journal %s does not reverse another whole', NEW.key));
    END IF;
    IF EXISTS (
        SELECT FROM billing_entry WHERE journal_id IN (NEW.id, NEW.reverses_id) AND lot_id IN (
            SELECT lot_id FROM billing_entry WHERE journal_id = NEW.reverses_id)
        GROUP BY lot_id HAVING sum(amount) <> 0) THEN
        PERFORM billing_refuse('reversal_fills_the_same_lots', 'what a lot gave goes back into it');
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0003_lots"), ("core", "0001_database_clock")]
    operations = [
        migrations.RunSQL(ENTRIES_FILL_LOTS),
        migrations.RunSQL(HOUSE),
        migrations.RunSQL(CARRY_OVER),
        migrations.RunSQL(LOTS_STAY),
        migrations.RunSQL(REVERSALS_FILL_THE_SAME_LOTS),
    ]
