"""No credits are taken for a lead that is not sold by it: a ``buy:`` journal is the journal of its sold claim."""

from django.db import migrations

PAYMENTS = """
CREATE FUNCTION marketplace_check_payment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM marketplace_claim WHERE journal_id = NEW.id AND NEW.key = 'buy:' || id) THEN
        PERFORM marketplace_refuse('payment_buys_its_claim', 'a payment for a lead sells it');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payment_buys_its_claim AFTER INSERT ON billing_journal
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.key LIKE 'buy:%')
    EXECUTE FUNCTION marketplace_check_payment();
"""

UNDO = """
DROP TRIGGER payment_buys_its_claim ON billing_journal;
DROP FUNCTION marketplace_check_payment();
"""


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0021_crm_matches")]
    operations = [migrations.RunSQL(PAYMENTS, UNDO)]
