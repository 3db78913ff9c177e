"""Who may hold a lead first: early access, and the queue for leads that are held."""

from django.db import migrations

# The waitlist: after a hold ends, two minutes belong to each entry in turn (design §4.4-5). Whose turn it is is
# stored nowhere. It follows from the claims' ranges and from when entries came and went, so that an expired
# hold hands the lead on without any job; the guard of a claim asks at the moment at which it is made.
WAITLIST = """
CREATE FUNCTION marketplace_full_times(of_lead uuid) RETURNS tstzmultirange LANGUAGE sql STABLE AS $$
    -- When no copy was to be had: what the copies' claims have in common. A closed copy is taken for good, and one
    -- that replaces another was taken until that one was closed.
    SELECT range_intersect_agg(copy.taken) FROM (
        SELECT coalesce(range_agg(claim.during), '{}')
            + CASE WHEN slot.closed_at IS NULL THEN '{}'::tstzmultirange
              ELSE tstzmultirange(tstzrange(slot.closed_at, NULL)) END
            + CASE WHEN replaced.closed_at IS NULL THEN '{}'::tstzmultirange
              ELSE tstzmultirange(tstzrange(NULL, replaced.closed_at)) END AS taken
        FROM marketplace_leadslot slot
        LEFT JOIN marketplace_leadslot replaced ON replaced.id = slot.replaces_id
        LEFT JOIN marketplace_claim claim ON claim.slot_id = slot.id
        WHERE slot.lead_id = of_lead GROUP BY slot.id, replaced.id) copy
$$;
CREATE FUNCTION marketplace_waitlist(of_lead uuid, moment timestamptz)
RETURNS TABLE (entry_id uuid, place bigint, turn_ends_at timestamptz) LANGUAGE plpgsql STABLE AS $$
DECLARE
    gap record;
    entry record;
    passed jsonb := '{}';  -- entry: when its last window ended unused, from when on it stands behind
    served uuid[];  -- the organisations that had a window in this gap
    begins timestamptz;
    ends timestamptz;
    turn uuid;
    turn_ends timestamptz;
BEGIN
    IF NOT EXISTS (SELECT FROM marketplace_waitlistentry WHERE lead_id = of_lead AND left_at IS NULL) THEN
        RETURN;
    END IF;
    FOR gap IN
        SELECT upper(full_time) AS opens, lead(lower(full_time)) OVER (ORDER BY full_time) AS closes
        FROM unnest(marketplace_full_times(of_lead)) full_time ORDER BY full_time
    LOOP
        EXIT WHEN gap.opens IS NULL OR gap.opens > moment;
        begins := gap.opens;
        served := '{}';
        FOR entry IN
            SELECT * FROM marketplace_waitlistentry waiting WHERE waiting.lead_id = of_lead
            ORDER BY coalesce((passed ->> waiting.id::text)::timestamptz, waiting.joined_at), waiting.id
        LOOP
            CONTINUE WHEN entry.joined_at > begins OR entry.left_at <= begins
                OR entry.organisation_id = ANY (served);
            ends := least(begins + interval '2 minutes', entry.left_at);
            EXIT WHEN gap.closes < ends;
            IF ends > moment THEN
                turn := entry.id;
                turn_ends := ends;
                EXIT;
            END IF;
            served := served || entry.organisation_id;
            passed := passed || jsonb_build_object(entry.id, ends);
            begins := ends;
        END LOOP;
    END LOOP;
    RETURN QUERY
        SELECT waiting.id, row_number() OVER (
                ORDER BY coalesce((passed ->> waiting.id::text)::timestamptz, waiting.joined_at), waiting.id),
            CASE WHEN waiting.id = turn THEN turn_ends END
        FROM marketplace_waitlistentry waiting WHERE waiting.lead_id = of_lead AND waiting.left_at IS NULL;
END $$;
CREATE FUNCTION marketplace_guard_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Of a bundle the first copy was asked, and with it its organisation has left the list.
    IF NOT EXISTS (SELECT FROM marketplace_claim WHERE bundle = NEW.bundle) AND EXISTS (
        SELECT FROM marketplace_waitlist(NEW.lead_id, lower(NEW.during)) turn
        JOIN marketplace_waitlistentry entry ON entry.id = turn.entry_id
        WHERE turn.turn_ends_at IS NOT NULL AND entry.organisation_id <> NEW.organisation_id) THEN
        PERFORM marketplace_refuse('claim_waits_its_turn', 'the waitlist comes first');
    END IF;
    RETURN NEW;
END $$;
-- Named to run after claim_guard, which sets the moment at which the hold starts and has the offer's lock.
CREATE TRIGGER claim_waits_its_turn BEFORE INSERT ON marketplace_claim
    FOR EACH ROW EXECUTE FUNCTION marketplace_guard_turn();
CREATE FUNCTION marketplace_leave_waitlist() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE marketplace_waitlistentry SET left_at = core_clock()
    WHERE lead_id = NEW.lead_id AND left_at IS NULL AND organisation_id = NEW.organisation_id;
    RETURN NULL;
END $$;
CREATE TRIGGER holder_leaves_the_waitlist AFTER INSERT ON marketplace_claim
    FOR EACH ROW EXECUTE FUNCTION marketplace_leave_waitlist();
CREATE FUNCTION marketplace_end_waitlist() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE marketplace_waitlistentry SET left_at = core_clock() WHERE lead_id = NEW.lead_id AND left_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER last_sale_ends_the_waitlist AFTER UPDATE OF copies_left ON marketplace_listing
    FOR EACH ROW WHEN (NEW.copies_left = 0) EXECUTE FUNCTION marketplace_end_waitlist();
CREATE FUNCTION marketplace_join_waitlist(entry marketplace_waitlistentry)
RETURNS marketplace_waitlistentry LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz;
BEGIN
    IF NOT EXISTS (SELECT FROM accounts_membership WHERE id = entry.membership_id
                   AND organisation_id = entry.organisation_id AND role <> 'viewer') THEN
        PERFORM marketplace_refuse('waiting_as_a_buyer', 'the member does not buy for this organisation');
    END IF;
    -- Joining and holding meet at the offer's row, which a hold locks FOR SHARE.
    PERFORM FROM marketplace_listing WHERE lead_id = entry.lead_id FOR NO KEY UPDATE;
    moment := core_clock();
    IF EXISTS (SELECT FROM marketplace_claim WHERE lead_id = entry.lead_id
               AND organisation_id = entry.organisation_id AND during @> moment) THEN
        PERFORM marketplace_refuse('waiting_for_ones_own', 'the organisation has this lead');
    END IF;
    IF (marketplace_require_saleable(entry.lead_id, moment)).copies_left = 0 THEN
        PERFORM marketplace_refuse('waiting_for_a_sold_lead', 'every copy is sold');
    END IF;
    IF EXISTS (SELECT FROM marketplace_claim earlier WHERE earlier.lead_id = entry.lead_id
            AND earlier.organisation_id = entry.organisation_id AND earlier.state IN ('held', 'released')
            AND upper(earlier.during) > moment - interval '10 minutes') THEN
        PERFORM marketplace_refuse('claim_pause', 'ten minutes must pass before waiting for the same lead');
    END IF;
    IF NOT marketplace_full_times(entry.lead_id) @> moment AND NOT EXISTS (
        SELECT FROM marketplace_waitlist(entry.lead_id, moment) WHERE turn_ends_at IS NOT NULL) THEN
        PERFORM marketplace_refuse('waiting_for_a_free_lead', 'a copy is free');
    END IF;
    entry.joined_at := moment;
    entry.left_at := NULL;
    RETURN entry;
END $$;
CREATE FUNCTION marketplace_guard_waiting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        RETURN marketplace_join_waitlist(NEW);
    END IF;
    IF OLD.left_at IS NOT NULL OR NEW.left_at IS NULL
       OR (NEW.id, NEW.lead_id, NEW.organisation_id, NEW.membership_id, NEW.joined_at) IS DISTINCT FROM
          (OLD.id, OLD.lead_id, OLD.organisation_id, OLD.membership_id, OLD.joined_at) THEN
        PERFORM marketplace_refuse('waiting_is_written_once', 'an entry only leaves, once');
    END IF;
    NEW.left_at := core_clock();
    RETURN NEW;
END $$;
CREATE TRIGGER waiting_is_written_once BEFORE INSERT OR UPDATE ON marketplace_waitlistentry
    FOR EACH ROW EXECUTE FUNCTION marketplace_guard_waiting();
"""

# Who may take a new lead first: its territory holders, then plans with an early window, then everybody. The
# windows of an offer are fixed when it opens and never again. When it opens to one organisation is derived from
# them by ``marketplace_opens_to``, which the guard of a claim and every page ask.
EARLY_ACCESS = """
CREATE FUNCTION marketplace_set_windows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    plan_minutes integer;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.opens_at > OLD.opens_at
           OR (NEW.plans_from, NEW.everyone_from) IS DISTINCT FROM (OLD.plans_from, OLD.everyone_from) THEN
            PERFORM marketplace_refuse('listing_opens_once', 'an offer opens once');
        END IF;
        RETURN NEW;
    END IF;
    NEW.plans_from := NULL;
    NEW.everyone_from := NULL;
    IF NEW.opens_at < core_clock() - interval '2 hours' THEN
        RETURN NEW;  -- brought in late, as by load_leads: its windows would be over
    END IF;
    NEW.plans_from := NEW.opens_at;
    IF EXISTS (SELECT FROM marketplace_territory WHERE has_early_access AND since <= NEW.opens_at AND id IN (
               SELECT marketplace_territories_at(NEW.zip_code, NEW.latitude, NEW.longitude))) THEN
        NEW.plans_from := NEW.opens_at + interval '15 minutes';
    END IF;
    SELECT max(value) INTO plan_minutes FROM accounts_entitlement
        WHERE key = 'early_minutes' AND value > 0 AND (until IS NULL OR until > NEW.opens_at);
    NEW.everyone_from := NEW.plans_from + make_interval(mins => least(60, coalesce(plan_minutes, 0)));
    IF NEW.everyone_from = NEW.opens_at THEN
        NEW.plans_from := NULL;
        NEW.everyone_from := NULL;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER listing_opens_once
    BEFORE INSERT OR UPDATE OF opens_at, plans_from, everyone_from ON marketplace_listing
    FOR EACH ROW EXECUTE FUNCTION marketplace_set_windows();
CREATE FUNCTION marketplace_opens_to(listing marketplace_listing, buyer uuid, moment timestamptz)
RETURNS TABLE (opens_at timestamptz, is_holder boolean) LANGUAGE plpgsql STABLE AS $$
BEGIN
    opens_at := listing.opens_at;
    is_holder := false;
    IF listing.everyone_from IS NULL THEN
        RETURN NEXT;
        RETURN;
    END IF;
    is_holder := EXISTS (
        SELECT FROM marketplace_territory territory WHERE territory.organisation_id = buyer
           AND territory.has_early_access AND territory.since <= listing.opens_at AND territory.id IN (
               SELECT marketplace_territories_at(listing.zip_code, listing.latitude, listing.longitude)));
    IF NOT is_holder THEN
        opens_at := greatest(listing.plans_from, listing.everyone_from - make_interval(
            mins => greatest(0, marketplace_entitlement(buyer, 'early_minutes', 0, moment))));
    END IF;
    RETURN NEXT;
END $$;
CREATE FUNCTION marketplace_guard_order_of_access() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    listing marketplace_listing;
BEGIN
    SELECT * INTO listing FROM marketplace_listing WHERE lead_id = NEW.lead_id;
    IF listing.everyone_from > core_clock()
       AND (SELECT opens_at FROM marketplace_opens_to(listing, NEW.organisation_id, core_clock())) > core_clock() THEN
        PERFORM marketplace_refuse('claim_opens_in_order', 'the lead is not open to this organisation yet');
    END IF;
    RETURN NEW;
END $$;
-- Named to run after claim_guard, which has the offer's lock.
CREATE TRIGGER claim_opens_in_order BEFORE INSERT ON marketplace_claim
    FOR EACH ROW EXECUTE FUNCTION marketplace_guard_order_of_access();
-- Else somebody to whom the lead is not open yet could have its two minutes of the waitlist, and nobody could hold it.
CREATE TRIGGER waiting_opens_in_order BEFORE INSERT ON marketplace_waitlistentry
    FOR EACH ROW EXECUTE FUNCTION marketplace_guard_order_of_access();
"""

# An organisation waits for as many leads as its plan allows, and hears when its turn has come.
WAITING_WITHIN_PLAN = """
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


class Migration(migrations.Migration):
    replaces = [
        ("marketplace", "0012_waitlist"),
        ("marketplace", "0018_one_window_each"),
        ("marketplace", "0026_resold_copies_wait"),
        ("marketplace", "0030_early_access"),
        ("marketplace", "0041_waiting_within_plan"),
    ]
    dependencies = [
        ("accounts", "0001_models"),
        ("core", "0001_database_clock"),
        ("marketplace", "0003_guards_of_copies"),
    ]
    operations = [
        migrations.RunSQL(WAITLIST),
        migrations.RunSQL(EARLY_ACCESS),
        migrations.RunSQL(WAITING_WITHIN_PLAN),
    ]
