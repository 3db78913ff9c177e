"""What a delivery may do, as the database allows it: to its buyer alone, of a standing sale alone, over when cancelled."""

from django.db import migrations

from aiqleads.core import schedules

DELIVERIES = """
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

UNDO = """
DROP TRIGGER try_guard ON marketplace_deliverytry;
DROP FUNCTION marketplace_guard_try();
DROP TRIGGER delivery_guard ON marketplace_delivery;
DROP FUNCTION marketplace_guard_delivery();
"""


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0033_deliveries"), schedules.BEAT_MIGRATION]
    operations = [
        migrations.RunSQL(DELIVERIES, UNDO),
        schedules.every(
            30,
            name="Deliver what buyers are to get",
            task="marketplace.tasks.deliver",
            description="Sends what was not sent at once, and tries again what was not taken. Each commit starts it too.",
        ),
    ]
