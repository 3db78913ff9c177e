"""Taxes that an office reckoned are those of their payments, and it is told of each once; the sweep that tells it."""

from django.db import migrations

from aiqleads.core import schedules

RECKONINGS = """
CREATE FUNCTION billing_guard_reckoning() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM billing_payment payment WHERE payment.id = NEW.payment_id
                AND (payment.net_cents, payment.tax_cents) = (NEW.net_cents, NEW.tax_cents)) THEN
            PERFORM billing_refuse('tax_is_what_was_reckoned', 'a payment takes the tax that its office reckoned');
        END IF;
        IF NEW.tax_cents <> (SELECT coalesce(sum((part ->> 'cents')::bigint), 0)
                FROM jsonb_array_elements(NEW.parts) part) THEN
            PERFORM billing_refuse('tax_parts_add_up', 'who levies a tax levies all of it');
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.payment_id, NEW.calculation_id, NEW.net_cents, NEW.tax_cents, NEW.millipercent, NEW.label, NEW.region,
            NEW.parts, NEW.reckoned_at, NEW.expires_at)
        IS DISTINCT FROM (OLD.payment_id, OLD.calculation_id, OLD.net_cents, OLD.tax_cents, OLD.millipercent,
            OLD.label, OLD.region, OLD.parts, OLD.reckoned_at, OLD.expires_at)
        OR OLD.transaction_id <> '' AND (NEW.transaction_id, NEW.line_id, NEW.reported_at)
            IS DISTINCT FROM (OLD.transaction_id, OLD.line_id, OLD.reported_at) THEN
        PERFORM billing_refuse('tax_reckoned_once', 'what was reckoned and what was told stays');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER tax_reckoned_once BEFORE INSERT OR UPDATE ON billing_taxreckoning
    FOR EACH ROW EXECUTE FUNCTION billing_guard_reckoning();
CREATE FUNCTION billing_guard_report() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM billing_payment WHERE id = NEW.payment_id AND status = 'paid') THEN
        PERFORM billing_refuse('tax_is_reported_when_paid', 'an office is told of what came in');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER tax_is_reported_when_paid BEFORE INSERT OR UPDATE ON billing_taxreckoning
    FOR EACH ROW WHEN (NEW.transaction_id <> '') EXECUTE FUNCTION billing_guard_report();
CREATE TRIGGER tax_reckoning_is_kept BEFORE DELETE OR TRUNCATE ON billing_taxreckoning
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
"""

REVERSALS = """
CREATE FUNCTION billing_guard_reversal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM billing_invoice note JOIN billing_taxreckoning reckoning
            ON reckoning.payment_id = note.payment_id
        WHERE note.id = NEW.credit_note_id AND note.kind = 'credit_note' AND reckoning.transaction_id <> ''
            AND reckoning.payment_id = NEW.reckoning_id) THEN
        PERFORM billing_refuse('tax_goes_back_by_its_note', 'what a credit note gives back of a told tax goes back');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER tax_goes_back_by_its_note BEFORE INSERT ON billing_taxreversal
    FOR EACH ROW EXECUTE FUNCTION billing_guard_reversal();
CREATE TRIGGER tax_reversal_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON billing_taxreversal
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0026_taxes"), ("core", "0001_database_clock"), schedules.BEAT_MIGRATION]
    operations = [
        migrations.RunSQL(RECKONINGS),
        migrations.RunSQL(REVERSALS),
        schedules.together(
            schedules.every(
                600,
                name="Tell the tax office what came in and went back",
                task="billing.tasks.report_taxes",
                description="Stripe Tax is told of each payment whose tax it reckoned, and of each credit note; "
                "with STRIPE_TAX unset nobody is told.",
            )
        ),
    ]
