"""A claim's own journal pays for it, out of whichever of the buyer's credits."""

from django.db import migrations

CLAIMS_ARE_PAID = """
CREATE OR REPLACE FUNCTION marketplace_require_payment(claim marketplace_claim) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sum(entry.amount) FROM billing_journal journal
        JOIN billing_entry entry ON entry.journal_id = journal.id
        JOIN billing_account account ON account.id = entry.account_id
        WHERE journal.id = claim.journal_id AND journal.key = 'buy:' || claim.id
          AND account.organisation_id = claim.organisation_id AND account.kind IN ('paid', 'granted')
       ) IS DISTINCT FROM -claim.price_credits THEN
        PERFORM marketplace_refuse('claim_paid_by_its_journal', 'the claim''s own journal must pay for it');
    END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0011_shared_purchases"), ("billing", "0004_guards_of_lots")]
    operations = [migrations.RunSQL(CLAIMS_ARE_PAID)]
