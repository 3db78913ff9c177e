"""Of a lead whose owner consented there are never more copies, and never more sales, than the agents they named.

Every copy ever made counts, returned and closed ones too. A home that proved to be another lead's counts what was
delivered there.
"""

from django.db import migrations

GUARDS = """
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
CREATE TRIGGER consent_is_written_once BEFORE UPDATE OR DELETE ON leads_consent
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER consent_text_is_written_once BEFORE UPDATE OR DELETE ON leads_consenttext
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
"""

UNDO = """
DROP TRIGGER consent_text_is_written_once ON leads_consenttext;
DROP TRIGGER consent_is_written_once ON leads_consent;
DROP TRIGGER claim_agents_consented ON marketplace_claim;
DROP FUNCTION marketplace_guard_agents();
DROP TRIGGER slots_within_consent ON marketplace_leadslot;
DROP FUNCTION marketplace_guard_copies();
DROP FUNCTION marketplace_delivered(uuid, boolean);
DROP FUNCTION leads_agents_consented(uuid);
"""


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0007_sorts_have_their_own_order"), ("leads", "0016_consent_words")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]
