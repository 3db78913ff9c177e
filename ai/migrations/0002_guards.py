"""Calls of models are kept, counted and paid from budgets that no order of events overdraws."""

from django.db import migrations

# The ledger of calls, as the database keeps it: a call is counted when it is written and when it is settled,
# once each. ``ai_reserve`` writes a call and sets its cost aside in one statement, or says why not. That all
# calls of a day and of a month stay within what was allowed is the constraint ``spend_within_limit`` on the
# rows that the triggers keep.
LEDGER_GUARDS = """
CREATE FUNCTION ai_refuse(reason text, says text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', says USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = reason;
END $$;
CREATE TRIGGER route_is_written_once BEFORE UPDATE OR DELETE ON ai_route
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER call_is_kept BEFORE DELETE ON ai_modelcall
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER reply_is_written_once BEFORE UPDATE ON ai_modelreply
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER spend_is_kept BEFORE DELETE ON ai_spend
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
CREATE FUNCTION ai_guard_call() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.outcome <> 'asked' THEN
            PERFORM ai_refuse('call_starts_under_way', 'a call is written before it is made');
        END IF;
        IF NEW.day <> (core_now() AT TIME ZONE 'UTC')::date THEN
            PERFORM ai_refuse('call_of_today', 'a call counts on the day when it is made');
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.outcome <> 'asked' THEN
        PERFORM ai_refuse('call_settled_once', 'what a call cost is written once');
    END IF;
    IF (NEW.id, NEW.purpose, NEW.route_id, NEW.role, NEW.provider, NEW.model, NEW.prompt, NEW.input_hash,
        NEW.subject_kind, NEW.subject_id, NEW.day, NEW.asked_at, NEW.give_up_at, NEW.daily_budget_cents,
        NEW.monthly_budget_cents, NEW.reserved_cents)
       IS DISTINCT FROM
       (OLD.id, OLD.purpose, OLD.route_id, OLD.role, OLD.provider, OLD.model, OLD.prompt, OLD.input_hash,
        OLD.subject_kind, OLD.subject_id, OLD.day, OLD.asked_at, OLD.give_up_at, OLD.daily_budget_cents,
        OLD.monthly_budget_cents, OLD.reserved_cents) THEN
        PERFORM ai_refuse('call_written_once', 'what was asked of whom cannot change');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER call_guard BEFORE INSERT OR UPDATE ON ai_modelcall
    FOR EACH ROW EXECUTE FUNCTION ai_guard_call();
CREATE FUNCTION ai_count_call() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    this_month date := date_trunc('month', NEW.day)::date;
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO ai_spend (purpose, period, since, reserved_cents, spent_cents, limit_cents)
        VALUES (NEW.purpose, 'day', NEW.day, NEW.reserved_cents, 0, NEW.daily_budget_cents),
               (NEW.purpose, 'month', this_month, NEW.reserved_cents, 0, NEW.monthly_budget_cents)
        ON CONFLICT (purpose, period, since) DO UPDATE
        SET reserved_cents = ai_spend.reserved_cents + EXCLUDED.reserved_cents, limit_cents = EXCLUDED.limit_cents;
    ELSIF OLD.outcome = 'asked' AND NEW.outcome <> 'asked' THEN
        -- What was spent is told even where it is more than what was set aside: the next call is refused then.
        UPDATE ai_spend SET reserved_cents = reserved_cents - NEW.reserved_cents,
            spent_cents = spent_cents + NEW.cost_cents,
            limit_cents = greatest(limit_cents, reserved_cents - NEW.reserved_cents + spent_cents + NEW.cost_cents)
        WHERE purpose = NEW.purpose AND period = 'day' AND since = NEW.day;
        UPDATE ai_spend SET reserved_cents = reserved_cents - NEW.reserved_cents,
            spent_cents = spent_cents + NEW.cost_cents,
            limit_cents = greatest(limit_cents, reserved_cents - NEW.reserved_cents + spent_cents + NEW.cost_cents)
        WHERE purpose = NEW.purpose AND period = 'month' AND since = this_month;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER call_counts_as_spend AFTER INSERT OR UPDATE ON ai_modelcall
    FOR EACH ROW EXECUTE FUNCTION ai_count_call();
CREATE FUNCTION ai_guard_spend() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        PERFORM ai_refuse('spend_changes_by_calls', 'spend changes by calls alone');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER spend_guard BEFORE INSERT OR UPDATE ON ai_spend
    FOR EACH ROW EXECUTE FUNCTION ai_guard_spend();
CREATE FUNCTION ai_reserve(
    new_id uuid, new_purpose text, new_route_id bigint, new_role text, new_provider text, new_model text,
    new_prompt text, new_input_hash text, new_subject_kind text, new_subject_id text, give_up_seconds double precision,
    daily_budget integer, monthly_budget integer, most_cents numeric,
    route_since timestamptz, assumed_day date, unanswered text[]
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    today date := (core_now() AT TIME ZONE 'UTC')::date;
    newest record;
    violated text;
BEGIN
    IF assumed_day IS NOT NULL THEN
        SELECT id, in_force_at INTO newest FROM ai_route
        WHERE purpose = new_purpose AND in_force_at <= core_now() ORDER BY in_force_at DESC, id DESC LIMIT 1;
        IF (newest.id, newest.in_force_at, today) IS DISTINCT FROM (new_route_id, route_since, assumed_day) THEN
            RETURN 'outdated';
        END IF;
    END IF;
    IF EXISTS (SELECT FROM ai_modelreply WHERE input_hash = ANY(unanswered) AND is_usable) THEN
        RETURN 'remembered';
    END IF;
    INSERT INTO ai_modelcall (id, purpose, route_id, role, provider, model, answered_by, prompt, input_hash,
        subject_kind, subject_id, day, give_up_at, outcome, daily_budget_cents, monthly_budget_cents, reserved_cents)
    VALUES (new_id, new_purpose, new_route_id, new_role, new_provider, new_model, '', new_prompt, new_input_hash,
        new_subject_kind, new_subject_id, today, core_now() + make_interval(secs => give_up_seconds), 'asked',
        daily_budget, monthly_budget, most_cents)
    ON CONFLICT (input_hash) WHERE outcome = 'asked' DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'under way';
    END IF;
    IF EXISTS (SELECT FROM ai_modelreply WHERE input_hash = new_input_hash AND is_usable) THEN
        RAISE EXCEPTION 'answered meanwhile' USING ERRCODE = 'AI001';
    END IF;
    RETURN 'reserved';
EXCEPTION
    WHEN SQLSTATE 'AI001' THEN
        RETURN 'remembered';
    WHEN check_violation THEN
        GET STACKED DIAGNOSTICS violated = CONSTRAINT_NAME;
        IF violated <> 'spend_within_limit' THEN
            RAISE;
        END IF;
        RETURN 'over budget';
END $$;
"""

# A batch that is over stays over; every fifteen minutes what waits is sent and what came is taken.
BATCHES_MOVE_FORWARD = """
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


class Migration(migrations.Migration):
    replaces = [
        ("ai", "0003_ledger_guards"),
        ("ai", "0006_batches_move_forward"),
        ("ai", "0009_a_question_is_one_statement"),
    ]
    dependencies = [
        ("ai", "0001_models"),
        ("core", "0001_database_clock"),
    ]
    operations = [
        migrations.RunSQL(LEDGER_GUARDS),
        migrations.RunSQL(BATCHES_MOVE_FORWARD),
    ]
