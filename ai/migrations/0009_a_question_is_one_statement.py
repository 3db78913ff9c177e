"""What a caller takes for granted is looked up by the statement that sets its cost aside, not by statements before it.

``ai_reserve`` writes nothing where a newer route is in force, another day has begun, or one of the steps answered the
same before.
"""

from django.db import migrations

RESERVE = """
DROP FUNCTION ai_reserve;
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

UNDO = """
DROP FUNCTION ai_reserve;
CREATE FUNCTION ai_reserve(
    new_id uuid, new_purpose text, new_route_id bigint, new_role text, new_provider text, new_model text,
    new_prompt text, new_input_hash text, new_subject_kind text, new_subject_id text, give_up_seconds double precision,
    daily_budget integer, monthly_budget integer, most_cents numeric
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    violated text;
BEGIN
    INSERT INTO ai_modelcall (id, purpose, route_id, role, provider, model, answered_by, prompt, input_hash,
        subject_kind, subject_id, day, give_up_at, outcome, daily_budget_cents, monthly_budget_cents, reserved_cents)
    VALUES (new_id, new_purpose, new_route_id, new_role, new_provider, new_model, '', new_prompt, new_input_hash,
        new_subject_kind, new_subject_id, (core_now() AT TIME ZONE 'UTC')::date, core_now() + make_interval(secs => give_up_seconds), 'asked',
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


class Migration(migrations.Migration):
    dependencies = [("ai", "0008_batches_for_operators")]
    operations = [migrations.RunSQL(RESERVE, UNDO)]
