"""Several copies held as one: a bundle starts, ends and is bought together, and counts as one hold (design §4.1).

``held_in`` is the transaction that made a claim: no other one can add to its bundle.
"""

from importlib import import_module

from django.db import migrations, models

START = """
CREATE FUNCTION marketplace_claimants_cart(claim marketplace_claim) RETURNS marketplace_cart LANGUAGE plpgsql AS $$
DECLARE
    cart marketplace_cart;
BEGIN
    -- The cart row is the member's turnstile: quotas are counted while nobody else of the cart moves.
    SELECT * INTO cart FROM marketplace_cart
        WHERE id = claim.cart_id AND membership_id = claim.membership_id FOR UPDATE;
    IF cart.id IS NULL OR NOT EXISTS (
        SELECT FROM accounts_membership WHERE id = claim.membership_id
           AND organisation_id = claim.organisation_id AND role <> 'reader') THEN
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

CREATE OR REPLACE FUNCTION marketplace_start_hold(claim marketplace_claim)
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

    PERFORM marketplace_limit_holds(claim, moment);
    cart_ends := marketplace_cart_ends(cart, claim.organisation_id, moment);
    ends := least(cart_ends, moment + make_interval(
        mins => marketplace_entitlement(claim.organisation_id, 'hold_minutes', 5, moment)));
    claim.during := tstzrange(moment, ends);
    claim.max_until := CASE marketplace_entitlement(claim.organisation_id, 'may_extend', 0, moment)
        WHEN 0 THEN ends ELSE cart_ends END;
    claim.list_price_credits := listing.price_credits;
    claim.price_credits := greatest(1, round(listing.price_credits * (
        100 - marketplace_entitlement(claim.organisation_id, 'discount_percent', 0, moment)) / 100.0));
    RETURN claim;
END $$;
"""

CHANGE = """
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

CREATE OR REPLACE FUNCTION marketplace_change_claim(old_claim marketplace_claim, claim marketplace_claim)
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
"""

TOGETHER = """
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

UNDO_TOGETHER = """
DROP TRIGGER bundle_moves_together ON marketplace_claim;
DROP FUNCTION marketplace_check_bundle();
"""
UNDO_START = """
DROP FUNCTION marketplace_join_bundle(marketplace_claim, marketplace_claim);
DROP FUNCTION marketplace_cart_ends(marketplace_cart, uuid, timestamptz);
DROP FUNCTION marketplace_limit_holds(marketplace_claim, timestamptz);
DROP FUNCTION marketplace_claimants_cart(marketplace_claim);
DROP FUNCTION marketplace_require_payment(marketplace_claim);
"""

first = import_module("marketplace.migrations.0002_claim_guards")



def as_it_was() -> str:
    """The two functions as migration 0002 made them."""
    change = first.CHANGE.split("CREATE FUNCTION marketplace_guard_claim")[0]
    return (first.HOLD + change).replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0009_vocabulary")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE marketplace_claim ADD COLUMN held_in xid8 NOT NULL DEFAULT pg_current_xact_id()",
            "ALTER TABLE marketplace_claim DROP COLUMN held_in",
        ),
        migrations.AddIndex(model_name="claim", index=models.Index(fields=["bundle"], name="claim_bundle")),
        migrations.RunSQL(START + CHANGE + TOGETHER, UNDO_TOGETHER + as_it_was() + UNDO_START),
    ]
