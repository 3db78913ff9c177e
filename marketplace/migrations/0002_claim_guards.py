"""The life of a claim, as the database allows it (design §4.1-8).

Every clock below is ``core_clock()``, read after the locks are held. Each refusal carries a constraint name,
which ``marketplace.errors`` turns into a sentence.
"""

from django.db import migrations

REFUSE = """
CREATE FUNCTION marketplace_refuse(reason text, says text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', says USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = reason;
END $$;

CREATE FUNCTION marketplace_entitlement(organisation uuid, wanted text, otherwise integer, moment timestamptz)
RETURNS integer LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        SELECT value FROM accounts_entitlement
        WHERE organisation_id = organisation AND key = wanted AND (until IS NULL OR until > moment)), otherwise)
$$;

CREATE FUNCTION marketplace_require_saleable(claimed_lead uuid, moment timestamptz)
RETURNS marketplace_listing LANGUAGE plpgsql AS $$
DECLARE
    listing marketplace_listing;
    lead_state text;
BEGIN
    SELECT * INTO listing FROM marketplace_listing WHERE lead_id = claimed_lead FOR SHARE;
    SELECT state INTO lead_state FROM leads_lead WHERE id = claimed_lead FOR SHARE;
    IF lead_state IS DISTINCT FROM 'active' OR listing.lead_id IS NULL OR listing.delisted_at IS NOT NULL
       OR NOT leads_may_list(claimed_lead, moment) THEN
        PERFORM marketplace_refuse('claim_lead_withdrawn', 'the lead is not offered');
    END IF;
    RETURN listing;
END $$;
"""

HOLD = """
CREATE FUNCTION marketplace_start_hold(claim marketplace_claim) RETURNS marketplace_claim LANGUAGE plpgsql AS $$
DECLARE
    cart marketplace_cart;
    listing marketplace_listing;
    moment timestamptz;
    hold_minutes integer;
    ends timestamptz;
BEGIN
    IF claim.state <> 'held' OR claim.journal_id IS NOT NULL THEN
        PERFORM marketplace_refuse('claim_starts_held', 'a claim starts as a hold');
    END IF;
    -- The cart row is the member's turnstile: quotas below are counted while nobody else of the cart moves.
    SELECT * INTO cart FROM marketplace_cart
        WHERE id = claim.cart_id AND membership_id = claim.membership_id FOR UPDATE;
    IF cart.id IS NULL OR NOT EXISTS (
        SELECT FROM accounts_membership WHERE id = claim.membership_id
           AND organisation_id = claim.organisation_id AND role <> 'reader') THEN
        PERFORM marketplace_refuse('claim_by_its_member', 'the cart is not this buyer''s');
    END IF;
    IF NOT EXISTS (SELECT FROM marketplace_leadslot
                   WHERE id = claim.slot_id AND lead_id = claim.lead_id AND closed_at IS NULL) THEN
        PERFORM marketplace_refuse('claim_slot_closed', 'the copy is closed');
    END IF;
    listing := marketplace_require_saleable(claim.lead_id, core_clock());
    moment := core_clock();
    IF listing.opens_at > moment THEN
        PERFORM marketplace_refuse('claim_not_open_yet', 'the lead is not open yet');
    END IF;
    IF claim.quote_id <> listing.quote_id THEN
        PERFORM marketplace_refuse('claim_at_the_listed_price', 'the price has changed');
    END IF;
    IF (SELECT count(*) FROM marketplace_claim live WHERE live.cart_id = claim.cart_id
            AND live.state = 'held' AND live.during @> moment)
       >= marketplace_entitlement(claim.organisation_id, 'live_holds', 5, moment) THEN
        PERFORM marketplace_refuse('claim_quota', 'as many holds as the plan allows are running');
    END IF;
    IF EXISTS (SELECT FROM marketplace_claim earlier WHERE earlier.lead_id = claim.lead_id
            AND earlier.organisation_id = claim.organisation_id AND earlier.state IN ('held', 'released')
            AND upper(earlier.during) <= moment AND upper(earlier.during) > moment - interval '10 minutes') THEN
        PERFORM marketplace_refuse('claim_pause', 'ten minutes must pass before holding the same lead again');
    END IF;

    IF cart.ends_at IS NULL OR cart.ends_at <= moment THEN
        cart.started_at := moment;
        cart.ends_at := moment + make_interval(
            mins => marketplace_entitlement(claim.organisation_id, 'cart_minutes', 15, moment));
        UPDATE marketplace_cart SET started_at = cart.started_at, ends_at = cart.ends_at WHERE id = cart.id;
    END IF;
    hold_minutes := marketplace_entitlement(claim.organisation_id, 'hold_minutes', 5, moment);
    ends := least(moment + make_interval(mins => hold_minutes), cart.ends_at);
    claim.during := tstzrange(moment, ends);
    claim.max_until := CASE marketplace_entitlement(claim.organisation_id, 'may_extend', 0, moment)
        WHEN 0 THEN ends ELSE cart.ends_at END;
    claim.list_price_credits := listing.price_credits;
    claim.price_credits := greatest(1, round(listing.price_credits * (
        100 - marketplace_entitlement(claim.organisation_id, 'discount_percent', 0, moment)) / 100.0));
    RETURN claim;
END $$;
"""

CHANGE = """
CREATE FUNCTION marketplace_change_claim(old_claim marketplace_claim, claim marketplace_claim)
RETURNS marketplace_claim LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := core_clock();
    step text := old_claim.state || ' to ' || claim.state;
BEGIN
    IF (claim.id, claim.lead_id, claim.slot_id, claim.organisation_id, claim.membership_id, claim.cart_id,
        claim.bundle, claim.max_until, claim.quote_id, claim.list_price_credits, claim.price_credits)
       IS DISTINCT FROM
       (old_claim.id, old_claim.lead_id, old_claim.slot_id, old_claim.organisation_id, old_claim.membership_id,
        old_claim.cart_id, old_claim.bundle, old_claim.max_until, old_claim.quote_id,
        old_claim.list_price_credits, old_claim.price_credits)
       OR lower(claim.during) IS DISTINCT FROM lower(old_claim.during)
       OR (old_claim.journal_id IS NOT NULL AND claim.journal_id IS DISTINCT FROM old_claim.journal_id) THEN
        PERFORM marketplace_refuse('claim_written_once', 'what a claim is cannot change');
    END IF;
    IF step NOT IN ('held to held', 'held to released', 'held to sold', 'sold to returned') THEN
        PERFORM marketplace_refuse('claim_step', 'a claim cannot go from ' || step);
    END IF;
    IF old_claim.state = 'held' AND upper(old_claim.during) <= moment THEN
        PERFORM marketplace_refuse('claim_expired', 'the hold has ended');
    END IF;
    CASE step
    WHEN 'held to held' THEN
        IF upper(claim.during) IS NULL OR upper(claim.during) < upper(old_claim.during)
           OR upper(claim.during) > old_claim.max_until THEN
            PERFORM marketplace_refuse('claim_extension', 'the hold cannot be moved there');
        END IF;
    WHEN 'held to released' THEN
        claim.during := tstzrange(lower(old_claim.during), moment);
    WHEN 'held to sold' THEN
        PERFORM marketplace_require_saleable(claim.lead_id, moment);
        IF NOT EXISTS (
            SELECT FROM billing_journal journal
            JOIN billing_entry entry ON entry.journal_id = journal.id
            JOIN billing_account account ON account.id = entry.account_id
            WHERE journal.id = claim.journal_id AND journal.key = 'buy:' || claim.id
              AND account.organisation_id = claim.organisation_id AND account.code = 'wallet'
              AND account.unit = 'credits' AND entry.amount = -claim.price_credits) THEN
            PERFORM marketplace_refuse('claim_paid_by_its_journal', 'the claim''s own journal must pay for it');
        END IF;
        claim.during := tstzrange(lower(old_claim.during), NULL);
    WHEN 'sold to returned' THEN
        claim.during := old_claim.during;
    END CASE;
    RETURN claim;
END $$;

CREATE FUNCTION marketplace_guard_claim() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        RETURN marketplace_start_hold(NEW);
    END IF;
    RETURN marketplace_change_claim(OLD, NEW);
END $$;
CREATE TRIGGER claim_guard BEFORE INSERT OR UPDATE ON marketplace_claim
    FOR EACH ROW EXECUTE FUNCTION marketplace_guard_claim();
CREATE TRIGGER claim_is_kept BEFORE DELETE OR TRUNCATE ON marketplace_claim
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
"""

SALE = """
CREATE FUNCTION marketplace_count_copies() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'held' AND NEW.state = 'sold' THEN
        UPDATE marketplace_listing SET copies_left = copies_left - 1 WHERE lead_id = NEW.lead_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER claim_counts_copies AFTER UPDATE ON marketplace_claim
    FOR EACH ROW EXECUTE FUNCTION marketplace_count_copies();

CREATE FUNCTION marketplace_check_sale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'sold' AND NOT EXISTS (
        SELECT FROM marketplace_purchase WHERE claim_id = NEW.id AND price_credits = NEW.price_credits
            AND organisation_id = NEW.organisation_id AND lead_id = NEW.lead_id) THEN
        PERFORM marketplace_refuse('sale_has_its_purchase', 'a sale needs its purchase');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER sale_has_its_purchase AFTER UPDATE ON marketplace_claim
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION marketplace_check_sale();

CREATE FUNCTION marketplace_guard_purchase() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM marketplace_claim WHERE id = NEW.claim_id AND state = 'sold'
            AND organisation_id = NEW.organisation_id AND lead_id = NEW.lead_id
            AND price_credits = NEW.price_credits) THEN
        PERFORM marketplace_refuse('purchase_of_a_sold_claim', 'a purchase stands for a sold claim');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER purchase_of_a_sold_claim BEFORE INSERT ON marketplace_purchase
    FOR EACH ROW EXECUTE FUNCTION marketplace_guard_purchase();
CREATE TRIGGER purchase_is_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON marketplace_purchase
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER passport_is_written_once BEFORE UPDATE OR DELETE ON marketplace_passport
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER slot_is_kept BEFORE DELETE OR TRUNCATE ON marketplace_leadslot
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
"""

LISTING = """
CREATE FUNCTION marketplace_guard_listing() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := core_clock();
BEGIN
    IF NEW.delisted_at IS NOT NULL OR (TG_OP = 'UPDATE' AND OLD.delisted_at IS NULL AND pg_trigger_depth() > 1) THEN
        RETURN NEW;
    END IF;
    IF NOT leads_may_list(NEW.lead_id, moment)
       OR (SELECT state FROM leads_lead WHERE id = NEW.lead_id FOR SHARE) IS DISTINCT FROM 'active' THEN
        PERFORM marketplace_refuse('listing_needs_a_right', 'no right allows this lead to be listed');
    END IF;
    NEW.right_until := leads_listing_right_ends(NEW.lead_id, moment);
    RETURN NEW;
END $$;
CREATE TRIGGER listing_needs_a_right BEFORE INSERT OR UPDATE ON marketplace_listing
    FOR EACH ROW EXECUTE FUNCTION marketplace_guard_listing();
"""

UNDO = """
DROP TRIGGER listing_needs_a_right ON marketplace_listing;
DROP FUNCTION marketplace_guard_listing();
DROP TRIGGER slot_is_kept ON marketplace_leadslot;
DROP TRIGGER passport_is_written_once ON marketplace_passport;
DROP TRIGGER purchase_is_written_once ON marketplace_purchase;
DROP TRIGGER purchase_of_a_sold_claim ON marketplace_purchase;
DROP FUNCTION marketplace_guard_purchase();
DROP TRIGGER sale_has_its_purchase ON marketplace_claim;
DROP FUNCTION marketplace_check_sale();
DROP TRIGGER claim_counts_copies ON marketplace_claim;
DROP FUNCTION marketplace_count_copies();
DROP TRIGGER claim_is_kept ON marketplace_claim;
DROP TRIGGER claim_guard ON marketplace_claim;
DROP FUNCTION marketplace_guard_claim();
DROP FUNCTION marketplace_change_claim(marketplace_claim, marketplace_claim);
DROP FUNCTION marketplace_start_hold(marketplace_claim);
DROP FUNCTION marketplace_require_saleable(uuid, timestamptz);
DROP FUNCTION marketplace_entitlement(uuid, text, integer, timestamptz);
DROP FUNCTION marketplace_refuse(text, text);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("marketplace", "0001_initial"),
        ("billing", "0002_ledger_guards"),
        ("leads", "0002_rights_decide_listing"),
    ]
    operations = [migrations.RunSQL(REFUSE + HOLD + CHANGE + SALE + LISTING, UNDO)]
