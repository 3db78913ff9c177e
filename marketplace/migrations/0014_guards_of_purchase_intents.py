"""What an intent buys was asked for, costs no more than was shown, and is sold where it is held; it is tried once."""

from django.db import migrations

from aiqleads.core import schedules

# A claim for an intent is no line of the cart: as for standing orders, the cart keeps its time and its room, and the
# pause after a hold that ran out while its buyer paid does not count.
HELD_AND_SOLD = """
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

    IF claim.standing_order_id IS NULL AND claim.intent_id IS NULL THEN
        PERFORM marketplace_limit_holds(claim, moment);
        cart_ends := marketplace_cart_ends(cart, claim.organisation_id, moment);
    ELSE  -- sold at once: no line of the member's cart, which keeps its time and its room
        cart_ends := 'infinity';
    END IF;
    ends := least(cart_ends, moment + make_interval(
        mins => marketplace_entitlement(claim.organisation_id, 'hold_minutes', 5, moment)));
    claim.during := tstzrange(moment, ends);
    claim.max_until := CASE
        WHEN claim.standing_order_id IS NOT NULL OR claim.intent_id IS NOT NULL
             OR marketplace_entitlement(claim.organisation_id, 'may_extend', 0, moment) = 0 THEN ends
        ELSE cart_ends END;
    claim.list_price_credits := listing.price_credits;
    claim.price_credits := greatest(1, round(listing.price_credits * (
        100 - marketplace_entitlement(claim.organisation_id, 'discount_percent', 0, moment)) / 100.0));
    RETURN claim;
END $$;
"""

INTENTS = """
CREATE FUNCTION marketplace_guard_claim_of_intent() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    intent marketplace_purchaseintent;
    copies bigint;
    shown integer;
BEGIN
    SELECT * INTO intent FROM marketplace_purchaseintent WHERE id = NEW.intent_id FOR UPDATE;
    SELECT count(*), max(shown_credits) INTO copies, shown FROM marketplace_purchaseintentline
        WHERE intent_id = NEW.intent_id AND lead_id = NEW.lead_id;
    IF intent.state <> 'waiting' OR intent.expires_at <= core_clock() OR intent.membership_id <> NEW.membership_id
       OR copies <= (SELECT count(*) FROM marketplace_claim WHERE lead_id = NEW.lead_id AND intent_id = intent.id) THEN
        PERFORM marketplace_refuse('claim_for_its_intent', 'the intent does not ask for this');
    END IF;
    IF NEW.price_credits > shown THEN
        PERFORM marketplace_refuse('intent_at_the_price_shown', 'it costs more than was shown');
    END IF;
    RETURN NEW;
END $$;
-- Named to run after claim_guard, which sets the price.
CREATE TRIGGER claim_within_its_intent BEFORE INSERT ON marketplace_claim
    FOR EACH ROW WHEN (NEW.intent_id IS NOT NULL) EXECUTE FUNCTION marketplace_guard_claim_of_intent();
CREATE FUNCTION marketplace_check_intent_sold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM marketplace_claim WHERE id = NEW.id AND state IN ('held', 'released')) THEN
        PERFORM marketplace_refuse('intent_sells_at_once', 'what an intent holds it buys in the same transaction');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER intent_sells_at_once AFTER INSERT ON marketplace_claim DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.intent_id IS NOT NULL) EXECUTE FUNCTION marketplace_check_intent_sold();
CREATE TRIGGER claim_keeps_its_intent BEFORE UPDATE ON marketplace_claim
    FOR EACH ROW WHEN (OLD.intent_id IS DISTINCT FROM NEW.intent_id) EXECUTE FUNCTION marketplace_keep_order();

CREATE FUNCTION marketplace_guard_intent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'waiting' OR (NEW.id, NEW.organisation_id, NEW.membership_id, NEW.payment_id,
        NEW.total_credits, NEW.made_at, NEW.expires_at) IS DISTINCT FROM (OLD.id, OLD.organisation_id,
        OLD.membership_id, OLD.payment_id, OLD.total_credits, OLD.made_at, OLD.expires_at) THEN
        PERFORM marketplace_refuse('intent_is_tried_once', 'what was meant stays, and is settled once');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER intent_settles_once BEFORE UPDATE ON marketplace_purchaseintent
    FOR EACH ROW EXECUTE FUNCTION marketplace_guard_intent();
CREATE TRIGGER intent_is_kept BEFORE DELETE OR TRUNCATE ON marketplace_purchaseintent
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER intent_line_is_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON marketplace_purchaseintentline
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0013_purchase_intents"), schedules.BEAT_MIGRATION]
    operations = [
        migrations.RunSQL(HELD_AND_SOLD),
        migrations.RunSQL(INTENTS),
        schedules.together(
            schedules.every(
                3_600,
                name="Give up purchases whose payment did not come",
                task="marketplace.tasks.give_up_intents",
                description="A cart waits a day for its payment; what comes later are credits alone.",
            ),
        ),
    ]
