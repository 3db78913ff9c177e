"""Payments move forwards, stay what was asked for, and have a journal that says the same; recharges are agreed to."""

from django.db import migrations, models
from django.db.models import Q

# Money that comes in late always counts, so what had failed or run out may still be paid. Nothing else comes back.
PAYMENTS = """
CREATE FUNCTION billing_guard_payment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.organisation_id, NEW.member_id, NEW.provider, NEW.purpose, NEW.pack_id, NEW.subscription_id,
        NEW.bill_id, NEW.amount_credits, NEW.net_cents, NEW.tax_cents, NEW.created_at)
        IS DISTINCT FROM (OLD.id, OLD.organisation_id, OLD.member_id, OLD.provider, OLD.purpose, OLD.pack_id,
        OLD.subscription_id, OLD.bill_id, OLD.amount_credits, OLD.net_cents, OLD.tax_cents, OLD.created_at) THEN
        PERFORM billing_refuse('payment_is_as_asked', 'what was asked for is paid, and nothing else');
    END IF;
    IF OLD.checkout_id <> '' AND NEW.checkout_id <> OLD.checkout_id OR OLD.status = 'paid' AND
        (NEW.capture_id, NEW.journal_id, NEW.paid_at) IS DISTINCT FROM
        (OLD.capture_id, OLD.journal_id, OLD.paid_at) THEN
        PERFORM billing_refuse('payment_is_found_again', 'what the provider called it stays');
    END IF;
    IF NEW.status <> OLD.status AND NOT (OLD.status, NEW.status) IN (
        ('created', 'pending'), ('created', 'paid'), ('created', 'failed'), ('created', 'expired'),
        ('pending', 'paid'), ('pending', 'failed'), ('pending', 'expired'),
        ('failed', 'paid'), ('expired', 'paid')) THEN
        PERFORM billing_refuse('payment_moves_forwards', 'a payment does not become what it was');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_moves_on BEFORE UPDATE ON billing_payment
    FOR EACH ROW EXECUTE FUNCTION billing_guard_payment();
CREATE TRIGGER payment_is_kept BEFORE DELETE OR TRUNCATE ON billing_payment
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();

CREATE FUNCTION billing_check_payment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    posted_key text := (SELECT key FROM billing_journal WHERE id = NEW.journal_id);
    posted record;
BEGIN
    SELECT coalesce(sum(amount) FILTER (WHERE kind = 'clearing' AND account.provider = NEW.provider), 0) AS total,
        coalesce(sum(amount) FILTER (WHERE unit = 'usd_cents' AND kind LIKE 'unearned%'), 0) AS net,
        coalesce(sum(amount) FILTER (WHERE unit = 'usd_cents' AND kind = 'tax'), 0) AS tax,
        coalesce(sum(amount) FILTER (WHERE organisation_id = NEW.organisation_id), 0) AS credits
    INTO posted FROM billing_entry JOIN billing_account account ON account.id = account_id
    WHERE journal_id = NEW.journal_id;
    IF posted_key IS DISTINCT FROM NEW.provider
        || (CASE NEW.provider WHEN 'paypal' THEN ':capture:' ELSE ':pi:' END) || NEW.capture_id
        OR (posted.total, posted.net, posted.tax, posted.credits) IS DISTINCT FROM
        (NEW.net_cents + NEW.tax_cents, -NEW.net_cents, -NEW.tax_cents, NEW.amount_credits) THEN
        PERFORM billing_refuse('payment_is_posted_as_paid', 'the journal is of another payment');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payment_has_its_journal AFTER INSERT OR UPDATE OF journal_id ON billing_payment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.journal_id IS NOT NULL)
    EXECUTE FUNCTION billing_check_payment();
"""

# Who agreed, agreed to these terms: others want a consent of their own.
RECHARGES = """
CREATE FUNCTION billing_guard_recharge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.is_on AND NEW.consented_at IS NOT DISTINCT FROM OLD.consented_at AND
        (NEW.organisation_id, NEW.provider, NEW.pack_code, NEW.below_credits, NEW.most_a_day, NEW.consented_by_id,
         NEW.consent_version) IS DISTINCT FROM (OLD.organisation_id, OLD.provider, OLD.pack_code,
         OLD.below_credits, OLD.most_a_day, OLD.consented_by_id, OLD.consent_version) THEN
        PERFORM billing_refuse('recharge_as_agreed', 'other terms are agreed to anew');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER recharge_keeps_its_terms BEFORE UPDATE ON billing_autorecharge
    FOR EACH ROW EXECUTE FUNCTION billing_guard_recharge();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0010_guards_of_invoices")]
    operations = [
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                condition=Q(purpose="recharge", status__in=["created", "pending"]),
                fields=("organisation",),
                name="recharge_one_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="autorecharge",
            constraint=models.CheckConstraint(
                condition=Q(is_on=False) | Q(declines__lt=2), name="recharge_ends_with_two_declines"
            ),
        ),
        migrations.RunSQL(PAYMENTS),
        migrations.RunSQL(RECHARGES),
    ]
