"""What came in for a payment in another amount is counted once, as a payment of its own that names the one it was for."""

import django.db.models.deletion
from django.db import migrations, models

PAYMENTS = """
CREATE OR REPLACE FUNCTION billing_guard_payment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.organisation_id, NEW.member_id, NEW.provider, NEW.purpose, NEW.pack_id, NEW.subscription_id,
        NEW.bill_id, NEW.amount_credits, NEW.net_cents, NEW.tax_cents, NEW.created_at,
        NEW.instead_of_id)
        IS DISTINCT FROM (OLD.id, OLD.organisation_id, OLD.member_id, OLD.provider, OLD.purpose, OLD.pack_id,
        OLD.subscription_id, OLD.bill_id, OLD.amount_credits, OLD.net_cents, OLD.tax_cents, OLD.created_at,
        OLD.instead_of_id) THEN
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
    IF NEW.status = 'paid' AND OLD.status <> 'paid'
        AND EXISTS (SELECT FROM billing_payment counted WHERE counted.instead_of_id = NEW.id) THEN
        PERFORM billing_refuse('payment_counts_once', 'what came in was counted as another payment');
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION billing_guard_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM billing_payment asked WHERE asked.id = NEW.instead_of_id AND asked.status <> 'paid'
        AND asked.instead_of_id IS NULL AND asked.organisation_id = NEW.organisation_id
        AND asked.provider = NEW.provider FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM billing_refuse('payment_stands_for_one_unpaid', 'it is counted for what was not paid as asked');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_stands_for_one_unpaid BEFORE INSERT ON billing_payment
    FOR EACH ROW WHEN (NEW.instead_of_id IS NOT NULL) EXECUTE FUNCTION billing_guard_counted();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0030_rates_of_postal_codes")]
    operations = [
        migrations.AddField(
            model_name="payment",
            name="instead_of",
            field=models.OneToOneField(
                blank=True,
                help_text="What was asked for, where another amount came in and a person had it counted as this.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="counted_as",
                to="billing.payment",
            ),
        ),
        migrations.RunSQL(PAYMENTS),
    ]
