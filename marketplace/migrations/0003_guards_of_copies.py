"""Copies of a lead: closed once, within the owner's consent, sold again only after a return."""

from django.db import migrations

# A copy is closed once, only while nobody has it, and then leaves the offer's count (design §4.3, §4.8).
SLOTS_CLOSE_ONCE = """
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
    IF EXISTS (SELECT FROM marketplace_claim WHERE slot_id = NEW.id AND during @> core_clock()
               AND state <> 'returned') THEN
        PERFORM marketplace_refuse('slot_closed_when_free', 'somebody has this copy');
    END IF;
    -- A copy that came back left the count when it was sold.
    IF NOT EXISTS (SELECT FROM marketplace_claim WHERE slot_id = NEW.id AND state = 'returned') THEN
        UPDATE marketplace_listing SET copies_left = copies_left - 1 WHERE lead_id = NEW.lead_id;
    END IF;
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

# Of a lead whose owner consented there are never more copies, and never more sales, than the agents they named.
# Every copy ever made counts, returned and closed ones too. A home that proved to be another lead's counts what
# was delivered there.
COPIES_WITHIN_CONSENT = """
CREATE FUNCTION leads_agents_consented(lead uuid) RETURNS integer LANGUAGE sql STABLE AS $$
    SELECT min(consent.agents)::integer FROM leads_consent consent
    JOIN leads_observation sighting ON sighting.id = consent.observation_id
    WHERE sighting.lead_id = lead
$$;
CREATE FUNCTION marketplace_delivered(home uuid, merged_only boolean) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT count(*) FROM marketplace_claim claim JOIN leads_lead lead ON lead.id = claim.lead_id
    WHERE claim.state IN ('sold', 'returned')
      AND (lead.merged_into_id = home OR (lead.id = home AND NOT merged_only))
$$;
CREATE FUNCTION marketplace_guard_copies() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Whoever brings a consent locks its lead too, so that neither misses the other.
    PERFORM FROM leads_lead WHERE id = NEW.lead_id FOR NO KEY UPDATE;
    IF (SELECT count(*) FROM marketplace_leadslot WHERE lead_id = NEW.lead_id)
       + marketplace_delivered(NEW.lead_id, true) >= leads_agents_consented(NEW.lead_id) THEN
        PERFORM marketplace_refuse('slots_within_consent', 'the owner agreed to no further copy');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER slots_within_consent BEFORE INSERT ON marketplace_leadslot
    FOR EACH ROW EXECUTE FUNCTION marketplace_guard_copies();
CREATE FUNCTION marketplace_guard_agents() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state IN ('held', 'sold') AND leads_agents_consented(NEW.lead_id) IS NOT NULL THEN
        PERFORM FROM leads_lead WHERE id = NEW.lead_id FOR NO KEY UPDATE;
        IF marketplace_delivered(NEW.lead_id, false) >= leads_agents_consented(NEW.lead_id) THEN
            PERFORM marketplace_refuse('claim_within_consent', 'as many agents as agreed have it');
        END IF;
    END IF;
    RETURN NEW;
END $$;
-- Named to run before claim_guard, which shares a lock on the lead that this one wants alone.
CREATE TRIGGER claim_agents_consented BEFORE INSERT OR UPDATE OF state ON marketplace_claim
    FOR EACH ROW EXECUTE FUNCTION marketplace_guard_agents();
CREATE TRIGGER consent_text_is_written_once BEFORE UPDATE OR DELETE ON leads_consenttext
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
"""

# What a return may do, as the database allows it (design §4.3, §4.13). A claim is returned only together with
# its reversal journal, its closed copy and its accepted return; an offered lead gets a further copy only in the
# place of one that came back for a reason of its buyer's.
RETURN_GUARDS = """
CREATE FUNCTION marketplace_return_window_days(moment timestamptz) RETURNS integer LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT window_days FROM marketplace_returnpolicy WHERE in_force_at <= moment
                     ORDER BY in_force_at DESC, id DESC LIMIT 1), 14)
$$;
CREATE FUNCTION marketplace_open_return(wanted marketplace_return) RETURNS marketplace_return LANGUAGE plpgsql AS $$
DECLARE
    bought marketplace_purchase;
    moment timestamptz := core_clock();
BEGIN
    SELECT * INTO bought FROM marketplace_purchase WHERE id = wanted.purchase_id;
    IF wanted.state <> 'requested' OR wanted.appealed_at IS NOT NULL OR wanted.decided_at IS NOT NULL THEN
        PERFORM marketplace_refuse('return_starts_requested', 'a return starts with a request');
    END IF;
    IF NOT EXISTS (SELECT FROM marketplace_claim WHERE id = bought.claim_id AND state = 'sold') THEN
        PERFORM marketplace_refuse('return_of_a_sale', 'only a standing sale is returned');
    END IF;
    wanted.requested_at := moment;
    IF wanted.membership_id IS NOT NULL THEN
        IF NOT EXISTS (SELECT FROM accounts_membership WHERE id = wanted.membership_id
                       AND organisation_id = bought.organisation_id AND role <> 'viewer') THEN
            PERFORM marketplace_refuse('return_by_its_buyer', 'the purchase is not this buyer''s');
        END IF;
        wanted.arose_at := moment;
    END IF;
    IF wanted.arose_at > moment OR (wanted.reason <> 'same_home' AND wanted.arose_at > bought.bought_at
            + make_interval(days => marketplace_return_window_days(bought.bought_at))) THEN
        PERFORM marketplace_refuse('return_within_window', 'the time for returns is over');
    END IF;
    RETURN wanted;
END $$;
CREATE FUNCTION marketplace_change_return(old_return marketplace_return, wanted marketplace_return)
RETURNS marketplace_return LANGUAGE plpgsql AS $$
DECLARE
    step text := old_return.state || ' to ' || wanted.state;
    is_seen_by_us boolean := wanted.ground IN ('shown_active', 'erased', 'same_home');
BEGIN
    IF (wanted.id, wanted.purchase_id, wanted.membership_id, wanted.reason, wanted.explanation, wanted.arose_at,
        wanted.requested_at, wanted.person_because)
       IS DISTINCT FROM
       (old_return.id, old_return.purchase_id, old_return.membership_id, old_return.reason, old_return.explanation,
        old_return.arose_at, old_return.requested_at, old_return.person_because) THEN
        PERFORM marketplace_refuse('return_written_once', 'what was requested cannot change');
    END IF;
    IF step NOT IN ('requested to accepted', 'requested to refused', 'refused to appealed', 'refused to accepted',
                    'appealed to accepted', 'appealed to refused') THEN
        PERFORM marketplace_refuse('return_step', 'a return cannot go from ' || step);
    END IF;
    IF step = 'refused to appealed' THEN
        IF old_return.appealed_at IS NOT NULL THEN
            PERFORM marketplace_refuse('return_appealed_once', 'it was appealed before');
        END IF;
        wanted.appealed_at := core_clock();
        RETURN wanted;
    END IF;
    IF wanted.appealed_at IS DISTINCT FROM old_return.appealed_at THEN
        PERFORM marketplace_refuse('return_written_once', 'when it was appealed cannot change');
    END IF;
    IF NOT EXISTS (SELECT FROM accounts_user WHERE id = wanted.decided_by_id AND is_staff)
       AND (wanted.decided_by_id IS NOT NULL OR NOT is_seen_by_us AND (
            wanted.state = 'refused' OR old_return.state <> 'requested' OR old_return.person_because <> '')) THEN
        PERFORM marketplace_refuse('return_decided_by_a_person', 'a person has to decide this');
    END IF;
    wanted.decided_at := core_clock();
    RETURN wanted;
END $$;
CREATE FUNCTION marketplace_guard_return() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        RETURN marketplace_open_return(NEW);
    END IF;
    IF NEW.state = OLD.state
       AND to_jsonb(NEW) - '{explanation,appeal}'::text[] = to_jsonb(OLD) - '{explanation,appeal}'::text[]
       AND marketplace_is_erased((SELECT lead_id FROM marketplace_purchase WHERE id = NEW.purchase_id)) THEN
        RETURN NEW;
    END IF;
    RETURN marketplace_change_return(OLD, NEW);
END $$;
CREATE TRIGGER return_guard BEFORE INSERT OR UPDATE ON marketplace_return
    FOR EACH ROW EXECUTE FUNCTION marketplace_guard_return();
CREATE TRIGGER return_is_kept BEFORE DELETE OR TRUNCATE ON marketplace_return
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER return_policy_is_written_once BEFORE UPDATE OR DELETE ON marketplace_returnpolicy
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
CREATE FUNCTION marketplace_guard_returned_claim() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM billing_journal WHERE key = 'return:' || NEW.id AND reverses_id = OLD.journal_id) THEN
        PERFORM marketplace_refuse('claim_returned_by_its_journal', 'a returned sale is paid back');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER claim_returned_by_its_journal BEFORE UPDATE OF state ON marketplace_claim
    FOR EACH ROW WHEN (OLD.state = 'sold' AND NEW.state = 'returned')
    EXECUTE FUNCTION marketplace_guard_returned_claim();
CREATE FUNCTION marketplace_count_return() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE marketplace_listing SET returned_copies = returned_copies + 1 WHERE lead_id = NEW.lead_id;
    RETURN NULL;
END $$;
CREATE TRIGGER claim_counts_its_return AFTER UPDATE OF state ON marketplace_claim
    FOR EACH ROW WHEN (OLD.state = 'sold' AND NEW.state = 'returned')
    EXECUTE FUNCTION marketplace_count_return();
CREATE FUNCTION marketplace_check_returned_claim() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM marketplace_return asked JOIN marketplace_purchase bought ON bought.id = asked.purchase_id
        JOIN billing_journal journal ON journal.id = asked.journal_id
        WHERE bought.claim_id = NEW.id AND asked.state = 'accepted' AND journal.key = 'return:' || NEW.id) THEN
        PERFORM marketplace_refuse('returned_claim_has_its_return', 'a sale comes back by an accepted return');
    END IF;
    IF NOT EXISTS (SELECT FROM marketplace_leadslot WHERE id = NEW.slot_id AND closed_at IS NOT NULL) THEN
        PERFORM marketplace_refuse('returned_slot_is_closed', 'a returned copy is closed for ever');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER returned_claim_is_settled AFTER UPDATE OF state ON marketplace_claim
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.state = 'sold' AND NEW.state = 'returned')
    EXECUTE FUNCTION marketplace_check_returned_claim();
CREATE FUNCTION marketplace_check_return() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM marketplace_purchase bought JOIN marketplace_claim claim ON claim.id = bought.claim_id
        WHERE bought.id = NEW.purchase_id AND claim.state = 'returned') THEN
        PERFORM marketplace_refuse('accepted_return_is_credited', 'an accepted return is credited');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER accepted_return_is_credited AFTER UPDATE ON marketplace_return
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'accepted')
    EXECUTE FUNCTION marketplace_check_return();
CREATE FUNCTION marketplace_guard_resale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.replaces_id IS NULL THEN
        IF EXISTS (SELECT FROM marketplace_listing WHERE lead_id = NEW.lead_id) THEN
            PERFORM marketplace_refuse('slots_of_the_first_offer', 'an offered lead gets no further copy');
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.closed_at IS NOT NULL OR marketplace_delivered(NEW.lead_id, true) > 0 OR NOT EXISTS (
        SELECT FROM marketplace_leadslot slot
        JOIN marketplace_claim claim ON claim.slot_id = slot.id AND claim.state = 'returned'
        JOIN marketplace_purchase bought ON bought.claim_id = claim.id
        JOIN marketplace_return asked ON asked.purchase_id = bought.id AND asked.state = 'accepted'
        JOIN leads_lead lead ON lead.id = slot.lead_id AND lead.merged_into_id IS NULL
        WHERE slot.id = NEW.replaces_id AND slot.lead_id = NEW.lead_id AND slot.closed_at IS NOT NULL
          AND asked.ground IN ('duplicate_of_mine', 'out_of_area')) THEN
        PERFORM marketplace_refuse('slot_replaces_a_returned_one', 'this copy may not be sold again');
    END IF;
    RETURN NEW;
END $$;
-- Named to run behind slots_within_consent, which locks the lead.
CREATE TRIGGER sold_again_after_a_return BEFORE INSERT ON marketplace_leadslot
    FOR EACH ROW EXECUTE FUNCTION marketplace_guard_resale();
CREATE FUNCTION marketplace_count_resale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE marketplace_listing SET copies_left = copies_left + 1 WHERE lead_id = NEW.lead_id;
    RETURN NULL;
END $$;
CREATE TRIGGER slot_counts_as_left AFTER INSERT ON marketplace_leadslot
    FOR EACH ROW WHEN (NEW.replaces_id IS NOT NULL) EXECUTE FUNCTION marketplace_count_resale();
"""


class Migration(migrations.Migration):
    replaces = [
        ("marketplace", "0005_slots_close_once"),
        ("marketplace", "0008_copies_within_consent"),
        ("marketplace", "0014_return_guards"),
    ]
    dependencies = [
        ("accounts", "0001_models"),
        ("billing", "0001_models"),
        ("core", "0001_database_clock"),
        ("leads", "0001_models"),
        ("marketplace", "0002_guards_of_claims"),
    ]
    operations = [
        migrations.RunSQL(SLOTS_CLOSE_ONCE),
        migrations.RunSQL(COPIES_WITHIN_CONSENT),
        migrations.RunSQL(RETURN_GUARDS),
    ]
