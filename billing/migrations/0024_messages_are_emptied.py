"""What a message says can be taken away, once and whole; nothing else of it ever changes."""

from django.db import migrations, models

MESSAGES_ARE_EMPTIED_WHOLE = """
CREATE OR REPLACE FUNCTION billing_guard_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.state <> 'done' THEN
            PERFORM billing_refuse('message_is_worked_before_it_goes', 'nobody has dealt with the message yet');
        END IF;
        RETURN OLD;
    END IF;
    IF (NEW.id, NEW.provider, NEW.event_id, NEW.name, NEW.kind, NEW.object_id, NEW.occurred_at, NEW.received_at)
        IS DISTINCT FROM (OLD.id, OLD.provider, OLD.event_id, OLD.name, OLD.kind, OLD.object_id, OLD.occurred_at,
            OLD.received_at)
        OR NEW.emptied_at IS NULL AND (NEW.raw, NEW.headers) IS DISTINCT FROM (OLD.raw, OLD.headers) THEN
        PERFORM billing_refuse('message_is_written_once', 'a message stays as it came');
    END IF;
    IF OLD.emptied_at IS NOT NULL AND NEW.emptied_at IS DISTINCT FROM OLD.emptied_at THEN
        PERFORM billing_refuse('message_is_emptied_once', 'what a message said does not come back');
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0023_credits_instead_of_a_plan")]
    operations = [
        migrations.AddField(
            model_name="inboxmessage",
            name="emptied_at",
            field=models.DateTimeField(blank=True, help_text="Since then what it said is gone.", null=True),
        ),
        migrations.AddConstraint(
            model_name="inboxmessage",
            constraint=models.CheckConstraint(
                condition=models.Q(("emptied_at", None), models.Q(("headers", {}), ("raw", b"")), _connector="OR"),
                name="message_says_nothing_once_emptied",
            ),
        ),
        migrations.RunSQL(MESSAGES_ARE_EMPTIED_WHOLE),
    ]
