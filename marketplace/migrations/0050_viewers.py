"""The guards call who may only look a viewer, as members' rows do now."""

from django.db import migrations

RENAMED = """
DO $rename$
DECLARE guard regprocedure;
BEGIN
    FOR guard IN
        SELECT oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosrc LIKE '%role <> ''{old}''%'
    LOOP
        EXECUTE replace(pg_get_functiondef(guard), 'role <> ''{old}''', 'role <> ''{new}''');
    END LOOP;
END $rename$;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_owners_buyers_viewers"), ("marketplace", "0049_sales_are_learnt_from")]

    operations = [
        migrations.RunSQL(
            RENAMED.format(old="reader", new="viewer"),
            RENAMED.format(old="viewer", new="reader"),
        )
    ]
