"""A batch that is over stays over; every fifteen minutes what waits is sent and what came is taken."""

from django.db import migrations

from aiqleads.core import schedules

GUARD = """
CREATE FUNCTION ai_guard_batch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state NOT IN ('sending', 'sent') OR OLD.state = 'sent' AND NEW.state = 'sending' THEN
        PERFORM ai_refuse('batch_moves_forward', 'a batch that is over stays over');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER batch_guard BEFORE UPDATE ON ai_batchjob
    FOR EACH ROW EXECUTE FUNCTION ai_guard_batch();
"""

UNDO = """
DROP TRIGGER batch_guard ON ai_batchjob;
DROP FUNCTION ai_guard_batch();
"""


class Migration(migrations.Migration):
    dependencies = [("ai", "0005_waiting_questions"), schedules.BEAT_MIGRATION]
    operations = [
        migrations.RunSQL(GUARD, UNDO),
        schedules.every(
            900,
            name="Send questions to models that can wait, and take their answers",
            task="ai.tasks.ask_in_batches",
            description="Half the price where a provider has batches; one by one where it has none.",
        ),
    ]
