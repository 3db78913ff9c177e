"""A copy stays its lead's, a cart's time is its holds' alone, and nobody's place in a queue is taken away."""

import django.db.models.deletion
from django.db import migrations, models

GUARDS = """
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

UNDO = """
DROP TRIGGER waiting_is_kept ON marketplace_waitlistentry;
DROP TRIGGER cart_starts_without_time ON marketplace_cart;
DROP TRIGGER cart_timer_by_its_holds ON marketplace_cart;
DROP TRIGGER slot_written_once ON marketplace_leadslot;
DROP FUNCTION marketplace_refuse_by_name();
"""


class Migration(migrations.Migration):

    dependencies = [
        ("marketplace", "0046_closed_copies"),
    ]

    operations = [
        migrations.AlterField(
            model_name="waitlistentry",
            name="membership",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.membership"
            ),
        ),
        migrations.RunSQL(GUARDS, UNDO),
    ]
