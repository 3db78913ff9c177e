"""What happens to a bought lead inside an organisation: assignments, territories, work areas, outcomes."""

from django.db import migrations

OUTCOMES = """
CREATE FUNCTION marketplace_guard_outcome() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM marketplace_purchase bought JOIN marketplace_claim claim ON claim.id = bought.claim_id
        JOIN accounts_membership member ON member.organisation_id = bought.organisation_id
        WHERE bought.id = NEW.sale_id AND bought.lead_id = NEW.lead_id AND claim.state = 'sold'
          AND member.user_id = NEW.marked_by_id AND member.role <> 'viewer') THEN
        PERFORM marketplace_refuse('outcome_of_a_sale', 'only its buyers say what became of a sale');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER outcome_of_a_sale BEFORE INSERT ON leads_outcome
    FOR EACH ROW EXECUTE FUNCTION marketplace_guard_outcome();
"""

WORK_AREAS = """
CREATE TRIGGER work_area_is_written_once BEFORE UPDATE OR DELETE ON marketplace_workarea
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
"""

# Who works on a purchase, as the database allows it. An assignment is what its newest handover says. A handover
# by hand or in turn is an owner's, or by hand the holder's own; it stays within the organisation. Whose turn it
# is is computed here, one turn at a time, so that no two purchases are given the same one.
ASSIGNMENT_GUARDS = """
CREATE FUNCTION marketplace_next_in_turn(bought marketplace_purchase, rule text) RETURNS uuid LANGUAGE plpgsql AS $$
BEGIN
    -- Who waits here counts what the one before was given.
    PERFORM pg_advisory_xact_lock(hashtextextended('marketplace turn of ' || bought.organisation_id, 0));
    RETURN (
        SELECT member.id FROM accounts_membership member JOIN accounts_user person ON person.id = member.user_id
        WHERE member.organisation_id = bought.organisation_id AND member.role <> 'viewer' AND person.is_active
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
CREATE FUNCTION marketplace_with_its_copies(bought marketplace_purchase) RETURNS uuid LANGUAGE sql AS $$
    SELECT assigned.member_id FROM marketplace_claim mine
    JOIN marketplace_claim copy ON copy.bundle = mine.bundle AND copy.id <> mine.id
    JOIN marketplace_purchase sibling ON sibling.claim_id = copy.id
    JOIN marketplace_assignment assigned ON assigned.purchase_id = sibling.id
    WHERE mine.id = bought.claim_id AND assigned.member_id IS NOT NULL
      AND EXISTS (SELECT FROM marketplace_handover WHERE purchase_id = sibling.id)
    LIMIT 1
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
CREATE FUNCTION marketplace_works(wanted uuid, within uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM accounts_membership member JOIN accounts_user person ON person.id = member.user_id
        WHERE member.id = wanted AND member.organisation_id = within AND member.role <> 'viewer' AND person.is_active)
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
CREATE TRIGGER handover_guard BEFORE INSERT ON marketplace_handover
    FOR EACH ROW EXECUTE FUNCTION marketplace_guard_handover();
CREATE FUNCTION marketplace_follow_handover() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE marketplace_assignment SET member_id = NEW.to_member_id WHERE purchase_id = NEW.purchase_id;
    RETURN NULL;
END $$;
CREATE TRIGGER handover_moves_the_assignment AFTER INSERT ON marketplace_handover
    FOR EACH ROW EXECUTE FUNCTION marketplace_follow_handover();
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

# Territories: whose ground is whose, how much of it a plan lets an organisation call its own, and since when.
TERRITORIES = """
CREATE FUNCTION marketplace_guard_territory() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_new boolean := TG_OP = 'INSERT';
BEGIN
    IF NEW.membership_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM accounts_membership
        WHERE id = NEW.membership_id AND organisation_id = NEW.organisation_id) THEN
        PERFORM marketplace_refuse('territory_of_its_member', 'the agent is of another organisation');
    END IF;
    IF NOT is_new AND (NEW.id, NEW.organisation_id) IS DISTINCT FROM (OLD.id, OLD.organisation_id) THEN
        PERFORM marketplace_refuse('territory_of_its_member', 'a territory does not change hands');
    END IF;
    IF is_new OR (NEW.covered_zips, NEW.area, NEW.has_early_access)
                 IS DISTINCT FROM (OLD.covered_zips, OLD.area, OLD.has_early_access) THEN
        NEW.since := core_clock();
    ELSE
        NEW.since := OLD.since;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER territory_of_its_member BEFORE INSERT OR UPDATE ON marketplace_territory
    FOR EACH ROW EXECUTE FUNCTION marketplace_guard_territory();
CREATE FUNCTION marketplace_limit_territories() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := core_clock();
    owned record;
BEGIN
    -- The organisation's row is the turnstile: its territories are counted while no other one is written.
    PERFORM FROM accounts_organisation WHERE id = NEW.organisation_id FOR NO KEY UPDATE;
    SELECT count(*) AS number, sum(cardinality(covered_zips)) AS zips, sum(square_miles) AS miles INTO owned
        FROM marketplace_territory WHERE organisation_id = NEW.organisation_id;
    IF owned.number > marketplace_entitlement(NEW.organisation_id, 'territories', 3, moment) THEN
        PERFORM marketplace_refuse('territory_count_within_plan', 'as many territories as the plan allows');
    END IF;
    IF owned.zips > marketplace_entitlement(NEW.organisation_id, 'territory_zips', 200, moment)
       OR owned.miles > marketplace_entitlement(NEW.organisation_id, 'territory_square_miles', 1000, moment) THEN
        PERFORM marketplace_refuse('territory_size_within_plan', 'as much ground as the plan allows');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER territory_within_plan AFTER INSERT OR UPDATE OF covered_zips, square_miles ON marketplace_territory
    FOR EACH ROW EXECUTE FUNCTION marketplace_limit_territories();
CREATE FUNCTION marketplace_territories_at(zip text, latitude float8, longitude float8)
RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    SELECT id FROM marketplace_territory WHERE covered_zips @> ARRAY[zip]::varchar[]
    UNION
    SELECT territory_id FROM marketplace_territoryoutline WHERE outline @> point(longitude, latitude)
$$;
"""


class Migration(migrations.Migration):
    replaces = [
        ("marketplace", "0019_outcomes"),
        ("marketplace", "0024_work_areas"),
        ("marketplace", "0028_assignment_guards"),
        ("marketplace", "0029_territories"),
        ("marketplace", "0035_assigned_by_territory"),
    ]
    dependencies = [
        ("accounts", "0001_models"),
        ("core", "0001_database_clock"),
        ("leads", "0001_models"),
        ("marketplace", "0004_guards_of_waiting"),
    ]
    operations = [
        migrations.RunSQL(OUTCOMES),
        migrations.RunSQL(WORK_AREAS),
        migrations.RunSQL(ASSIGNMENT_GUARDS),
        migrations.RunSQL(TERRITORIES),
    ]
