"""Nobody spends more in a calendar month (UTC) than the cap that an owner gave them; what came back is not spent."""

from django.db import migrations

CAPS = """
CREATE FUNCTION marketplace_spent_by(member uuid, moment timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(bought.price_credits), 0) FROM marketplace_purchase bought
    JOIN marketplace_claim claim ON claim.id = bought.claim_id
    WHERE bought.membership_id = member AND claim.state = 'sold'
      AND bought.bought_at >= date_trunc('month', moment AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
$$;

CREATE FUNCTION marketplace_guard_member_cap() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    buyer record;
BEGIN
    FOR buyer IN
        SELECT DISTINCT member.id, member.organisation_id FROM bought
        JOIN accounts_membership member ON member.id = bought.membership_id AND member.cap_credits IS NOT NULL
    LOOP
        PERFORM FROM accounts_organisation WHERE id = buyer.organisation_id FOR NO KEY UPDATE;
        IF marketplace_spent_by(buyer.id, core_clock())
           > (SELECT cap_credits FROM accounts_membership WHERE id = buyer.id) THEN
            PERFORM marketplace_refuse('purchase_within_member_cap', 'more than this member may spend this month');
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER purchase_of_a_capped_member AFTER INSERT ON marketplace_purchase
    REFERENCING NEW TABLE AS bought FOR EACH STATEMENT EXECUTE FUNCTION marketplace_guard_member_cap();
"""

UNDO = """
DROP TRIGGER purchase_of_a_capped_member ON marketplace_purchase;
DROP FUNCTION marketplace_guard_member_cap();
DROP FUNCTION marketplace_spent_by(uuid, timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0018_guards_of_organisations"), ("marketplace", "0052_licences")]
    operations = [migrations.RunSQL(CAPS, UNDO)]
