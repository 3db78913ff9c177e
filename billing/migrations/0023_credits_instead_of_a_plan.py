"""A bill that became credits, as its plan could not be had, can be given back as they can: no more than they are."""

from django.db import migrations

REFUNDS_STAY_WITHIN_THEIR_PAYMENT = """
CREATE OR REPLACE FUNCTION billing_check_refund() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    paid billing_payment;
    bought bigint;
BEGIN
    SELECT * INTO paid FROM billing_payment WHERE id = NEW.payment_id FOR NO KEY UPDATE;
    SELECT paid.amount_credits + coalesce(sum(entry.amount), 0) INTO bought
    FROM billing_entry entry JOIN billing_account account ON account.id = entry.account_id
        JOIN billing_journal journal ON journal.id = entry.journal_id
    WHERE journal.key = 'instead:' || paid.id AND account.kind = 'paid';
    IF EXISTS (
        SELECT FROM billing_refund WHERE payment_id = NEW.payment_id AND status <> 'failed'
        HAVING sum(amount_credits) > bought OR sum(net_cents) > paid.net_cents
            OR sum(tax_cents) > paid.tax_cents) THEN
        PERFORM billing_refuse('refunds_within_their_payment', 'no more goes back than came in');
    END IF;
    IF NEW.settled_id IS NOT NULL
        AND billing_moved(NEW.settled_id, 'clearing', 'usd_cents') <> -(NEW.net_cents + NEW.tax_cents)
        OR NEW.set_aside_id IS NOT NULL AND (
            billing_moved(NEW.set_aside_id, 'refund_pending', 'usd_cents') <> -NEW.net_cents
            OR billing_moved(NEW.set_aside_id, 'refund_pending', 'credits') <> NEW.amount_credits) THEN
        PERFORM billing_refuse('refund_is_booked_as_it_says', 'the books say another refund');
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0022_consent_to_a_plan")]
    operations = [migrations.RunSQL(REFUNDS_STAY_WITHIN_THEIR_PAYMENT)]
