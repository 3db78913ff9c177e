"""Texts and follow-ups stay within the passport, and end when a contact is taken back."""

from django.db import migrations

# What a buyer is told to say and do stays within the passport, whatever code runs. Texts and open steps exist
# for allowed channels of standing purchases alone; nobody is rung in their quiet hours; what ends a purchase, a
# channel or the need for a plan takes the texts and steps with it in the same transaction.
ENGAGEMENT_GUARDS = """
CREATE FUNCTION marketplace_took_back(home uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    -- What an owner sent in is gone, and with it the consent that it carried: no other stands.
    SELECT coalesce(bool_and(sighting.gone_at IS NOT NULL), false) OR EXISTS (SELECT FROM leads_lead WHERE id = home AND state = 'erased')
    FROM leads_consent consent JOIN leads_observation sighting ON sighting.id = consent.observation_id
    WHERE sighting.lead_id = home;
$$;
CREATE FUNCTION marketplace_allows(bought uuid, wanted text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE sale record;
BEGIN
    -- A return waits until this is committed, and then takes it away.
    SELECT claim.state, passport.channels, purchase.lead_id, lead.merged_into_id INTO sale
    FROM marketplace_purchase purchase
    JOIN marketplace_claim claim ON claim.id = purchase.claim_id
    JOIN marketplace_passport passport ON passport.purchase_id = purchase.id
    JOIN leads_lead lead ON lead.id = purchase.lead_id
    WHERE purchase.id = bought FOR SHARE OF claim;
    RETURN coalesce(sale.state = 'sold' AND (sale.channels -> wanted ->> 'is_allowed')::boolean, false)
        AND NOT marketplace_took_back(coalesce(sale.merged_into_id, sale.lead_id))
        AND NOT EXISTS (SELECT FROM leads_contact contact
                        WHERE contact.lead_id IN (sale.lead_id, sale.merged_into_id)
                          AND contact.objection = 'do_not_contact');
END $$;
CREATE FUNCTION marketplace_guard_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT marketplace_allows(NEW.engagement_id, NEW.channel) THEN
        PERFORM marketplace_refuse('text_within_passport', 'the passport does not allow this channel');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER text_within_passport BEFORE INSERT OR UPDATE ON marketplace_engagementtext
    FOR EACH ROW EXECUTE FUNCTION marketplace_guard_text();
CREATE FUNCTION marketplace_guard_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE owners_zone text; owners_time time;
BEGIN
    IF NOT marketplace_allows(NEW.engagement_id, NEW.channel)
       OR NEW.due_at >= (SELECT valid_until FROM marketplace_passport WHERE purchase_id = NEW.engagement_id)
       OR EXISTS (SELECT FROM leads_outcome WHERE sale_id = NEW.engagement_id) THEN
        PERFORM marketplace_refuse('step_within_passport', 'the passport does not allow this step');
    END IF;
    SELECT time_zone INTO owners_zone FROM marketplace_engagement WHERE purchase_id = NEW.engagement_id;
    IF NEW.channel IN ('call', 'text') THEN
        IF owners_zone = '' THEN
            PERFORM marketplace_refuse('step_outside_quiet_hours', 'nobody knows the time where the owner is');
        END IF;
        owners_time := (NEW.due_at AT TIME ZONE owners_zone)::time;
        IF owners_time < '08:00' OR owners_time >= '21:00' THEN
            PERFORM marketplace_refuse('step_outside_quiet_hours', 'the owner is not to be rung at this hour');
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER step_within_passport BEFORE INSERT OR UPDATE OF engagement_id, channel, due_at ON marketplace_followup
    FOR EACH ROW EXECUTE FUNCTION marketplace_guard_step();
CREATE FUNCTION marketplace_guard_closed_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'open' THEN
        PERFORM marketplace_refuse('step_closed_once', 'a step that is closed stays closed');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER step_closed_once BEFORE UPDATE ON marketplace_followup
    FOR EACH ROW EXECUTE FUNCTION marketplace_guard_closed_step();
CREATE FUNCTION marketplace_end_steps(bought uuid[]) RETURNS void LANGUAGE sql AS $$
    UPDATE marketplace_followup SET state = 'ended', closed_at = core_clock()
    WHERE engagement_id = ANY(bought) AND state = 'open';
$$;
CREATE FUNCTION marketplace_close_kits(bought uuid[]) RETURNS void LANGUAGE sql AS $$
    DELETE FROM marketplace_engagementtext WHERE engagement_id = ANY(bought);
    SELECT marketplace_end_steps(bought);
$$;
CREATE FUNCTION marketplace_close_home(home uuid) RETURNS void LANGUAGE sql AS $$
    SELECT marketplace_close_kits(ARRAY(
        SELECT purchase.id FROM marketplace_purchase purchase JOIN leads_lead lead ON lead.id = purchase.lead_id
        WHERE lead.id = home OR lead.merged_into_id = home));
$$;
CREATE FUNCTION marketplace_close_returned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM marketplace_close_kits(ARRAY(SELECT id FROM marketplace_purchase WHERE claim_id = NEW.id));
    RETURN NULL;
END $$;
CREATE TRIGGER returned_closes_engagement AFTER UPDATE OF state ON marketplace_claim
    FOR EACH ROW WHEN (NEW.state = 'returned') EXECUTE FUNCTION marketplace_close_returned();
CREATE FUNCTION marketplace_close_objected() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM marketplace_close_home(NEW.lead_id);
    RETURN NULL;
END $$;
CREATE TRIGGER objection_closes_engagement AFTER INSERT OR UPDATE OF objection, lead_id ON leads_contact
    FOR EACH ROW WHEN (NEW.objection = 'do_not_contact') EXECUTE FUNCTION marketplace_close_objected();
CREATE FUNCTION marketplace_close_withdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM leads_consent WHERE observation_id = NEW.id) AND marketplace_took_back(NEW.lead_id) THEN
        PERFORM marketplace_close_home(NEW.lead_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER withdrawal_closes_engagement AFTER UPDATE OF gone_at ON leads_observation
    FOR EACH ROW WHEN (OLD.gone_at IS NULL AND NEW.gone_at IS NOT NULL AND NEW.lead_id IS NOT NULL)
    EXECUTE FUNCTION marketplace_close_withdrawn();
CREATE FUNCTION marketplace_end_plan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM marketplace_end_steps(ARRAY[NEW.sale_id]);
    RETURN NULL;
END $$;
CREATE TRIGGER outcome_ends_plan AFTER INSERT ON leads_outcome
    FOR EACH ROW EXECUTE FUNCTION marketplace_end_plan();
"""

# An owner who had everything about them deleted leaves no text and no plan, however long ago the sale was.
ERASURE_CLOSES_ENGAGEMENT = """
CREATE FUNCTION marketplace_close_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM marketplace_close_home(NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER erasure_closes_engagement AFTER UPDATE OF state ON leads_lead
    FOR EACH ROW WHEN (NEW.state = 'erased') EXECUTE FUNCTION marketplace_close_erased();
"""


class Migration(migrations.Migration):
    replaces = [
        ("marketplace", "0032_engagement_guards"),
        ("marketplace", "0043_erasure_closes_engagement"),
    ]
    dependencies = [
        ("core", "0001_database_clock"),
        ("leads", "0001_models"),
        ("marketplace", "0006_guards_of_standing_orders"),
    ]
    operations = [
        migrations.RunSQL(ENGAGEMENT_GUARDS),
        migrations.RunSQL(ERASURE_CLOSES_ENGAGEMENT),
    ]
