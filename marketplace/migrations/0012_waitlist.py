"""The waitlist: after a hold ends, two minutes belong to each entry in turn (design §4.4-5).

Whose turn it is is stored nowhere. It follows from the claims' ranges and from when entries came and went, so that
an expired hold hands the lead on without any job; the guard of a claim asks at the moment at which it is made.
"""

import uuid

import django.db.models.deletion
from django.db import migrations, models

import aiqleads.core.clock

TURNS = """
CREATE FUNCTION marketplace_full_times(of_lead uuid) RETURNS tstzmultirange LANGUAGE sql STABLE AS $$
    -- When no copy was to be had: what the copies' claims have in common. A closed copy is taken for good.
    SELECT range_intersect_agg(copy.taken) FROM (
        SELECT coalesce(range_agg(claim.during), '{}') + CASE WHEN slot.closed_at IS NULL THEN '{}'::tstzmultirange
               ELSE tstzmultirange(tstzrange(slot.closed_at, NULL)) END AS taken
        FROM marketplace_leadslot slot LEFT JOIN marketplace_claim claim ON claim.slot_id = slot.id
        WHERE slot.lead_id = of_lead GROUP BY slot.id) copy
$$;

CREATE FUNCTION marketplace_waitlist(of_lead uuid, moment timestamptz)
RETURNS TABLE (entry_id uuid, place bigint, turn_ends_at timestamptz) LANGUAGE plpgsql STABLE AS $$
DECLARE
    gap record;
    entry record;
    passed jsonb := '{}';  -- entry: when its last window ended unused, from when on it stands behind
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
        FOR entry IN
            SELECT * FROM marketplace_waitlistentry waiting WHERE waiting.lead_id = of_lead
            ORDER BY coalesce((passed ->> waiting.id::text)::timestamptz, waiting.joined_at), waiting.id
        LOOP
            CONTINUE WHEN entry.joined_at > begins OR entry.left_at <= begins;
            ends := least(begins + interval '2 minutes', entry.left_at);
            EXIT WHEN gap.closes < ends;
            IF ends > moment THEN
                turn := entry.id;
                turn_ends := ends;
                EXIT;
            END IF;
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
"""

HOLDING = """
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
"""

WAITING = """
CREATE FUNCTION marketplace_join_waitlist(entry marketplace_waitlistentry)
RETURNS marketplace_waitlistentry LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz;
BEGIN
    IF NOT EXISTS (SELECT FROM accounts_membership WHERE id = entry.membership_id
                   AND organisation_id = entry.organisation_id AND role <> 'reader') THEN
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

UNDO = """
DROP TRIGGER waiting_is_written_once ON marketplace_waitlistentry;
DROP FUNCTION marketplace_guard_waiting();
DROP FUNCTION marketplace_join_waitlist(marketplace_waitlistentry);
DROP TRIGGER last_sale_ends_the_waitlist ON marketplace_listing;
DROP FUNCTION marketplace_end_waitlist();
DROP TRIGGER holder_leaves_the_waitlist ON marketplace_claim;
DROP FUNCTION marketplace_leave_waitlist();
DROP TRIGGER claim_waits_its_turn ON marketplace_claim;
DROP FUNCTION marketplace_guard_turn();
DROP FUNCTION marketplace_waitlist(uuid, timestamptz);
DROP FUNCTION marketplace_full_times(uuid);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_terms_are_accepted_once"), ("marketplace", "0011_places_in_space")]
    operations = [
        migrations.CreateModel(
            name="WaitlistEntry",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("joined_at", models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ("left_at", models.DateTimeField(null=True)),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="waitlist", to="leads.lead"
                    ),
                ),
                (
                    "membership",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.membership"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organisation"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(left_at=None), fields=("lead", "organisation"), name="waitlisted_once"
                    )
                ],
            },
        ),
        migrations.RunSQL(TURNS + HOLDING + WAITING, UNDO),
    ]
