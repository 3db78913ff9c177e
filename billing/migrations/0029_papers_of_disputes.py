"""A lost dispute has a credit note, and the note of a refund that came back is taken back by a correction."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

# A note says what went back; less of it alone where notes before it, of a bank and of us, leave no more.
PAPERS_ARE_TRUE = """
CREATE OR REPLACE FUNCTION billing_check_credit_note(note billing_invoice) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    net_left bigint;
    tax_left bigint;
BEGIN
    IF note.kind = 'correction' THEN
        IF NOT EXISTS (
            SELECT FROM billing_invoice taken JOIN billing_refund refund ON refund.id = taken.refund_id
            WHERE taken.id = note.corrects_id AND refund.status = 'failed'
                AND (taken.payment_id, taken.organisation_id, taken.net_cents, taken.tax_cents)
                    = (note.payment_id, note.organisation_id, note.net_cents, note.tax_cents)) THEN
            PERFORM billing_refuse('correction_takes_a_note_back', 'what did not go back is all that is taken back');
        END IF;
        RETURN;
    END IF;
    SELECT invoiced.net_cents - coalesce(sum(noted.net_cents), 0),
        invoiced.tax_cents - coalesce(sum(noted.tax_cents), 0) INTO net_left, tax_left
    FROM billing_invoice invoiced LEFT JOIN billing_invoice noted ON noted.corrects_id = invoiced.id
        AND NOT EXISTS (SELECT FROM billing_invoice correction WHERE correction.corrects_id = noted.id)
    WHERE invoiced.id = note.corrects_id GROUP BY invoiced.id;
    IF NOT EXISTS (
        SELECT FROM billing_invoice corrected
        LEFT JOIN billing_refund refund ON refund.id = note.refund_id AND refund.payment_id = corrected.payment_id
        LEFT JOIN billing_dispute dispute
            ON dispute.id = note.dispute_id AND dispute.payment_id = corrected.payment_id
        WHERE corrected.id = note.corrects_id AND corrected.kind = 'invoice'
            AND (note.payment_id, note.organisation_id) = (corrected.payment_id, corrected.organisation_id)
            AND (refund.status = 'succeeded' AND ((note.net_cents, note.tax_cents) = (refund.net_cents, refund.tax_cents)
                    OR note.total_cents <= refund.net_cents + refund.tax_cents
                        AND (net_left = 0 OR tax_left = 0))
                OR dispute.status = 'lost' AND (note.total_cents = dispute.amount_cents
                    OR note.total_cents < dispute.amount_cents AND (net_left, tax_left) = (0, 0)))) THEN
        PERFORM billing_refuse('credit_note_says_what_went_back', 'a credit note says what went back');
    END IF;
    IF net_left < 0 OR tax_left < 0 THEN
        PERFORM billing_refuse('credit_notes_within_their_invoice', 'no more is given back than was invoiced');
    END IF;
END $$;
CREATE OR REPLACE FUNCTION billing_check_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.net_cents <> (SELECT coalesce(sum((line ->> 'net_cents')::bigint), 0)
            FROM jsonb_array_elements(NEW.snapshot -> 'lines') line)
        OR NEW.tax_cents <> (NEW.snapshot -> 'tax' ->> 'cents')::bigint THEN
        PERFORM billing_refuse('invoice_lines_add_up', 'what an invoice says in lines is what it says below');
    END IF;
    IF NEW.kind <> 'invoice' THEN
        PERFORM billing_check_credit_note(NEW);
    ELSIF NOT EXISTS (
        SELECT FROM billing_payment payment WHERE payment.id = NEW.payment_id AND payment.status = 'paid'
            AND (payment.organisation_id, payment.net_cents, payment.tax_cents)
                = (NEW.organisation_id, NEW.net_cents, NEW.tax_cents)) THEN
        PERFORM billing_refuse('invoice_says_what_was_paid', 'an invoice says what a payment paid');
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION billing_guard_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.kind, NEW.year, NEW.place, NEW.organisation_id, NEW.payment_id, NEW.issued_at, NEW.snapshot,
            NEW.net_cents, NEW.tax_cents, NEW.total_cents)
        IS DISTINCT FROM (OLD.id, OLD.kind, OLD.year, OLD.place, OLD.organisation_id, OLD.payment_id,
            OLD.issued_at, OLD.snapshot, OLD.net_cents, OLD.tax_cents, OLD.total_cents)
        OR (NEW.refund_id, NEW.dispute_id, NEW.corrects_id)
            IS DISTINCT FROM (OLD.refund_id, OLD.dispute_id, OLD.corrects_id)
        OR OLD.pdf IS NOT NULL AND (NEW.pdf, NEW.sha256) IS DISTINCT FROM (OLD.pdf, OLD.sha256)
        OR OLD.sent_at IS NOT NULL AND NEW.sent_at IS DISTINCT FROM OLD.sent_at THEN
        PERFORM billing_refuse('invoice_written_once', 'an issued invoice stays as it was issued');
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0028_what_goes_back_of_a_plan")]
    operations = [
        migrations.RemoveConstraint(model_name="invoice", name="credit_note_corrects_an_invoice"),
        migrations.AddField(
            model_name="invoice",
            name="dispute",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="credit_note",
                to="billing.dispute",
            ),
        ),
        migrations.AlterField(
            model_name="invoice",
            name="kind",
            field=models.CharField(
                choices=[("invoice", "invoice"), ("credit_note", "credit note"), ("correction", "correction")],
                max_length=11,
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=Q(kind="invoice", corrects=None, refund=None, dispute=None)
                | Q(kind="credit_note", corrects__isnull=False, refund__isnull=False, dispute=None)
                | Q(kind="credit_note", corrects__isnull=False, refund=None, dispute__isnull=False)
                | Q(kind="correction", corrects__isnull=False, refund=None, dispute=None),
                name="credit_note_corrects_an_invoice",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                condition=Q(kind="correction"), fields=("corrects",), name="credit_note_is_taken_back_once"
            ),
        ),
        migrations.RunSQL(PAPERS_ARE_TRUE),
    ]
