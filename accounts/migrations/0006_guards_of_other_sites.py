"""Who logs in with another site: it stays their own, and the last way in stays as long as there is no other."""

from django.db import migrations

OTHER_SITES = """
CREATE FUNCTION accounts_keep_social_log_in() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.user_id, NEW.provider, NEW.uid) IS DISTINCT FROM (OLD.user_id, OLD.provider, OLD.uid) THEN
        PERFORM accounts_refuse('social_log_in_stays_its_owners', 'whom another site names is said once');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER social_log_in_is_kept BEFORE UPDATE ON socialaccount_socialaccount
    FOR EACH ROW EXECUTE FUNCTION accounts_keep_social_log_in();
CREATE FUNCTION accounts_keep_a_way_in() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM accounts_user WHERE id = OLD.user_id AND closed_at IS NULL AND password LIKE '!%')
       AND NOT EXISTS (SELECT FROM socialaccount_socialaccount WHERE user_id = OLD.user_id) THEN
        PERFORM accounts_refuse('last_way_in_stays', 'nothing else logs them in');
    END IF;
    RETURN NULL;
END $$;
-- When all is done: who closes their account forgets it before the account is marked as closed.
CREATE CONSTRAINT TRIGGER a_way_in_is_kept AFTER DELETE ON socialaccount_socialaccount
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION accounts_keep_a_way_in();
"""

UNDONE = """
DROP TRIGGER a_way_in_is_kept ON socialaccount_socialaccount;
DROP FUNCTION accounts_keep_a_way_in();
DROP TRIGGER social_log_in_is_kept ON socialaccount_socialaccount;
DROP FUNCTION accounts_keep_social_log_in();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_shipped_schedules"),
        ("socialaccount", "0006_alter_socialaccount_extra_data"),
    ]

    operations = [migrations.RunSQL(OTHER_SITES, UNDONE)]
