"""Privacy requests with their statutory clocks, suppression, do-not-call lists, and the journal of erasures."""

from django.db import migrations

# The order of a privacy request's steps, its statutory clocks and its timeline, kept by PostgreSQL. No code
# decides when an answer is due: it follows from when the request came in, what it asks and where the person
# lives. Business days are Monday to Friday without the holidays of 5 U.S.C. § 6103, reckoned here and nowhere
# else. A request comes in on the earliest day that any state's clock may show, and a business day ends with New
# York's: nobody gets an answer a day too late because they live farther west.
PRIVACY_GUARDS = """
CREATE FUNCTION accounts_is_fixed_holiday(day date) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT (extract(month FROM day), extract(day FROM day)) IN ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25))
        AND NOT (extract(month FROM day) = 6 AND extract(year FROM day) < 2021)
$$;
CREATE FUNCTION accounts_is_federal_holiday(day date) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE extract(isodow FROM day)
        WHEN 1 THEN accounts_is_fixed_holiday(day) OR accounts_is_fixed_holiday(day - 1)
            OR (extract(month FROM day), ceil(extract(day FROM day) / 7)) IN ((1, 3), (2, 3), (9, 1), (10, 2))
            OR extract(month FROM day) = 5 AND extract(day FROM day) >= 25
        WHEN 4 THEN accounts_is_fixed_holiday(day)
            OR extract(month FROM day) = 11 AND ceil(extract(day FROM day) / 7) = 4
        WHEN 5 THEN accounts_is_fixed_holiday(day) OR accounts_is_fixed_holiday(day + 1)
        ELSE accounts_is_fixed_holiday(day) END
$$;
CREATE FUNCTION accounts_is_business_day(day date) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT extract(isodow FROM day) < 6 AND NOT accounts_is_federal_holiday(day)
$$;
CREATE FUNCTION accounts_after_business_days(moment timestamptz, days integer) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
    SELECT (max(day) + 1)::timestamp AT TIME ZONE 'America/New_York' FROM (
        SELECT day FROM (
            SELECT (moment AT TIME ZONE 'Pacific/Honolulu')::date + ahead AS day
            FROM generate_series(1, days * 2 + 14) ahead) coming
        WHERE accounts_is_business_day(day) ORDER BY day LIMIT days) counted
$$;
CREATE FUNCTION accounts_before_business_days(moment timestamptz, days integer) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
    SELECT min(day)::timestamp AT TIME ZONE 'America/New_York' FROM (
        SELECT day FROM (
            SELECT (moment AT TIME ZONE 'America/New_York')::date - back AS day
            FROM generate_series(1, days * 2 + 14) back) gone
        WHERE accounts_is_business_day(day) ORDER BY day DESC LIMIT days) counted
$$;
-- Whom New Jersey's Daniel's Law protects is answered within 10 business days, whatever else would run.
CREATE FUNCTION accounts_is_by_daniels_law(asked accounts_privacyrequest) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT asked.is_covered_person AND asked.state_code = 'NJ' AND asked.kind IN ('opt_out', 'erase')
$$;
-- Cal. Civ. Code § 1798.130(a)(2): 45 days, once 45 more; Cal. Code Regs. tit. 11, § 7026(f): 15 business days.
-- Whoever is being harassed waits no longer than who opts out. N.J.S.A. 56:8-166.1: 10 business days.
CREATE FUNCTION accounts_privacy_due(asked accounts_privacyrequest) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN accounts_is_by_daniels_law(asked) THEN accounts_after_business_days(asked.received_at, 10)
        WHEN asked.kind IN ('opt_out', 'report_harassment') THEN accounts_after_business_days(asked.received_at, 15)
        WHEN asked.extended_at IS NOT NULL THEN asked.received_at + interval '90 days'
        ELSE asked.received_at + interval '45 days' END
$$;
CREATE FUNCTION accounts_privacy_refuse(reason text, says text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', says USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = reason;
END $$;
CREATE FUNCTION accounts_privacy_steps_on(asked accounts_privacyrequest, goes_to text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE asked.state
        WHEN 'received' THEN goes_to IN ('acknowledged', 'refused', 'withdrawn')
        WHEN 'acknowledged' THEN goes_to IN ('refused', 'withdrawn') OR goes_to = CASE
            WHEN asked.kind IN ('know', 'correct', 'erase') THEN 'awaiting_identity' ELSE 'in_progress' END
        WHEN 'awaiting_identity' THEN goes_to IN ('verified', 'refused', 'withdrawn', 'expired')
        WHEN 'verified' THEN goes_to IN ('in_progress', 'refused', 'withdrawn')
        WHEN 'in_progress' THEN goes_to IN ('completed', 'refused')
        ELSE false END
$$;
CREATE FUNCTION accounts_guard_proof(asked accounts_privacyrequest) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF asked.proven_by = 'code' AND NOT EXISTS (
           SELECT FROM accounts_identitycode WHERE request_id = asked.id AND used_at IS NOT NULL)
       OR asked.proven_by = 'operator' AND asked.decided_by_id IS NULL THEN
        PERFORM accounts_privacy_refuse('identity_is_proven', 'neither a code nor an operator proved who asks');
    END IF;
END $$;
CREATE FUNCTION accounts_guard_extension(asked accounts_privacyrequest, moment timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF asked.kind NOT IN ('know', 'correct', 'erase') OR accounts_is_by_daniels_law(asked)
       OR asked.extended_because = '' OR asked.complete_by < moment THEN
        PERFORM accounts_privacy_refuse('privacy_extension_allowed', 'the law gives no more time for this');
    END IF;
END $$;
CREATE FUNCTION accounts_guard_privacy_request() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := core_clock();
    is_closed boolean := NEW.state IN ('completed', 'refused', 'withdrawn', 'expired');
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'received' OR NEW.proven_by <> '' THEN
            PERFORM accounts_privacy_refuse('privacy_request_begins_received', 'a request begins as received');
        END IF;
        NEW.received_at := moment;
        NEW.acknowledged_at := NULL; NEW.verified_at := NULL; NEW.extended_at := NULL; NEW.closed_at := NULL;
        NEW.kept_until := NULL;
        NEW.acknowledge_by := moment + interval '10 days';
        NEW.complete_by := accounts_privacy_due(NEW);
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.reference, NEW.kind, NEW.language, NEW.state_code, NEW.is_covered_person, NEW.is_by_agent,
        NEW.received_at, NEW.acknowledge_by)
       IS DISTINCT FROM (OLD.id, OLD.reference, OLD.kind, OLD.language, OLD.state_code, OLD.is_covered_person,
        OLD.is_by_agent, OLD.received_at, OLD.acknowledge_by) THEN
        PERFORM accounts_privacy_refuse('privacy_request_written_once', 'what was asked, and when, cannot change');
    END IF;
    IF NEW.state <> OLD.state AND NOT accounts_privacy_steps_on(OLD, NEW.state)
       OR NEW.state = 'expired' AND OLD.state <> 'expired' AND moment < OLD.complete_by THEN
        PERFORM accounts_privacy_refuse('privacy_steps_in_order', 'no such step follows');
    END IF;
    IF NEW.proven_by <> OLD.proven_by AND OLD.proven_by <> '' THEN
        PERFORM accounts_privacy_refuse('identity_is_proven_once', 'it is proven already who asks');
    END IF;
    PERFORM accounts_guard_proof(NEW);
    IF NEW.state = 'verified' AND NEW.proven_by = '' THEN
        PERFORM accounts_privacy_refuse('verified_by_somebody', 'nobody proved who asks');
    END IF;
    IF OLD.extended_at IS NOT NULL AND NEW.extended_at IS DISTINCT FROM OLD.extended_at THEN
        PERFORM accounts_privacy_refuse('privacy_extended_once', 'it was extended before');
    END IF;
    IF OLD.extended_at IS NULL AND NEW.extended_at IS NOT NULL THEN
        PERFORM accounts_guard_extension(NEW, moment);
        NEW.extended_at := moment;
    END IF;
    NEW.acknowledged_at := CASE WHEN OLD.state = 'received' AND NEW.state = 'acknowledged' THEN moment
        ELSE OLD.acknowledged_at END;
    NEW.verified_at := CASE WHEN OLD.proven_by = '' AND NEW.proven_by <> '' THEN moment ELSE OLD.verified_at END;
    NEW.closed_at := CASE WHEN is_closed AND NEW.state <> OLD.state THEN moment ELSE OLD.closed_at END;
    NEW.kept_until := NEW.closed_at + interval '5 years';
    NEW.complete_by := accounts_privacy_due(NEW);
    RETURN NEW;
END $$;
CREATE TRIGGER privacy_request_guard BEFORE INSERT OR UPDATE ON accounts_privacyrequest
    FOR EACH ROW EXECUTE FUNCTION accounts_guard_privacy_request();
CREATE FUNCTION accounts_keep_privacy_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.kept_until IS NULL OR OLD.kept_until > core_clock() THEN
        PERFORM accounts_privacy_refuse('privacy_request_is_kept', 'requests are kept for five years');
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER privacy_request_keep BEFORE DELETE ON accounts_privacyrequest
    FOR EACH ROW EXECUTE FUNCTION accounts_keep_privacy_request();
CREATE FUNCTION accounts_note_privacy_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' OR NEW.state <> OLD.state THEN
        INSERT INTO accounts_privacystep (request_id, step, at) VALUES (NEW.id, NEW.state, core_clock());
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.extended_at IS NULL AND NEW.extended_at IS NOT NULL THEN
        INSERT INTO accounts_privacystep (request_id, step, at) VALUES (NEW.id, 'extended', NEW.extended_at);
    END IF;
    -- Papers that show who somebody is are kept until it is decided who they are, and no longer.
    IF NEW.proven_by <> '' OR NEW.closed_at IS NOT NULL THEN
        DELETE FROM accounts_identitydocument WHERE request_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER privacy_step_note AFTER INSERT OR UPDATE ON accounts_privacyrequest
    FOR EACH ROW EXECUTE FUNCTION accounts_note_privacy_step();
CREATE FUNCTION accounts_guard_privacy_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' OR EXISTS (
        SELECT FROM accounts_privacyrequest WHERE id = OLD.request_id
        AND (kept_until IS NULL OR kept_until > core_clock())) THEN
        PERFORM accounts_privacy_refuse('privacy_steps_stay', 'a timeline is written once');
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER privacy_step_guard BEFORE UPDATE OR DELETE ON accounts_privacystep
    FOR EACH ROW EXECUTE FUNCTION accounts_guard_privacy_step();
CREATE FUNCTION accounts_guard_identity_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM accounts_privacyrequest WHERE id = NEW.request_id
               AND (proven_by <> '' OR closed_at IS NOT NULL) FOR SHARE) THEN
        PERFORM accounts_privacy_refuse('no_document_after_the_decision', 'it is decided already who asks');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER identity_document_guard BEFORE INSERT ON accounts_identitydocument
    FOR EACH ROW EXECUTE FUNCTION accounts_guard_identity_document();
CREATE FUNCTION accounts_guard_identity_code() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := core_clock();
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM FROM accounts_privacyrequest WHERE id = NEW.request_id FOR UPDATE;
        IF (SELECT count(*) FROM accounts_identitycode
            WHERE request_id = NEW.request_id AND asked_at > moment - interval '1 day') >= 3 THEN
            PERFORM accounts_privacy_refuse('three_codes_a_day', 'three codes a day are all');
        END IF;
        NEW.asked_at := moment; NEW.sent_at := NULL; NEW.used_at := NULL; NEW.wrong_tries := 0; NEW.code_hash := '';
        RETURN NEW;
    END IF;
    IF (NEW.request_id, NEW.channel, NEW.asked_at) IS DISTINCT FROM (OLD.request_id, OLD.channel, OLD.asked_at)
       OR NEW.wrong_tries < OLD.wrong_tries OR OLD.used_at IS NOT NULL AND NEW.used_at IS DISTINCT FROM OLD.used_at THEN
        PERFORM accounts_privacy_refuse('identity_code_written_once', 'a code is what it is, and tried as often as it was');
    END IF;
    IF OLD.used_at IS NULL AND NEW.used_at IS NOT NULL THEN
        IF OLD.sent_at IS NULL OR OLD.sent_at < moment - interval '15 minutes' OR OLD.wrong_tries >= 5
           OR EXISTS (SELECT FROM accounts_identitycode later WHERE later.request_id = OLD.request_id
                      AND later.asked_at > OLD.asked_at) THEN
            PERFORM accounts_privacy_refuse('identity_code_is_good', 'this code counts no more');
        END IF;
        NEW.used_at := moment;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER identity_code_guard BEFORE INSERT OR UPDATE ON accounts_identitycode
    FOR EACH ROW EXECUTE FUNCTION accounts_guard_identity_code();
CREATE FUNCTION accounts_guard_reported_buyer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.outcome <> 'waiting'
       OR (NEW.request_id, NEW.organisation_id, NEW.lead_id) IS DISTINCT FROM
          (OLD.request_id, OLD.organisation_id, OLD.lead_id) THEN
        PERFORM accounts_privacy_refuse('report_decided_once', 'this was decided before');
    END IF;
    NEW.decided_at := core_clock();
    RETURN NEW;
END $$;
CREATE TRIGGER reported_buyer_guard BEFORE UPDATE ON accounts_reportedbuyer
    FOR EACH ROW EXECUTE FUNCTION accounts_guard_reported_buyer();
"""

SUPPRESSION_AND_ERASURE = """
CREATE FUNCTION accounts_guard_suppression() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.lifted_at IS NOT NULL OR NEW.lifted_at IS NULL
       OR to_jsonb(NEW) - 'lifted_at' <> to_jsonb(OLD) - 'lifted_at' THEN
        PERFORM accounts_refuse('suppression_lifted_once', 'a suppression is lifted, once, and nothing else');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER suppression_guard BEFORE UPDATE ON accounts_suppression
    FOR EACH ROW EXECUTE FUNCTION accounts_guard_suppression();
CREATE TRIGGER suppression_is_kept BEFORE DELETE OR TRUNCATE ON accounts_suppression
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
-- What shows that the lists were asked is kept for five years: 16 C.F.R. 310.5, 47 C.F.R. 64.1200(d)(6).
CREATE FUNCTION accounts_guard_call_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.began_at > core_now() - interval '5 years' THEN
        PERFORM accounts_refuse('call_records_kept_five_years', 'records of do-not-call lists are kept five years');
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER edition_kept_five_years BEFORE DELETE ON accounts_donotcalledition
    FOR EACH ROW EXECUTE FUNCTION accounts_guard_call_record();
CREATE TRIGGER check_kept_five_years BEFORE DELETE ON accounts_donotcallcheck
    FOR EACH ROW EXECUTE FUNCTION accounts_guard_call_record();
CREATE FUNCTION accounts_guard_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.finished_at IS NOT NULL AND NEW.person IS NOT NULL)
       OR (to_jsonb(NEW) - '{person,journaled_at,finished_at,lead_ids}'::text[])
          <> (to_jsonb(OLD) - '{person,journaled_at,finished_at,lead_ids}'::text[])
       OR NOT NEW.lead_ids @> OLD.lead_ids THEN
        PERFORM accounts_refuse('erasure_goes_forward', 'an erasure is carried on, never taken back');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER erasure_guard BEFORE UPDATE ON accounts_erasure
    FOR EACH ROW EXECUTE FUNCTION accounts_guard_erasure();
CREATE TRIGGER erasure_is_kept BEFORE DELETE OR TRUNCATE ON accounts_erasure
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE FUNCTION accounts_guard_erasure_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.done_at IS NOT NULL THEN
        PERFORM accounts_refuse('erased_step_stays_done', 'what a holder has done stays done');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER erasure_step_guard BEFORE UPDATE ON accounts_erasurestep
    FOR EACH ROW EXECUTE FUNCTION accounts_guard_erasure_step();
"""


class Migration(migrations.Migration):
    replaces = [
        ("accounts", "0009_privacy_guards"),
        ("accounts", "0011_suppression_and_erasure"),
    ]
    dependencies = [
        ("accounts", "0003_guards_of_organisations"),
        ("core", "0001_database_clock"),
    ]
    operations = [
        migrations.RunSQL(PRIVACY_GUARDS),
        migrations.RunSQL(SUPPRESSION_AND_ERASURE),
    ]
