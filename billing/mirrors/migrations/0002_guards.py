"""What mirrors never hold: a person's e-mail address or name, and a key of the API."""

from django.db import migrations

FORWARDS = """
ALTER TABLE djstripe_customer ADD CONSTRAINT mirror_holds_nobodys_address CHECK (
    email = '' AND subscriber_id IS NULL
    AND NOT stripe_data ?| ARRAY['email', 'name', 'phone', 'address', 'shipping', 'description']
);
ALTER TABLE djstripe_apikey ADD CONSTRAINT mirror_holds_no_key CHECK (secret = '');
"""
BACKWARDS = """
ALTER TABLE djstripe_customer DROP CONSTRAINT mirror_holds_nobodys_address;
ALTER TABLE djstripe_apikey DROP CONSTRAINT mirror_holds_no_key;
"""


class Migration(migrations.Migration):
    dependencies = [("djstripe", "0001_initial")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
