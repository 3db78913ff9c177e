"""Standing orders buy what was agreed to, within their caps, and leave half of the copies to people."""

from django.db import migrations

# What standing orders may not do, refused where their claims are written. An order buys only what it was agreed
# to, within its caps, while it is on; all orders together leave half of a region's leads of a day to people.
# Its claims are sold in the transaction that makes them and touch neither timer nor quota of the member's cart.
STANDING_ORDER_GUARDS = """
CREATE FUNCTION marketplace_order_terms(standing marketplace_standingorder) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'query', standing.query, 'territory', standing.territory_id, 'member', standing.membership_id,
        'most_credits_per_lead', standing.most_credits_per_lead,
        'daily_leads', standing.daily_leads, 'daily_credits', standing.daily_credits,
        'monthly_leads', standing.monthly_leads, 'monthly_credits', standing.monthly_credits)
$$;
CREATE FUNCTION marketplace_note_consent() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    standing marketplace_standingorder;
BEGIN
    SELECT * INTO standing FROM marketplace_standingorder WHERE id = NEW.order_id FOR SHARE;
    IF standing.membership_id IS DISTINCT FROM NEW.membership_id THEN
        PERFORM marketplace_refuse('order_by_its_member', 'who the order buys for has to agree');
    END IF;
    NEW.given_at := core_clock();
    NEW.terms := marketplace_order_terms(standing);
    RETURN NEW;
END $$;
CREATE TRIGGER order_by_its_member BEFORE INSERT ON marketplace_standingorderconsent
    FOR EACH ROW EXECUTE FUNCTION marketplace_note_consent();
CREATE TRIGGER consent_is_written_once BEFORE UPDATE OR DELETE ON marketplace_standingorderconsent
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
CREATE FUNCTION marketplace_guard_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND (NEW.state <> 'off' OR NEW.consent_id IS NOT NULL) THEN
        PERFORM marketplace_refuse('order_starts_off', 'an order starts off');
    END IF;
    IF TG_OP = 'UPDATE' AND ((NEW.id, NEW.organisation_id) IS DISTINCT FROM (OLD.id, OLD.organisation_id)
                             OR OLD.state = 'closed') THEN
        PERFORM marketplace_refuse('order_written_once', 'what an order is cannot change');
    END IF;
    IF NOT EXISTS (SELECT FROM accounts_membership WHERE id = NEW.membership_id
                   AND organisation_id = NEW.organisation_id)
       OR NEW.territory_id IS NOT NULL AND NOT EXISTS (
           SELECT FROM marketplace_territory
           WHERE id = NEW.territory_id AND organisation_id = NEW.organisation_id) THEN
        PERFORM marketplace_refuse('order_of_one_organisation', 'its member or territory is another''s');
    END IF;
    IF NEW.consent_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM marketplace_standingorderconsent
        WHERE id = NEW.consent_id AND order_id = NEW.id AND terms = marketplace_order_terms(NEW)) THEN
        PERFORM marketplace_refuse('order_as_agreed', 'these terms were not agreed to');
    END IF;
    NEW.on_since := CASE WHEN NEW.state <> 'on' THEN NULL
        WHEN TG_OP = 'UPDATE' AND OLD.state = 'on' AND OLD.consent_id = NEW.consent_id THEN OLD.on_since
        ELSE core_clock() END;
    RETURN NEW;
END $$;
CREATE TRIGGER order_as_agreed BEFORE INSERT OR UPDATE ON marketplace_standingorder
    FOR EACH ROW EXECUTE FUNCTION marketplace_guard_order();
CREATE TRIGGER order_is_kept BEFORE DELETE ON marketplace_standingorder
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
CREATE FUNCTION marketplace_require_caps(standing marketplace_standingorder, claim marketplace_claim)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    today timestamptz := date_trunc('day', lower(claim.during), 'UTC');
    spent record;
BEGIN
    SELECT count(*) AS monthly_leads, coalesce(sum(price_credits), 0) AS monthly_credits,
           count(*) FILTER (WHERE lower(during) >= today) AS daily_leads,
           coalesce(sum(price_credits) FILTER (WHERE lower(during) >= today), 0) AS daily_credits
        INTO spent FROM marketplace_claim
        WHERE standing_order_id = standing.id AND lower(during) >= date_trunc('month', lower(claim.during), 'UTC');
    IF claim.price_credits > standing.most_credits_per_lead THEN
        PERFORM marketplace_refuse('order_within_price', 'the lead costs more than the order pays');
    END IF;
    IF spent.daily_leads >= standing.daily_leads
       OR spent.daily_credits + claim.price_credits > standing.daily_credits
       OR spent.monthly_leads >= standing.monthly_leads
       OR spent.monthly_credits + claim.price_credits > standing.monthly_credits THEN
        PERFORM marketplace_refuse('order_within_caps', 'the order has bought as much as it may');
    END IF;
END $$;
CREATE FUNCTION marketplace_require_in_territory(standing marketplace_standingorder, claim marketplace_claim)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF standing.territory_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM marketplace_listing listing
        CROSS JOIN marketplace_territories_at(listing.zip_code, listing.latitude, listing.longitude) around
        WHERE listing.lead_id = claim.lead_id AND around = standing.territory_id) THEN
        PERFORM marketplace_refuse('order_within_territory', 'the lead lies outside the order''s territory');
    END IF;
END $$;
CREATE FUNCTION marketplace_guard_order_buys() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    standing marketplace_standingorder;
BEGIN
    -- The order's row is its turnstile: it is paused before or after a sale, and its purchases are counted one by one.
    SELECT * INTO standing FROM marketplace_standingorder WHERE id = NEW.standing_order_id FOR UPDATE;
    IF standing.state <> 'on'
       OR (standing.organisation_id, standing.membership_id) IS DISTINCT FROM (NEW.organisation_id, NEW.membership_id)
       OR EXISTS (
           SELECT FROM marketplace_territory territory
           JOIN marketplace_standingorderconsent consent ON consent.id = standing.consent_id
           WHERE territory.id = standing.territory_id AND territory.since > consent.given_at) THEN
        PERFORM marketplace_refuse('order_is_on', 'the order is not on');
    END IF;
    IF EXISTS (SELECT FROM marketplace_claim WHERE lead_id = NEW.lead_id AND organisation_id = NEW.organisation_id)
       OR EXISTS (
           SELECT FROM marketplace_crmmatch match JOIN marketplace_crmupload upload ON upload.id = match.upload_id
           WHERE match.listing_id = NEW.lead_id AND upload.organisation_id = NEW.organisation_id) THEN
        PERFORM marketplace_refuse('order_buys_what_is_new', 'the organisation has or had this lead, or its owner');
    END IF;
    PERFORM marketplace_require_in_territory(standing, NEW);
    PERFORM marketplace_require_caps(standing, NEW);
    RETURN NEW;
END $$;
-- Named to run after claim_guard, which sets the price, and before orders_leave_half, whose lock is the last one.
CREATE TRIGGER claim_within_its_order BEFORE INSERT ON marketplace_claim
    FOR EACH ROW WHEN (NEW.standing_order_id IS NOT NULL) EXECUTE FUNCTION marketplace_guard_order_buys();
CREATE FUNCTION marketplace_leave_half() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_lead marketplace_listing;
    today timestamptz;
    listed bigint;
    bought bigint;
BEGIN
    SELECT * INTO of_lead FROM marketplace_listing WHERE lead_id = NEW.lead_id;
    today := date_trunc('day', of_lead.opens_at, 'UTC');
    PERFORM pg_advisory_xact_lock(hashtextextended('orders ' || left(of_lead.zip_code, 3) || ' ' || today, 0));
    SELECT count(*) INTO listed FROM marketplace_listing listing
        WHERE left(listing.zip_code, 3) = left(of_lead.zip_code, 3)
        AND listing.opens_at >= today AND listing.opens_at < today + interval '1 day';
    SELECT count(DISTINCT claim.lead_id) INTO bought FROM marketplace_claim claim
        JOIN marketplace_listing listing USING (lead_id)
        WHERE claim.standing_order_id IS NOT NULL AND claim.lead_id <> NEW.lead_id
        AND left(listing.zip_code, 3) = left(of_lead.zip_code, 3)
        AND listing.opens_at >= today AND listing.opens_at < today + interval '1 day';
    IF 2 * (bought + 1) > listed THEN
        PERFORM marketplace_refuse('orders_leave_half', 'standing orders have half of the region''s leads of the day');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER orders_leave_half BEFORE INSERT ON marketplace_claim
    FOR EACH ROW WHEN (NEW.standing_order_id IS NOT NULL) EXECUTE FUNCTION marketplace_leave_half();
CREATE FUNCTION marketplace_check_order_sold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM marketplace_claim WHERE id = NEW.id AND state IN ('held', 'released')) THEN
        PERFORM marketplace_refuse('order_sells_at_once', 'what an order holds it buys in the same transaction');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER order_sells_at_once AFTER INSERT ON marketplace_claim DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.standing_order_id IS NOT NULL) EXECUTE FUNCTION marketplace_check_order_sold();
CREATE FUNCTION marketplace_keep_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM marketplace_refuse('claim_written_once', 'what a claim is cannot change');
    RETURN NULL;
END $$;
CREATE TRIGGER claim_keeps_its_order BEFORE UPDATE ON marketplace_claim
    FOR EACH ROW WHEN (OLD.standing_order_id IS DISTINCT FROM NEW.standing_order_id)
    EXECUTE FUNCTION marketplace_keep_order();
"""


class Migration(migrations.Migration):
    replaces = [
        ("marketplace", "0037_standing_order_guards"),
    ]
    dependencies = [
        ("accounts", "0001_models"),
        ("core", "0001_database_clock"),
        ("marketplace", "0005_guards_of_handing_on"),
    ]
    operations = [
        migrations.RunSQL(STANDING_ORDER_GUARDS),
    ]
