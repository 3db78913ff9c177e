"""A copy is closed once, only while nobody has it, and then leaves the offer's count (design §4.3, §4.8)."""

from django.db import migrations

CLOSING = """
CREATE FUNCTION marketplace_close_slot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.closed_at IS NOT DISTINCT FROM NEW.closed_at THEN
        RETURN NEW;
    END IF;
    IF OLD.closed_at IS NOT NULL THEN
        PERFORM marketplace_refuse('slot_closed_once', 'a closed copy stays closed');
    END IF;
    -- Holding and closing meet at the offer's row, which a hold locks FOR SHARE.
    PERFORM FROM marketplace_listing WHERE lead_id = NEW.lead_id FOR UPDATE;
    IF EXISTS (SELECT FROM marketplace_claim WHERE slot_id = NEW.id AND during @> core_clock()) THEN
        PERFORM marketplace_refuse('slot_closed_when_free', 'somebody has this copy');
    END IF;
    UPDATE marketplace_listing SET copies_left = copies_left - 1 WHERE lead_id = NEW.lead_id;
    RETURN NEW;
END $$;
CREATE TRIGGER slot_closed_once BEFORE UPDATE ON marketplace_leadslot
    FOR EACH ROW EXECUTE FUNCTION marketplace_close_slot();

-- The guard of a hold looks at the copy before it has the offer's lock; this looks again behind it.
CREATE FUNCTION marketplace_check_slot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM marketplace_leadslot WHERE id = NEW.slot_id AND closed_at IS NOT NULL) THEN
        PERFORM marketplace_refuse('claim_slot_closed', 'the copy is closed');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER claim_slot_closed AFTER INSERT ON marketplace_claim
    FOR EACH ROW EXECUTE FUNCTION marketplace_check_slot();
"""

UNDO = """
DROP TRIGGER claim_slot_closed ON marketplace_claim;
DROP FUNCTION marketplace_check_slot();
DROP TRIGGER slot_closed_once ON marketplace_leadslot;
DROP FUNCTION marketplace_close_slot();
"""


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0004_schedules")]
    operations = [migrations.RunSQL(CLOSING, UNDO)]
