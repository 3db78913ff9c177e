"""By territory: a new purchase goes to the member in whose territory its offer lies.

Where several do, it is the turn of one of them; where nobody does, it stays with who bought it.
"""

from django.db import migrations, models


GUARDS = """
DROP FUNCTION marketplace_next_in_turn(marketplace_purchase);
CREATE FUNCTION marketplace_next_in_turn(bought marketplace_purchase, rule text) RETURNS uuid LANGUAGE plpgsql AS $$
BEGIN
    -- Who waits here counts what the one before was given.
    PERFORM pg_advisory_xact_lock(hashtextextended('marketplace turn of ' || bought.organisation_id, 0));
    RETURN (
        SELECT member.id FROM accounts_membership member JOIN accounts_user person ON person.id = member.user_id
        WHERE member.organisation_id = bought.organisation_id AND member.role <> 'reader' AND person.is_active
          AND (rule <> 'territory' OR member.id IN (
            SELECT territory.membership_id FROM marketplace_listing listing
            CROSS JOIN LATERAL marketplace_territories_at(listing.zip_code, listing.latitude, listing.longitude) lies(id)
            JOIN marketplace_territory territory ON territory.id = lies.id
            WHERE listing.lead_id = bought.lead_id AND territory.organisation_id = bought.organisation_id))
        ORDER BY (
            SELECT count(DISTINCT other.lead_id) FROM marketplace_assignment assigned
            JOIN marketplace_purchase other ON other.id = assigned.purchase_id
            WHERE assigned.member_id = member.id AND assigned.is_open AND other.lead_id <> bought.lead_id
        ), (
            SELECT max(given.assigned_at) FROM marketplace_handover given WHERE given.to_member_id = member.id
        ) NULLS FIRST, member.created_at, member.id
        LIMIT 1);
END $$;

CREATE OR REPLACE FUNCTION marketplace_with_its_copies(bought marketplace_purchase) RETURNS uuid LANGUAGE sql AS $$
    SELECT assigned.member_id FROM marketplace_claim mine
    JOIN marketplace_claim copy ON copy.bundle = mine.bundle AND copy.id <> mine.id
    JOIN marketplace_purchase sibling ON sibling.claim_id = copy.id
    JOIN marketplace_assignment assigned ON assigned.purchase_id = sibling.id
    WHERE mine.id = bought.claim_id AND assigned.member_id IS NOT NULL
      AND EXISTS (SELECT FROM marketplace_handover WHERE purchase_id = sibling.id)
    LIMIT 1
$$;

CREATE OR REPLACE FUNCTION marketplace_guard_handover() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    bought marketplace_purchase;
    -- The rule's own handover comes from the trigger of the purchase.
    is_by_rule boolean := NEW.how IN ('turn', 'territory') AND NEW.by_id IS NULL AND pg_trigger_depth() > 1;
BEGIN
    SELECT * INTO bought FROM marketplace_purchase WHERE id = NEW.purchase_id;
    SELECT member_id INTO NEW.from_member_id FROM marketplace_assignment
        WHERE purchase_id = NEW.purchase_id FOR UPDATE;
    IF NOT is_by_rule THEN
        PERFORM marketplace_require_handing(NEW, bought);
    END IF;
    IF NEW.how IN ('turn', 'territory') AND NOT (is_by_rule AND NEW.to_member_id IS NOT NULL) THEN
        NEW.to_member_id := marketplace_next_in_turn(bought, NEW.how);
    END IF;
    IF is_by_rule AND NEW.to_member_id IS NULL THEN
        RETURN NULL;  -- Nobody works there: it stays with who bought it.
    END IF;
    IF NEW.how <> 'left' AND NOT marketplace_works(NEW.to_member_id, bought.organisation_id) THEN
        PERFORM marketplace_refuse('handover_within_the_organisation', 'nobody of the organisation who buys');
    END IF;
    NEW.assigned_at := core_clock();
    RETURN NEW;
END $$;
"""

UNDO = """
DROP FUNCTION marketplace_next_in_turn(marketplace_purchase, text);
CREATE FUNCTION marketplace_next_in_turn(bought marketplace_purchase) RETURNS uuid LANGUAGE plpgsql AS $$
BEGIN
    -- Who waits here counts what the one before was given.
    PERFORM pg_advisory_xact_lock(hashtextextended('marketplace turn of ' || bought.organisation_id, 0));
    RETURN (
        SELECT member.id FROM accounts_membership member JOIN accounts_user person ON person.id = member.user_id
        WHERE member.organisation_id = bought.organisation_id AND member.role <> 'reader' AND person.is_active
        ORDER BY (
            SELECT count(DISTINCT other.lead_id) FROM marketplace_assignment assigned
            JOIN marketplace_purchase other ON other.id = assigned.purchase_id
            WHERE assigned.member_id = member.id AND assigned.is_open AND other.lead_id <> bought.lead_id
        ), (
            SELECT max(given.assigned_at) FROM marketplace_handover given WHERE given.to_member_id = member.id
        ) NULLS FIRST, member.created_at, member.id
        LIMIT 1);
END $$;

CREATE OR REPLACE FUNCTION marketplace_with_its_copies(bought marketplace_purchase) RETURNS uuid LANGUAGE sql AS $$
    SELECT assigned.member_id FROM marketplace_claim mine
    JOIN marketplace_claim copy ON copy.bundle = mine.bundle AND copy.id <> mine.id
    JOIN marketplace_purchase sibling ON sibling.claim_id = copy.id
    JOIN marketplace_assignment assigned ON assigned.purchase_id = sibling.id
    WHERE mine.id = bought.claim_id AND assigned.member_id IS NOT NULL LIMIT 1
$$;

CREATE OR REPLACE FUNCTION marketplace_guard_handover() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    bought marketplace_purchase;
    -- The rule's own handover comes from the trigger of the purchase.
    is_by_rule boolean := NEW.how = 'turn' AND NEW.by_id IS NULL AND pg_trigger_depth() > 1;
BEGIN
    SELECT * INTO bought FROM marketplace_purchase WHERE id = NEW.purchase_id;
    SELECT member_id INTO NEW.from_member_id FROM marketplace_assignment
        WHERE purchase_id = NEW.purchase_id FOR UPDATE;
    IF NOT is_by_rule THEN
        PERFORM marketplace_require_handing(NEW, bought);
    END IF;
    IF NEW.how = 'turn' AND NOT (is_by_rule AND NEW.to_member_id IS NOT NULL) THEN
        NEW.to_member_id := marketplace_next_in_turn(bought);
    END IF;
    IF is_by_rule AND NEW.to_member_id IS NULL THEN
        RETURN NULL;  -- Nobody works there by now: a sale does not fail for that.
    END IF;
    IF NEW.how <> 'left' AND NOT marketplace_works(NEW.to_member_id, bought.organisation_id) THEN
        PERFORM marketplace_refuse('handover_within_the_organisation', 'nobody of the organisation who buys');
    END IF;
    NEW.assigned_at := core_clock();
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_early_minutes'),
        ('marketplace', '0034_delivery_guards'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='assignmentpolicy',
            name='assignment_rule_known',
        ),
        migrations.RemoveConstraint(
            model_name='handover',
            name='handover_how_known',
        ),
        migrations.AlterField(
            model_name='assignmentpolicy',
            name='rule',
            field=models.CharField(choices=[('off', 'Stays with who bought it'), ('turn', 'In turn'), ('territory', 'By territory')], default='off', max_length=10),
        ),
        migrations.AlterField(
            model_name='handover',
            name='how',
            field=models.CharField(choices=[('hand', 'by hand'), ('turn', 'in turn'), ('territory', 'by territory'), ('left', 'who had it left')], max_length=10),
        ),
        migrations.AddConstraint(
            model_name='assignmentpolicy',
            constraint=models.CheckConstraint(condition=models.Q(('rule__in', ['off', 'turn', 'territory'])), name='assignment_rule_known'),
        ),
        migrations.AddConstraint(
            model_name='handover',
            constraint=models.CheckConstraint(condition=models.Q(('how__in', ['hand', 'turn', 'territory', 'left'])), name='handover_how_known'),
        ),
        migrations.RunSQL(GUARDS, UNDO),
    ]
