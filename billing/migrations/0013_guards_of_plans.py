"""What is on offer is written once, a subscription moves only forwards, and what was asked of a provider stays."""

from django.db import migrations

# A version ends and is otherwise what it was: what was sold refers to it.
OFFERS_STAY = """
CREATE FUNCTION billing_guard_offer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - 'offered_until' <> to_jsonb(OLD) - 'offered_until' OR OLD.offered_until IS NOT NULL THEN
        PERFORM billing_refuse('offer_is_written_once', 'what is on offer ends, and changes in a new version');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER pack_is_written_once BEFORE UPDATE ON billing_pack
    FOR EACH ROW EXECUTE FUNCTION billing_guard_offer();
CREATE TRIGGER plan_is_written_once BEFORE UPDATE ON billing_plan
    FOR EACH ROW EXECUTE FUNCTION billing_guard_offer();
CREATE TRIGGER pack_is_kept BEFORE DELETE OR TRUNCATE ON billing_pack
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER plan_is_kept BEFORE DELETE OR TRUNCATE ON billing_plan
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER price_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON billing_planatprovider
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
"""

# Who it belongs to and where it is paid stays; what has ended stays so; what is known is not forgotten.
SUBSCRIPTIONS_MOVE_FORWARDS = """
CREATE FUNCTION billing_guard_subscription() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.organisation_id, NEW.member_id, NEW.provider, NEW.tax_millipercent, NEW.is_trial_granted,
        NEW.created_at) IS DISTINCT FROM (OLD.id, OLD.organisation_id, OLD.member_id, OLD.provider,
        OLD.tax_millipercent, OLD.is_trial_granted, OLD.created_at)
        OR OLD.checkout_id <> '' AND NEW.checkout_id <> OLD.checkout_id
        OR OLD.subscription_id <> '' AND NEW.subscription_id <> OLD.subscription_id
        OR NEW.changes < OLD.changes OR OLD.is_over_there AND NOT NEW.is_over_there THEN
        PERFORM billing_refuse('subscription_is_begun_once', 'who has a subscription, and where, is written once');
    END IF;
    IF NEW.status <> OLD.status AND (OLD.status = 'ended' OR NEW.status = 'incomplete'
        OR NEW.status = 'trialing' AND OLD.status <> 'incomplete') THEN
        PERFORM billing_refuse('subscription_moves_forwards',
            format('a subscription that is %s does not become %s', OLD.status, NEW.status));
    END IF;
    IF NEW.period_end < OLD.period_start THEN
        PERFORM billing_refuse('subscription_period_moves_forwards', 'no period comes before the one that was');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER subscription_changes_by_rule BEFORE UPDATE ON billing_subscription
    FOR EACH ROW EXECUTE FUNCTION billing_guard_subscription();
CREATE TRIGGER subscription_is_kept BEFORE DELETE OR TRUNCATE ON billing_subscription
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE FUNCTION billing_guard_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - 'granted_id' <> to_jsonb(OLD) - 'granted_id' OR OLD.granted_id IS NOT NULL THEN
        PERFORM billing_refuse('period_is_written_once', 'a period is what it was, and its credits are given once');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER period_changes_by_rule BEFORE UPDATE ON billing_subscriptionperiod
    FOR EACH ROW EXECUTE FUNCTION billing_guard_period();
CREATE TRIGGER period_is_kept BEFORE DELETE OR TRUNCATE ON billing_subscriptionperiod
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
"""

# A bill that is paid or called off stays so; a change that was answered is not answered again.
BILLS_AND_CHANGES_STAY = """
CREATE FUNCTION billing_guard_bill() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status <> 'open' AND to_jsonb(NEW) <> to_jsonb(OLD)
        OR (NEW.id, NEW.subscription_id, NEW.bill_id) IS DISTINCT FROM (OLD.id, OLD.subscription_id, OLD.bill_id) THEN
        PERFORM billing_refuse('bill_is_final_once', 'a bill that is paid or called off stays as it is');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bill_changes_by_rule BEFORE UPDATE ON billing_bill
    FOR EACH ROW EXECUTE FUNCTION billing_guard_bill();
CREATE TRIGGER bill_is_kept BEFORE DELETE OR TRUNCATE ON billing_bill
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE FUNCTION billing_guard_plan_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status <> 'asked' OR to_jsonb(NEW) - '{status,says,closed_at}'::text[]
        <> to_jsonb(OLD) - '{status,says,closed_at}'::text[] THEN
        PERFORM billing_refuse('plan_change_is_answered_once', 'what was asked stays, and is answered once');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER plan_change_changes_by_rule BEFORE UPDATE ON billing_planchange
    FOR EACH ROW EXECUTE FUNCTION billing_guard_plan_change();
CREATE TRIGGER plan_change_is_kept BEFORE DELETE OR TRUNCATE ON billing_planchange
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
"""

HOUSE = """
INSERT INTO billing_account (id, organisation_id, kind, provider, unit, balance)
VALUES (gen_random_uuid(), NULL, 'unearned_plans', '', 'usd_cents', 0) ON CONFLICT DO NOTHING;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0012_plans")]
    operations = [
        migrations.RunSQL(OFFERS_STAY),
        migrations.RunSQL(SUBSCRIPTIONS_MOVE_FORWARDS),
        migrations.RunSQL(BILLS_AND_CHANGES_STAY),
        migrations.RunSQL(HOUSE),
    ]
