"""Invoices: numbered without a gap, written once, saying what was paid; adjustments take two people."""

from django.db import migrations

# The number comes of the year's counter, whose row is held until the commit: what is rolled back takes none along.
NUMBERS_HAVE_NO_GAP = """
CREATE FUNCTION billing_number_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.issued_at := core_clock();
    NEW.year := extract(year FROM NEW.issued_at AT TIME ZONE 'UTC');
    INSERT INTO billing_invoicecounter (year, last) VALUES (NEW.year, 1)
        ON CONFLICT (year) DO UPDATE SET last = billing_invoicecounter.last + 1 RETURNING last INTO NEW.place;
    IF NEW.place <> (SELECT coalesce(max(place), 0) + 1 FROM billing_invoice WHERE year = NEW.year) THEN
        PERFORM billing_refuse('invoice_follows_the_one_before', 'an invoice takes the next number of its year');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invoice_takes_a_number BEFORE INSERT ON billing_invoice
    FOR EACH ROW EXECUTE FUNCTION billing_number_invoice();
CREATE FUNCTION billing_guard_counter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        PERFORM billing_refuse('invoice_counter_moves_by_invoices', 'numbers are taken by invoices alone');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invoice_counter_moves_by_invoices BEFORE INSERT OR UPDATE ON billing_invoicecounter
    FOR EACH ROW EXECUTE FUNCTION billing_guard_counter();
CREATE TRIGGER invoice_counter_is_kept BEFORE DELETE OR TRUNCATE ON billing_invoicecounter
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
"""

# Looked at when the transaction ends: the payment is marked as paid in the same one.
INVOICES_SAY_WHAT_WAS_PAID = """
CREATE FUNCTION billing_check_credit_note(note billing_invoice) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM billing_refund refund JOIN billing_invoice corrected ON corrected.payment_id = refund.payment_id
        WHERE refund.id = note.refund_id AND corrected.id = note.corrects_id AND corrected.kind = 'invoice'
            AND note.payment_id = refund.payment_id AND note.organisation_id = corrected.organisation_id
            AND (note.net_cents, note.tax_cents) = (refund.net_cents, refund.tax_cents)
            AND refund.status = 'succeeded') THEN
        PERFORM billing_refuse('credit_note_says_what_went_back', 'a credit note says what a refund gave back');
    END IF;
    IF (SELECT sum(net_cents) FROM billing_invoice WHERE corrects_id = note.corrects_id)
            > (SELECT net_cents FROM billing_invoice WHERE id = note.corrects_id)
        OR (SELECT sum(tax_cents) FROM billing_invoice WHERE corrects_id = note.corrects_id)
            > (SELECT tax_cents FROM billing_invoice WHERE id = note.corrects_id) THEN
        PERFORM billing_refuse('credit_notes_within_their_invoice', 'no more is given back than was invoiced');
    END IF;
END $$;
CREATE FUNCTION billing_check_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.net_cents <> (SELECT coalesce(sum((line ->> 'net_cents')::bigint), 0)
            FROM jsonb_array_elements(NEW.snapshot -> 'lines') line)
        OR NEW.tax_cents <> (NEW.snapshot -> 'tax' ->> 'cents')::bigint THEN
        PERFORM billing_refuse('invoice_lines_add_up', 'what an invoice says in lines is what it says below');
    END IF;
    IF NEW.kind = 'credit_note' THEN
        PERFORM billing_check_credit_note(NEW);
    ELSIF NOT EXISTS (
        SELECT FROM billing_payment payment WHERE payment.id = NEW.payment_id AND payment.status = 'paid'
            AND (payment.organisation_id, payment.net_cents, payment.tax_cents)
                = (NEW.organisation_id, NEW.net_cents, NEW.tax_cents)) THEN
        PERFORM billing_refuse('invoice_says_what_was_paid', 'an invoice says what a payment paid');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER invoice_is_true AFTER INSERT ON billing_invoice
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_check_invoice();
"""

INVOICES_ARE_WRITTEN_ONCE = """
CREATE FUNCTION billing_guard_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.kind, NEW.year, NEW.place, NEW.organisation_id, NEW.payment_id, NEW.issued_at, NEW.snapshot,
            NEW.net_cents, NEW.tax_cents, NEW.total_cents)
        IS DISTINCT FROM (OLD.id, OLD.kind, OLD.year, OLD.place, OLD.organisation_id, OLD.payment_id,
            OLD.issued_at, OLD.snapshot, OLD.net_cents, OLD.tax_cents, OLD.total_cents)
        OR (NEW.refund_id, NEW.corrects_id) IS DISTINCT FROM (OLD.refund_id, OLD.corrects_id)
        OR OLD.pdf IS NOT NULL AND (NEW.pdf, NEW.sha256) IS DISTINCT FROM (OLD.pdf, OLD.sha256)
        OR OLD.sent_at IS NOT NULL AND NEW.sent_at IS DISTINCT FROM OLD.sent_at THEN
        PERFORM billing_refuse('invoice_written_once', 'an issued invoice stays as it was issued');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invoice_written_once BEFORE UPDATE ON billing_invoice
    FOR EACH ROW EXECUTE FUNCTION billing_guard_invoice();
CREATE TRIGGER invoice_is_kept BEFORE DELETE OR TRUNCATE ON billing_invoice
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
ALTER TABLE billing_invoice ADD CONSTRAINT invoice_page_is_what_its_hash_says
    CHECK (pdf IS NULL OR sha256 = encode(sha256(pdf), 'hex'));
"""

# What was reckoned by a rate stands in invoices; the rate itself says so for ever.
RATES_STAY = """
CREATE FUNCTION billing_guard_tax_rate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.valid_from <= core_now()::date THEN
            PERFORM billing_refuse('tax_rate_that_began_is_kept', 'a rate that was in force is ended, not deleted');
        END IF;
        RETURN OLD;
    END IF;
    IF (NEW.id, NEW.country, NEW.region, NEW.millipercent, NEW.label, NEW.valid_from)
        IS DISTINCT FROM (OLD.id, OLD.country, OLD.region, OLD.millipercent, OLD.label, OLD.valid_from) THEN
        PERFORM billing_refuse('tax_rate_written_once', 'of a rate only its end changes');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER tax_rate_written_once BEFORE UPDATE OR DELETE ON billing_taxrate
    FOR EACH ROW EXECUTE FUNCTION billing_guard_tax_rate();
"""

ADJUSTMENTS = """
CREATE FUNCTION billing_guard_adjustment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'waiting' THEN
            PERFORM billing_refuse('adjustment_starts_waiting', 'an adjustment waits for somebody else first');
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state <> 'waiting' OR
        (NEW.id, NEW.organisation_id, NEW.kind, NEW.amount_credits, NEW.reason, NEW.asked_by_id, NEW.asked_at)
            IS DISTINCT FROM (OLD.id, OLD.organisation_id, OLD.kind, OLD.amount_credits, OLD.reason,
                OLD.asked_by_id, OLD.asked_at) THEN
        PERFORM billing_refuse('adjustment_written_once', 'what was asked for stays, and is decided once');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER adjustment_written_once BEFORE INSERT OR UPDATE ON billing_adjustment
    FOR EACH ROW EXECUTE FUNCTION billing_guard_adjustment();
CREATE TRIGGER adjustment_is_kept BEFORE DELETE OR TRUNCATE ON billing_adjustment
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE FUNCTION billing_check_adjustment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM billing_journal journal JOIN billing_entry entry ON entry.journal_id = journal.id
        JOIN billing_account account ON account.id = entry.account_id
        WHERE journal.id = NEW.journal_id AND account.organisation_id = NEW.organisation_id
            AND journal.key IN ('grant:adjustment:' || NEW.id, 'adjustment:' || NEW.id)
        HAVING sum(entry.amount) = NEW.amount_credits) THEN
        PERFORM billing_refuse('adjustment_posts_what_was_asked', 'what is posted is what was asked for');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER adjustment_posts_what_was_asked AFTER UPDATE ON billing_adjustment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'confirmed')
    EXECUTE FUNCTION billing_check_adjustment();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0009_invoices"), ("core", "0001_database_clock")]
    operations = [
        migrations.RunSQL(NUMBERS_HAVE_NO_GAP),
        migrations.RunSQL(INVOICES_SAY_WHAT_WAS_PAID),
        migrations.RunSQL(INVOICES_ARE_WRITTEN_ONCE),
        migrations.RunSQL(RATES_STAY),
        migrations.RunSQL(ADJUSTMENTS),
    ]
