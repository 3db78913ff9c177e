"""Messages stay as they came; refunds and disputes go forward, within their payment, and as the ledger says."""

from django.db import migrations

MESSAGES_STAY = """
ALTER TABLE billing_inboxmessage ADD CONSTRAINT message_is_short CHECK (octet_length(raw) <= 262144);
CREATE FUNCTION billing_guard_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.state <> 'done' THEN
            PERFORM billing_refuse('message_is_worked_before_it_goes', 'nobody has dealt with the message yet');
        END IF;
        RETURN OLD;
    END IF;
    IF (NEW.id, NEW.provider, NEW.event_id, NEW.name, NEW.kind, NEW.object_id, NEW.raw, NEW.headers,
            NEW.occurred_at, NEW.received_at)
        IS DISTINCT FROM (OLD.id, OLD.provider, OLD.event_id, OLD.name, OLD.kind, OLD.object_id, OLD.raw,
            OLD.headers, OLD.occurred_at, OLD.received_at) THEN
        PERFORM billing_refuse('message_is_written_once', 'a message stays as it came');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER message_is_guarded BEFORE UPDATE OR DELETE ON billing_inboxmessage
    FOR EACH ROW EXECUTE FUNCTION billing_guard_message();
"""

REFUNDS_GO_FORWARD = """
CREATE FUNCTION billing_guard_refund() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.payment_id, NEW.amount_credits, NEW.net_cents, NEW.tax_cents, NEW.reason, NEW.asked_by_id,
            NEW.created_at, NEW.set_aside_id, coalesce(OLD.settled_id, NEW.settled_id),
            coalesce(nullif(OLD.refund_id, ''), NEW.refund_id))
        IS DISTINCT FROM (OLD.id, OLD.payment_id, OLD.amount_credits, OLD.net_cents, OLD.tax_cents, OLD.reason,
            OLD.asked_by_id, OLD.created_at, OLD.set_aside_id, NEW.settled_id, NEW.refund_id) THEN
        PERFORM billing_refuse('refund_keeps_what_was_asked', 'a refund keeps what was asked for');
    END IF;
    IF NEW.status <> OLD.status AND NOT (OLD.status, NEW.status) IN (
        ('asked', 'pending'), ('asked', 'succeeded'), ('asked', 'failed'),
        ('pending', 'succeeded'), ('pending', 'failed'), ('succeeded', 'failed')) THEN
        PERFORM billing_refuse('refund_moves_forward', format('a refund that is %s is not %s', OLD.status, NEW.status));
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refund_is_guarded BEFORE UPDATE ON billing_refund
    FOR EACH ROW EXECUTE FUNCTION billing_guard_refund();
CREATE TRIGGER refund_is_kept BEFORE DELETE OR TRUNCATE ON billing_refund
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
"""

# What two refunds at once would both find is counted by one after the other: the payment is locked first.
REFUNDS_STAY_WITHIN_THEIR_PAYMENT = """
CREATE FUNCTION billing_moved(journal uuid, of_kind text, of_unit text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(entry.amount), 0)::bigint FROM billing_entry entry
    JOIN billing_account account ON account.id = entry.account_id
    WHERE entry.journal_id = journal AND account.kind = of_kind AND account.unit = of_unit
$$;
CREATE FUNCTION billing_check_refund() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE paid billing_payment;
BEGIN
    SELECT * INTO paid FROM billing_payment WHERE id = NEW.payment_id FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT FROM billing_refund WHERE payment_id = NEW.payment_id AND status <> 'failed'
        HAVING sum(amount_credits) > paid.amount_credits OR sum(net_cents) > paid.net_cents
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
CREATE CONSTRAINT TRIGGER refund_is_checked AFTER INSERT OR UPDATE ON billing_refund
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_check_refund();
"""

DISPUTES_GO_FORWARD = """
CREATE FUNCTION billing_guard_dispute() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.payment_id, NEW.dispute_id, NEW.amount_cents, NEW.amount_credits, NEW.opened_at,
            NEW.clawed_back_id, coalesce(OLD.closed_id, NEW.closed_id))
        IS DISTINCT FROM (OLD.id, OLD.payment_id, OLD.dispute_id, OLD.amount_cents, OLD.amount_credits,
            OLD.opened_at, OLD.clawed_back_id, NEW.closed_id) THEN
        PERFORM billing_refuse('dispute_keeps_what_it_is', 'a dispute stays what it was when it was opened');
    END IF;
    IF NEW.status <> OLD.status AND OLD.status <> 'open' THEN
        PERFORM billing_refuse('dispute_is_decided_once', format('the dispute was %s', OLD.status));
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER dispute_is_guarded BEFORE UPDATE ON billing_dispute
    FOR EACH ROW EXECUTE FUNCTION billing_guard_dispute();
CREATE TRIGGER dispute_is_kept BEFORE DELETE OR TRUNCATE ON billing_dispute
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE FUNCTION billing_check_dispute() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.clawed_back_id IS NOT NULL AND (
            billing_moved(NEW.clawed_back_id, 'clearing', 'usd_cents') <> -NEW.amount_cents
            OR billing_moved(NEW.clawed_back_id, 'issued', 'credits') <> NEW.amount_credits)
        OR NEW.closed_id IS NOT NULL
        AND billing_moved(NEW.closed_id, 'withheld', 'usd_cents') <> -NEW.amount_cents THEN
        PERFORM billing_refuse('dispute_is_booked_as_it_says', 'the books say another dispute');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER dispute_is_checked AFTER INSERT OR UPDATE ON billing_dispute
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_check_dispute();
"""

DIFFERENCES_STAY_CLOSED = """
CREATE FUNCTION billing_guard_difference() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.closed_at IS NOT NULL OR TG_OP = 'DELETE'
        OR (NEW.id, NEW.kind, NEW.provider, NEW.object_id, NEW.found_at)
            IS DISTINCT FROM (OLD.id, OLD.kind, OLD.provider, OLD.object_id, OLD.found_at) THEN
        PERFORM billing_refuse('difference_stays_closed', 'a difference is closed once, and stays');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER difference_is_guarded BEFORE UPDATE OR DELETE ON billing_difference
    FOR EACH ROW EXECUTE FUNCTION billing_guard_difference();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0007_inbox"), ("core", "0001_database_clock")]
    operations = [
        migrations.RunSQL(MESSAGES_STAY),
        migrations.RunSQL(REFUNDS_GO_FORWARD),
        migrations.RunSQL(REFUNDS_STAY_WITHIN_THEIR_PAYMENT),
        migrations.RunSQL(DISPUTES_GO_FORWARD),
        migrations.RunSQL(DIFFERENCES_STAY_CLOSED),
    ]
