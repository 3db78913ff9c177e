"""Who may take a new lead first: its territory holders, then plans with an early window, then everybody.

The windows of an offer are fixed when it opens and never again. When it opens to one organisation is derived from them
by ``marketplace_opens_to``, which the guard of a claim and every page ask.
"""

from django.db import migrations, models

OPENING = """
CREATE FUNCTION marketplace_set_windows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    plan_minutes integer;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.opens_at > OLD.opens_at
           OR (NEW.plans_from, NEW.everyone_from) IS DISTINCT FROM (OLD.plans_from, OLD.everyone_from) THEN
            PERFORM marketplace_refuse('listing_opens_once', 'an offer opens once');
        END IF;
        RETURN NEW;
    END IF;
    NEW.plans_from := NULL;
    NEW.everyone_from := NULL;
    IF NEW.opens_at < core_clock() - interval '2 hours' THEN
        RETURN NEW;  -- brought in late, as by load_leads: its windows would be over
    END IF;
    NEW.plans_from := NEW.opens_at;
    IF EXISTS (SELECT FROM marketplace_territory WHERE has_early_access AND since <= NEW.opens_at AND id IN (
               SELECT marketplace_territories_at(NEW.zip_code, NEW.latitude, NEW.longitude))) THEN
        NEW.plans_from := NEW.opens_at + interval '15 minutes';
    END IF;
    SELECT max(value) INTO plan_minutes FROM accounts_entitlement
        WHERE key = 'early_minutes' AND value > 0 AND (until IS NULL OR until > NEW.opens_at);
    NEW.everyone_from := NEW.plans_from + make_interval(mins => least(60, coalesce(plan_minutes, 0)));
    IF NEW.everyone_from = NEW.opens_at THEN
        NEW.plans_from := NULL;
        NEW.everyone_from := NULL;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER listing_opens_once
    BEFORE INSERT OR UPDATE OF opens_at, plans_from, everyone_from ON marketplace_listing
    FOR EACH ROW EXECUTE FUNCTION marketplace_set_windows();

CREATE FUNCTION marketplace_opens_to(listing marketplace_listing, buyer uuid, moment timestamptz)
RETURNS TABLE (opens_at timestamptz, is_holder boolean) LANGUAGE plpgsql STABLE AS $$
BEGIN
    opens_at := listing.opens_at;
    is_holder := false;
    IF listing.everyone_from IS NULL THEN
        RETURN NEXT;
        RETURN;
    END IF;
    is_holder := EXISTS (
        SELECT FROM marketplace_territory territory WHERE territory.organisation_id = buyer
           AND territory.has_early_access AND territory.since <= listing.opens_at AND territory.id IN (
               SELECT marketplace_territories_at(listing.zip_code, listing.latitude, listing.longitude)));
    IF NOT is_holder THEN
        opens_at := greatest(listing.plans_from, listing.everyone_from - make_interval(
            mins => greatest(0, marketplace_entitlement(buyer, 'early_minutes', 0, moment))));
    END IF;
    RETURN NEXT;
END $$;
"""

GUARDS = """
CREATE FUNCTION marketplace_guard_order_of_access() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    listing marketplace_listing;
BEGIN
    SELECT * INTO listing FROM marketplace_listing WHERE lead_id = NEW.lead_id;
    IF listing.everyone_from > core_clock()
       AND (SELECT opens_at FROM marketplace_opens_to(listing, NEW.organisation_id, core_clock())) > core_clock() THEN
        PERFORM marketplace_refuse('claim_opens_in_order', 'the lead is not open to this organisation yet');
    END IF;
    RETURN NEW;
END $$;
-- Named to run after claim_guard, which has the offer's lock.
CREATE TRIGGER claim_opens_in_order BEFORE INSERT ON marketplace_claim
    FOR EACH ROW EXECUTE FUNCTION marketplace_guard_order_of_access();
-- Else somebody to whom the lead is not open yet could have its two minutes of the waitlist, and nobody could hold it.
CREATE TRIGGER waiting_opens_in_order BEFORE INSERT ON marketplace_waitlistentry
    FOR EACH ROW EXECUTE FUNCTION marketplace_guard_order_of_access();
"""

UNDO = """
DROP TRIGGER waiting_opens_in_order ON marketplace_waitlistentry;
DROP TRIGGER claim_opens_in_order ON marketplace_claim;
DROP FUNCTION marketplace_guard_order_of_access();
DROP FUNCTION marketplace_opens_to(marketplace_listing, uuid, timestamptz);
DROP TRIGGER listing_opens_once ON marketplace_listing;
DROP FUNCTION marketplace_set_windows();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_early_minutes"), ("marketplace", "0029_territories")]
    operations = [
        migrations.AddField(
            model_name="listing",
            name="plans_from",
            field=models.DateTimeField(
                editable=False,
                help_text="When its territory holders' window ends; set once, by trigger.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="listing",
            name="everyone_from",
            field=models.DateTimeField(
                editable=False,
                help_text="When its last early window ends; NULL where there is none.",
                null=True,
            ),
        ),
        migrations.RunSQL(OPENING + GUARDS, UNDO),
    ]
