"""The life of a claim, from hold to sale, as the database allows it (design §4.1-8)."""

from django.db import migrations

# The life of a claim, as the database allows it (design §4.1-8). Every clock below is ``core_clock()``, read
# after the locks are held. Each refusal carries a constraint name, which ``marketplace.errors`` turns into a
# sentence.
CLAIM_GUARDS = """
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
CREATE FUNCTION marketplace_start_hold(claim marketplace_claim)
RETURNS marketplace_claim LANGUAGE plpgsql AS $$
DECLARE
    cart marketplace_cart;
    listing marketplace_listing;
    first marketplace_claim;
    moment timestamptz;
    cart_ends timestamptz;
    ends timestamptz;
BEGIN
    IF claim.state <> 'held' OR claim.journal_id IS NOT NULL THEN
        PERFORM marketplace_refuse('claim_starts_held', 'a claim starts as a hold');
    END IF;
    cart := marketplace_claimants_cart(claim);
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
    claim.held_in := pg_current_xact_id();
    SELECT * INTO first FROM marketplace_claim WHERE bundle = claim.bundle LIMIT 1;
    IF FOUND THEN
        RETURN marketplace_join_bundle(claim, first);
    END IF;

    IF claim.standing_order_id IS NULL THEN
        PERFORM marketplace_limit_holds(claim, moment);
        cart_ends := marketplace_cart_ends(cart, claim.organisation_id, moment);
    ELSE  -- sold at once: no line of the member's cart, which keeps its time and its room
        cart_ends := 'infinity';
    END IF;
    ends := least(cart_ends, moment + make_interval(
        mins => marketplace_entitlement(claim.organisation_id, 'hold_minutes', 5, moment)));
    claim.during := tstzrange(moment, ends);
    claim.max_until := CASE
        WHEN claim.standing_order_id IS NOT NULL
             OR marketplace_entitlement(claim.organisation_id, 'may_extend', 0, moment) = 0 THEN ends
        ELSE cart_ends END;
    claim.list_price_credits := listing.price_credits;
    claim.price_credits := greatest(1, round(listing.price_credits * (
        100 - marketplace_entitlement(claim.organisation_id, 'discount_percent', 0, moment)) / 100.0));
    RETURN claim;
END $$;
CREATE FUNCTION marketplace_change_claim(old_claim marketplace_claim, claim marketplace_claim)
RETURNS marketplace_claim LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := core_clock();
    step text := old_claim.state || ' to ' || claim.state;
BEGIN
    IF (claim.id, claim.lead_id, claim.slot_id, claim.organisation_id, claim.membership_id, claim.cart_id,
        claim.bundle, claim.held_in, claim.max_until, claim.quote_id, claim.list_price_credits,
        claim.price_credits)
       IS DISTINCT FROM
       (old_claim.id, old_claim.lead_id, old_claim.slot_id, old_claim.organisation_id, old_claim.membership_id,
        old_claim.cart_id, old_claim.bundle, old_claim.held_in, old_claim.max_until, old_claim.quote_id,
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
        -- The copies of a bundle end at one moment: the first that was given back names it.
        claim.during := tstzrange(lower(old_claim.during), coalesce(
            (SELECT upper(sibling.during) FROM marketplace_claim sibling
             WHERE sibling.bundle = claim.bundle AND sibling.state = 'released' LIMIT 1), moment));
    WHEN 'held to sold' THEN
        PERFORM marketplace_require_saleable(claim.lead_id, moment);
        PERFORM marketplace_require_payment(claim);
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

# Several copies held as one: a bundle starts, ends and is bought together, and counts as one hold (design
# §4.1). ``held_in`` is the transaction that made a claim: no other one can add to its bundle.
BUNDLES = """
ALTER TABLE marketplace_claim ADD COLUMN held_in xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE FUNCTION marketplace_claimants_cart(claim marketplace_claim) RETURNS marketplace_cart LANGUAGE plpgsql AS $$
DECLARE
    cart marketplace_cart;
BEGIN
    -- The cart row is the member's turnstile: quotas are counted while nobody else of the cart moves.
    SELECT * INTO cart FROM marketplace_cart
        WHERE id = claim.cart_id AND membership_id = claim.membership_id FOR UPDATE;
    IF cart.id IS NULL OR NOT EXISTS (
        SELECT FROM accounts_membership WHERE id = claim.membership_id
           AND organisation_id = claim.organisation_id AND role <> 'viewer') THEN
        PERFORM marketplace_refuse('claim_by_its_member', 'the cart is not this buyer''s');
    END IF;
    RETURN cart;
END $$;
CREATE FUNCTION marketplace_limit_holds(claim marketplace_claim, moment timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(DISTINCT live.bundle) FROM marketplace_claim live WHERE live.cart_id = claim.cart_id
            AND live.state = 'held' AND live.during @> moment)
       >= marketplace_entitlement(claim.organisation_id, 'live_holds', 5, moment) THEN
        PERFORM marketplace_refuse('claim_quota', 'as many holds as the plan allows are running');
    END IF;
    IF EXISTS (SELECT FROM marketplace_claim earlier WHERE earlier.lead_id = claim.lead_id
            AND earlier.organisation_id = claim.organisation_id AND earlier.state IN ('held', 'released')
            AND upper(earlier.during) <= moment AND upper(earlier.during) > moment - interval '10 minutes') THEN
        PERFORM marketplace_refuse('claim_pause', 'ten minutes must pass before holding the same lead again');
    END IF;
END $$;
CREATE FUNCTION marketplace_cart_ends(cart marketplace_cart, organisation uuid, moment timestamptz)
RETURNS timestamptz LANGUAGE plpgsql AS $$
BEGIN
    IF cart.ends_at > moment THEN
        RETURN cart.ends_at;
    END IF;
    UPDATE marketplace_cart SET started_at = moment, ends_at = moment + make_interval(
            mins => marketplace_entitlement(organisation, 'cart_minutes', 15, moment))
        WHERE id = cart.id RETURNING ends_at INTO cart.ends_at;
    RETURN cart.ends_at;
END $$;
CREATE FUNCTION marketplace_join_bundle(claim marketplace_claim, first marketplace_claim)
RETURNS marketplace_claim LANGUAGE plpgsql AS $$
BEGIN
    IF (first.lead_id, first.cart_id, first.quote_id, first.state, first.held_in)
       IS DISTINCT FROM (claim.lead_id, claim.cart_id, claim.quote_id, claim.state, claim.held_in) THEN
        PERFORM marketplace_refuse('bundle_starts_together', 'nothing is added to a bundle that runs');
    END IF;
    claim.during := first.during;
    claim.max_until := first.max_until;
    claim.list_price_credits := first.list_price_credits;
    claim.price_credits := first.price_credits;
    RETURN claim;
END $$;
CREATE FUNCTION marketplace_require_payment(claim marketplace_claim) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM billing_journal journal
        JOIN billing_entry entry ON entry.journal_id = journal.id
        JOIN billing_account account ON account.id = entry.account_id
        WHERE journal.id = claim.journal_id AND journal.key = 'buy:' || claim.id
          AND account.organisation_id = claim.organisation_id AND account.code = 'wallet'
          AND account.unit = 'credits' AND entry.amount = -claim.price_credits) THEN
        PERFORM marketplace_refuse('claim_paid_by_its_journal', 'the claim''s own journal must pay for it');
    END IF;
END $$;
CREATE FUNCTION marketplace_check_bundle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(DISTINCT (claim.state IN ('sold', 'returned'), claim.state = 'released', claim.during,
                               claim.max_until, claim.price_credits, claim.lead_id, claim.cart_id))
        FROM marketplace_claim claim WHERE claim.bundle = NEW.bundle) > 1 THEN
        PERFORM marketplace_refuse('bundle_moves_together', 'a bundle is kept, given back and bought as one');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER bundle_moves_together AFTER INSERT OR UPDATE ON marketplace_claim
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION marketplace_check_bundle();
"""

# No credits are taken for a lead that is not sold by it: a ``buy:`` journal is the journal of its sold claim.
PAYMENTS_BUY = """
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

# A copy stays its lead's, a cart's time is its holds' alone, and nobody's place in a queue is taken away.
TIMERS_AND_COPIES_STAY = """
CREATE FUNCTION marketplace_refuse_by_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM marketplace_refuse(TG_NAME, TG_ARGV[0]);
    RETURN NULL;
END $$;
-- Moved to another lead, a free copy would be one more than that lead was offered in and its owner agreed to.
CREATE TRIGGER slot_written_once BEFORE UPDATE ON marketplace_leadslot FOR EACH ROW
    WHEN ((NEW.id, NEW.lead_id, NEW.number, NEW.replaces_id)
          IS DISTINCT FROM (OLD.id, OLD.lead_id, OLD.number, OLD.replaces_id))
    EXECUTE FUNCTION marketplace_refuse_by_name('a copy stays its lead''s');
-- Every hold of the cart ends with it at the latest; the claim's guard starts its time, inside its own trigger.
CREATE TRIGGER cart_timer_by_its_holds BEFORE UPDATE ON marketplace_cart FOR EACH ROW
    WHEN ((NEW.id, NEW.membership_id) IS DISTINCT FROM (OLD.id, OLD.membership_id)
          OR pg_trigger_depth() = 0
          AND (NEW.started_at, NEW.ends_at) IS DISTINCT FROM (OLD.started_at, OLD.ends_at))
    EXECUTE FUNCTION marketplace_refuse_by_name('a hold starts the time of its cart');
CREATE TRIGGER cart_starts_without_time BEFORE INSERT ON marketplace_cart FOR EACH ROW
    WHEN (NEW.started_at IS NOT NULL OR NEW.ends_at IS NOT NULL)
    EXECUTE FUNCTION marketplace_refuse_by_name('a hold starts the time of its cart');
-- Whose turn it is follows from who waited when.
CREATE TRIGGER waiting_is_kept BEFORE DELETE OR TRUNCATE ON marketplace_waitlistentry
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
"""

LICENCES = """
-- Whoever holds may look and decide; what is bought lies where the member who buys it is licensed.
CREATE FUNCTION marketplace_guard_licence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM accounts_membership member JOIN leads_lead lead ON lead.id = NEW.lead_id
        WHERE member.id = NEW.membership_id AND accounts_is_licensed(member.user_id, lead.state_code)) THEN
        PERFORM marketplace_refuse('purchase_within_licence', 'the member is not licensed where the home is');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER purchase_within_licence BEFORE INSERT ON marketplace_purchase
    FOR EACH ROW EXECUTE FUNCTION marketplace_guard_licence();
-- The claim says who holds, and nobody buys in a colleague's name.
CREATE FUNCTION marketplace_check_buyer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM marketplace_claim WHERE id = NEW.claim_id AND membership_id = NEW.membership_id) THEN
        PERFORM marketplace_refuse('purchase_by_its_holder', 'who holds a lead buys it');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER purchase_by_its_holder BEFORE INSERT ON marketplace_purchase
    FOR EACH ROW EXECUTE FUNCTION marketplace_check_buyer();
"""

# Nobody spends more in a calendar month (UTC) than the cap that an owner gave them; what came back is not
# spent.
MEMBER_CAPS = """
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


class Migration(migrations.Migration):
    replaces = [
        ("marketplace", "0002_claim_guards"),
        ("marketplace", "0010_bundles"),
        ("marketplace", "0022_payments_buy"),
        ("marketplace", "0047_timers_and_copies_stay"),
        ("marketplace", "0050_viewers"),
        ("marketplace", "0052_licences"),
        ("marketplace", "0053_member_caps"),
    ]
    dependencies = [
        ("accounts", "0002_guards_of_log_ins"),
        ("billing", "0001_models"),
        ("core", "0001_database_clock"),
        ("leads", "0002_guards_of_rights_and_scores"),
        ("marketplace", "0001_models"),
    ]
    operations = [
        migrations.RunSQL(CLAIM_GUARDS),
        migrations.RunSQL(BUNDLES),
        migrations.RunSQL(PAYMENTS_BUY),
        migrations.RunSQL(TIMERS_AND_COPIES_STAY),
        migrations.RunSQL(LICENCES),
        migrations.RunSQL(MEMBER_CAPS),
    ]
