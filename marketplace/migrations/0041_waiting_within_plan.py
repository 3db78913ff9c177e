"""An organisation waits for as many leads as its plan allows, and hears when its turn has come."""

from django.db import migrations, models

from aiqleads.core import schedules


GUARD = """
CREATE FUNCTION marketplace_limit_waiting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- One entry of an organisation at a time: who waits here counts the one before.
    PERFORM pg_advisory_xact_lock(hashtextextended('marketplace waitlists of ' || NEW.organisation_id, 0));
    IF (SELECT count(*) FROM marketplace_waitlistentry
        WHERE organisation_id = NEW.organisation_id AND left_at IS NULL)
       >= marketplace_entitlement(NEW.organisation_id, 'waitlists', 10, core_clock()) THEN
        PERFORM marketplace_refuse('waiting_within_plan', 'as many queues as the plan allows');
    END IF;
    RETURN NEW;
END $$;
-- Named to run last: who may not wait for the lead hears that first.
CREATE TRIGGER waiting_within_plan BEFORE INSERT ON marketplace_waitlistentry
    FOR EACH ROW EXECUTE FUNCTION marketplace_limit_waiting();
"""

UNDO = """
DROP TRIGGER waiting_within_plan ON marketplace_waitlistentry;
DROP FUNCTION marketplace_limit_waiting();
"""


class Migration(migrations.Migration):

    dependencies = [
        schedules.BEAT_MIGRATION,
        ('accounts', '0004_time_zones'),
        ('leads', '0023_outcomes'),
        ('marketplace', '0040_wider_map_indexes'),
    ]

    operations = [
        migrations.AlterField(
            model_name='notification',
            name='kind',
            field=models.CharField(choices=[('price_drop', 'A lead on your watchlist costs less'), ('return_decided', 'A return of yours is decided'), ('outcome_asked', 'We ask what became of a lead'), ('credited', 'A purchase is credited, or its home was sold twice'), ('turn', 'Your turn has come for a lead that you wait for'), ('assigned', 'A lead is assigned to you, or taken from you'), ('standing_order', 'A standing order has bought a lead, or stopped'), ('plan', 'A step of a plan is due (by e-mail once a morning)'), ('search_match', 'A saved search has found new leads'), ('delivery_failed', 'A webhook, your CRM or a mailbox did not take a delivery')], max_length=20),
        ),
        migrations.AlterField(
            model_name='notificationchoice',
            name='kind',
            field=models.CharField(choices=[('price_drop', 'A lead on your watchlist costs less'), ('return_decided', 'A return of yours is decided'), ('outcome_asked', 'We ask what became of a lead'), ('credited', 'A purchase is credited, or its home was sold twice'), ('turn', 'Your turn has come for a lead that you wait for'), ('assigned', 'A lead is assigned to you, or taken from you'), ('standing_order', 'A standing order has bought a lead, or stopped'), ('plan', 'A step of a plan is due (by e-mail once a morning)'), ('search_match', 'A saved search has found new leads'), ('delivery_failed', 'A webhook, your CRM or a mailbox did not take a delivery')], max_length=20),
        ),
        migrations.AddIndex(
            model_name='waitlistentry',
            index=models.Index(condition=models.Q(('left_at', None)), fields=['organisation', 'joined_at'], name='waiting_for'),
        ),
        migrations.RunSQL(GUARD, UNDO),
        schedules.every(
            10,
            name="Tell who waits that their turn has come",
            task="marketplace.tasks.tell_of_turns",
            description="A hold that runs out and a window that passes unused make no event: somebody has to look.",
        ),
    ]
