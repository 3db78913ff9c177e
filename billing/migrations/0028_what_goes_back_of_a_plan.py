"""A refund of a plan's bill takes what is unspent of the plan's credits, and says how many when it is settled."""

from django.db import migrations

# A refund from a provider's desk sets nothing aside: what it takes is known when it is booked, and never more.
REFUNDS_GO_FORWARD = """
CREATE OR REPLACE FUNCTION billing_guard_refund() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE is_settled boolean := OLD.settled_id IS NULL AND NEW.settled_id IS NOT NULL AND OLD.set_aside_id IS NULL;
BEGIN
    IF (NEW.id, NEW.payment_id, NEW.net_cents, NEW.tax_cents, NEW.reason, NEW.asked_by_id,
            NEW.created_at, NEW.set_aside_id, coalesce(OLD.settled_id, NEW.settled_id),
            coalesce(nullif(OLD.refund_id, ''), NEW.refund_id))
        IS DISTINCT FROM (OLD.id, OLD.payment_id, OLD.net_cents, OLD.tax_cents, OLD.reason,
            OLD.asked_by_id, OLD.created_at, OLD.set_aside_id, NEW.settled_id, NEW.refund_id)
        OR NEW.amount_credits > OLD.amount_credits
        OR NEW.amount_credits < OLD.amount_credits AND NOT is_settled THEN
        PERFORM billing_refuse('refund_keeps_what_was_asked', 'a refund keeps what was asked for');
    END IF;
    IF NEW.status <> OLD.status AND NOT (OLD.status, NEW.status) IN (
        ('asked', 'pending'), ('asked', 'succeeded'), ('asked', 'failed'),
        ('pending', 'succeeded'), ('pending', 'failed'), ('succeeded', 'failed')) THEN
        PERFORM billing_refuse('refund_moves_forward', format('a refund that is %s is not %s', OLD.status, NEW.status));
    END IF;
    RETURN NEW;
END $$;
"""

REFUNDS_STAY_WITHIN_THEIR_PAYMENT = """
CREATE FUNCTION billing_bought_by(paid billing_payment) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT paid.amount_credits + coalesce(sum(entry.amount), 0)::bigint
    FROM billing_entry entry JOIN billing_account account ON account.id = entry.account_id
    WHERE entry.amount > 0 AND account.kind IN ('paid', 'granted') AND entry.journal_id = ANY (ARRAY(
        SELECT id FROM billing_journal WHERE key = 'instead:' || paid.id
        UNION ALL (SELECT journal.id FROM billing_bill bill JOIN billing_plan plan ON plan.id = bill.plan_id
            JOIN billing_subscriptionperiod period
                ON period.subscription_id = bill.subscription_id AND period.starts_at <= bill.starts_at
            JOIN billing_journal journal ON CASE WHEN bill.is_upgrade
                THEN journal.key LIKE 'grant:' || bill.subscription_id || ':%:' || plan.code || '-' || plan.version
                ELSE journal.id = period.granted_id END
            WHERE bill.subscription_id = paid.subscription_id AND bill.bill_id = paid.bill_id
            ORDER BY period.starts_at DESC LIMIT 1)))
$$;
CREATE OR REPLACE FUNCTION billing_check_refund() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE paid billing_payment;
BEGIN
    SELECT * INTO paid FROM billing_payment WHERE id = NEW.payment_id FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT FROM billing_refund WHERE payment_id = NEW.payment_id AND status <> 'failed'
        HAVING sum(amount_credits) > billing_bought_by(paid) OR sum(net_cents) > paid.net_cents
            OR sum(tax_cents) > paid.tax_cents) THEN
        PERFORM billing_refuse('refunds_within_their_payment', 'no more goes back than came in');
    END IF;
    IF NEW.settled_id IS NOT NULL AND (
            billing_moved(NEW.settled_id, 'clearing', 'usd_cents') <> -(NEW.net_cents + NEW.tax_cents)
            OR billing_moved(NEW.settled_id, 'issued', 'credits') <> NEW.amount_credits)
        OR NEW.set_aside_id IS NOT NULL AND (
            billing_moved(NEW.set_aside_id, 'refund_pending', 'usd_cents') <> -NEW.net_cents
            OR billing_moved(NEW.set_aside_id, 'refund_pending', 'credits') <> NEW.amount_credits) THEN
        PERFORM billing_refuse('refund_is_booked_as_it_says', 'the books say another refund');
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0027_guards_of_taxes")]
    operations = [
        migrations.RunSQL(REFUNDS_GO_FORWARD),
        migrations.RunSQL(REFUNDS_STAY_WITHIN_THEIR_PAYMENT),
    ]
