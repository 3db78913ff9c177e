"""Who works on a purchase, as the database allows it.

An assignment is what its newest handover says. A handover by hand or in turn is an owner's, or by hand the holder's
own; it stays within the organisation. Whose turn it is is computed here, one turn at a time, so that no two purchases
are given the same one.
"""

from django.db import migrations

TURN = """
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

CREATE FUNCTION marketplace_with_its_copies(bought marketplace_purchase) RETURNS uuid LANGUAGE sql AS $$
    SELECT assigned.member_id FROM marketplace_claim mine
    JOIN marketplace_claim copy ON copy.bundle = mine.bundle AND copy.id <> mine.id
    JOIN marketplace_purchase sibling ON sibling.claim_id = copy.id
    JOIN marketplace_assignment assigned ON assigned.purchase_id = sibling.id
    WHERE mine.id = bought.claim_id AND assigned.member_id IS NOT NULL LIMIT 1
$$;

CREATE FUNCTION marketplace_open_assignment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO marketplace_assignment (purchase_id, member_id, is_open) VALUES (NEW.id, NEW.membership_id, true);
    INSERT INTO marketplace_handover (purchase_id, to_member_id, how, reason)
    SELECT NEW.id, marketplace_with_its_copies(NEW), rule, ''
    FROM marketplace_assignmentpolicy WHERE organisation_id = NEW.organisation_id AND rule <> 'off';
    RETURN NULL;
END $$;
CREATE TRIGGER purchase_opens_its_assignment AFTER INSERT ON marketplace_purchase
    FOR EACH ROW EXECUTE FUNCTION marketplace_open_assignment();
"""

HANDOVER = """
CREATE FUNCTION marketplace_works(wanted uuid, within uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM accounts_membership member JOIN accounts_user person ON person.id = member.user_id
        WHERE member.id = wanted AND member.organisation_id = within AND member.role <> 'reader' AND person.is_active)
$$;

CREATE FUNCTION marketplace_require_handing(wanted marketplace_handover, bought marketplace_purchase)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    is_owner boolean := EXISTS (SELECT FROM accounts_membership WHERE id = wanted.by_id AND role = 'owner');
BEGIN
    IF wanted.how = 'left' THEN
        IF wanted.by_id IS NOT NULL OR wanted.to_member_id IS NOT NULL
           OR marketplace_works(wanted.from_member_id, bought.organisation_id) THEN
            PERFORM marketplace_refuse('handover_of_who_left', 'who had it works here still');
        END IF;
        RETURN;
    END IF;
    IF NOT EXISTS (SELECT FROM marketplace_claim WHERE id = bought.claim_id AND state = 'sold') THEN
        PERFORM marketplace_refuse('handover_of_a_standing_sale', 'the purchase came back');
    END IF;
    IF NOT marketplace_works(wanted.by_id, bought.organisation_id)
       OR NOT (is_owner OR wanted.how = 'hand' AND wanted.from_member_id IS NOT DISTINCT FROM wanted.by_id) THEN
        PERFORM marketplace_refuse('handover_by_who_may', 'an owner hands it over, or who has it');
    END IF;
END $$;

CREATE FUNCTION marketplace_guard_handover() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER handover_guard BEFORE INSERT ON marketplace_handover
    FOR EACH ROW EXECUTE FUNCTION marketplace_guard_handover();

CREATE FUNCTION marketplace_follow_handover() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE marketplace_assignment SET member_id = NEW.to_member_id WHERE purchase_id = NEW.purchase_id;
    RETURN NULL;
END $$;
CREATE TRIGGER handover_moves_the_assignment AFTER INSERT ON marketplace_handover
    FOR EACH ROW EXECUTE FUNCTION marketplace_follow_handover();

CREATE TRIGGER handover_is_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON marketplace_handover
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
"""

ASSIGNMENT = """
CREATE FUNCTION marketplace_is_open(wanted uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT claim.state = 'sold' AND coalesce((
        SELECT outcome.status NOT IN ('listed', 'lost') FROM leads_outcome outcome
        WHERE outcome.sale_id = wanted ORDER BY outcome.marked_at DESC, outcome.id DESC LIMIT 1), true)
    FROM marketplace_purchase bought JOIN marketplace_claim claim ON claim.id = bought.claim_id
    WHERE bought.id = wanted
$$;

CREATE FUNCTION marketplace_guard_assignment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    in_charge uuid;
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.purchase_id <> OLD.purchase_id THEN
        PERFORM marketplace_refuse('assignment_follows_its_handovers', 'an assignment is its purchase''s');
    END IF;
    SELECT to_member_id INTO in_charge FROM marketplace_handover
        WHERE purchase_id = NEW.purchase_id ORDER BY id DESC LIMIT 1;
    IF NOT FOUND THEN
        SELECT membership_id INTO in_charge FROM marketplace_purchase WHERE id = NEW.purchase_id;
    END IF;
    IF NEW.member_id IS DISTINCT FROM in_charge THEN
        PERFORM marketplace_refuse('assignment_follows_its_handovers', 'it is assigned by a handover');
    END IF;
    NEW.is_open := marketplace_is_open(NEW.purchase_id);
    RETURN NEW;
END $$;
CREATE TRIGGER assignment_follows_its_handovers BEFORE INSERT OR UPDATE ON marketplace_assignment
    FOR EACH ROW EXECUTE FUNCTION marketplace_guard_assignment();
CREATE TRIGGER assignment_is_kept BEFORE DELETE OR TRUNCATE ON marketplace_assignment
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();

CREATE FUNCTION marketplace_reopen_assignment(wanted uuid) RETURNS void LANGUAGE sql AS $$
    UPDATE marketplace_assignment SET is_open = NOT is_open
    WHERE purchase_id = wanted AND is_open <> marketplace_is_open(wanted)
$$;
CREATE FUNCTION marketplace_close_by_outcome() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM marketplace_reopen_assignment(NEW.sale_id);
    RETURN NULL;
END $$;
CREATE TRIGGER outcome_closes_the_assignment AFTER INSERT ON leads_outcome
    FOR EACH ROW EXECUTE FUNCTION marketplace_close_by_outcome();
CREATE FUNCTION marketplace_close_by_return() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM marketplace_reopen_assignment(id) FROM marketplace_purchase WHERE claim_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER return_closes_the_assignment AFTER UPDATE OF state ON marketplace_claim
    FOR EACH ROW WHEN (OLD.state = 'sold' AND NEW.state = 'returned')
    EXECUTE FUNCTION marketplace_close_by_return();
"""

BOUGHT_BEFORE = """
INSERT INTO marketplace_assignment (purchase_id, member_id, is_open)
    SELECT id, membership_id, true FROM marketplace_purchase;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""

UNDO = """
DROP TRIGGER return_closes_the_assignment ON marketplace_claim;
DROP FUNCTION marketplace_close_by_return();
DROP TRIGGER outcome_closes_the_assignment ON leads_outcome;
DROP FUNCTION marketplace_close_by_outcome();
DROP FUNCTION marketplace_reopen_assignment(uuid);
DROP TRIGGER assignment_is_kept ON marketplace_assignment;
DROP TRIGGER assignment_follows_its_handovers ON marketplace_assignment;
DROP FUNCTION marketplace_guard_assignment();
DROP FUNCTION marketplace_is_open(uuid);
DROP TRIGGER handover_is_written_once ON marketplace_handover;
DROP TRIGGER handover_moves_the_assignment ON marketplace_handover;
DROP FUNCTION marketplace_follow_handover();
DROP TRIGGER handover_guard ON marketplace_handover;
DROP FUNCTION marketplace_guard_handover();
DROP FUNCTION marketplace_require_handing(marketplace_handover, marketplace_purchase);
DROP FUNCTION marketplace_works(uuid, uuid);
DROP TRIGGER purchase_opens_its_assignment ON marketplace_purchase;
DROP FUNCTION marketplace_open_assignment();
DROP FUNCTION marketplace_with_its_copies(marketplace_purchase);
DROP FUNCTION marketplace_next_in_turn(marketplace_purchase);
DELETE FROM marketplace_handover;
DELETE FROM marketplace_assignment;
"""


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0027_assignments"), ("leads", "0023_outcomes")]
    operations = [migrations.RunSQL(TURN + HANDOVER + ASSIGNMENT + BOUGHT_BEFORE, UNDO)]
