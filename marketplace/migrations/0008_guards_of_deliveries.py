"""Deliveries to buyers' systems, and what buyers are told to delete."""

from django.db import migrations

# What a delivery may do, as the database allows it: to its buyer alone, of a standing sale alone, over when
# cancelled.
DELIVERY_GUARDS = """
CREATE FUNCTION marketplace_guard_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.purchase_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM marketplace_purchase WHERE id = NEW.purchase_id AND organisation_id = NEW.organisation_id)
       OR NEW.receiver_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM marketplace_receiver WHERE id = NEW.receiver_id AND organisation_id = NEW.organisation_id
              AND kind = NEW.channel) THEN
        PERFORM marketplace_refuse('delivery_to_its_buyer', 'it goes to the organisation that it is about');
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.id, NEW.organisation_id, NEW.purchase_id, NEW.channel, NEW.receiver_id, NEW.event, NEW.key,
            NEW.facts, NEW.made_at)
           IS DISTINCT FROM
           (OLD.id, OLD.organisation_id, OLD.purchase_id, OLD.channel, OLD.receiver_id, OLD.event, OLD.key,
            OLD.facts, OLD.made_at) THEN
            PERFORM marketplace_refuse('delivery_written_once', 'what is delivered to whom cannot change');
        END IF;
        IF OLD.state = 'cancelled' AND NEW.state <> 'cancelled' THEN
            PERFORM marketplace_refuse('delivery_cancelled_for_good', 'a cancelled delivery is over');
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER delivery_guard BEFORE INSERT OR UPDATE ON marketplace_delivery
    FOR EACH ROW EXECUTE FUNCTION marketplace_guard_delivery();
CREATE FUNCTION marketplace_guard_try() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted marketplace_delivery;
BEGIN
    SELECT * INTO wanted FROM marketplace_delivery WHERE id = NEW.delivery_id;
    IF wanted.state <> 'waiting' THEN
        PERFORM marketplace_refuse('try_of_a_waiting_delivery', 'it is settled');
    END IF;
    IF wanted.event = 'lead.purchased' AND NOT EXISTS (
            SELECT FROM marketplace_purchase bought JOIN marketplace_claim claim ON claim.id = bought.claim_id
            WHERE bought.id = wanted.purchase_id AND claim.state = 'sold') THEN
        PERFORM marketplace_refuse('delivery_of_a_sale', 'only a standing sale is delivered');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER try_guard BEFORE INSERT ON marketplace_deliverytry
    FOR EACH ROW EXECUTE FUNCTION marketplace_guard_try();
"""

DELETION_NOTICES = """
CREATE FUNCTION marketplace_guard_notice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM marketplace_purchase WHERE id = NEW.purchase_id
                       AND organisation_id = NEW.organisation_id) THEN
            PERFORM marketplace_refuse('deletion_asked_of_its_buyer', 'who bought it is asked to delete it');
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.confirmed_at IS NOT NULL
       OR to_jsonb(NEW) - '{reminders,reminded_at,confirmed_at,confirmed_by_id}'::text[]
          <> to_jsonb(OLD) - '{reminders,reminded_at,confirmed_at,confirmed_by_id}'::text[] THEN
        PERFORM marketplace_refuse('deletion_confirmed_once', 'what was confirmed stays so');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER deletion_notice_guard BEFORE INSERT OR UPDATE ON marketplace_deletionnotice
    FOR EACH ROW EXECUTE FUNCTION marketplace_guard_notice();
CREATE TRIGGER deletion_notice_is_kept BEFORE DELETE OR TRUNCATE ON marketplace_deletionnotice
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
-- What is written once is emptied of words when the lead that it is about is erased, and of nothing else.
CREATE FUNCTION marketplace_is_erased(home uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM leads_lead lead LEFT JOIN leads_lead winner ON winner.id = lead.merged_into_id
        WHERE lead.id = home AND 'erased' IN (lead.state, winner.state))
$$;
CREATE FUNCTION marketplace_keep_handover() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.reason = '' AND to_jsonb(NEW) - 'reason' = to_jsonb(OLD) - 'reason'
       AND marketplace_is_erased((SELECT lead_id FROM marketplace_purchase WHERE id = NEW.purchase_id)) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% rows are written once', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER handover_is_written_once BEFORE UPDATE OR DELETE ON marketplace_handover
    FOR EACH ROW EXECUTE FUNCTION marketplace_keep_handover();
CREATE TRIGGER handover_is_kept BEFORE TRUNCATE ON marketplace_handover
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE FUNCTION marketplace_keep_consent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.proof IS NULL AND to_jsonb(NEW) - 'proof' = to_jsonb(OLD) - 'proof'
       AND marketplace_is_erased((SELECT lead_id FROM leads_observation WHERE id = NEW.observation_id)) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% rows are written once', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER consent_is_written_once BEFORE UPDATE OR DELETE ON leads_consent
    FOR EACH ROW EXECUTE FUNCTION marketplace_keep_consent();
"""


class Migration(migrations.Migration):
    replaces = [
        ("marketplace", "0034_delivery_guards"),
        ("marketplace", "0054_deletion_notices"),
    ]
    dependencies = [
        ("core", "0001_database_clock"),
        ("leads", "0001_models"),
        ("marketplace", "0007_guards_of_engagement"),
    ]
    operations = [
        migrations.RunSQL(DELIVERY_GUARDS),
        migrations.RunSQL(DELETION_NOTICES),
    ]
