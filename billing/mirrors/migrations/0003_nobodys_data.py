"""No mirror holds a person's values, at whatever depth: what would is refused by its table."""

from typing import Final

from django.db import migrations

TABLES: Final = ("charge", "customer", "dispute", "invoice", "paymentintent", "refund", "session", "subscription")
PERSONAL: Final = (
    "address", "billing_details", "client_secret", "customer_details", "customer_email", "customer_name",
    "customer_phone", "email", "fingerprint", "instructions_email", "ip_address", "last4", "last_payment_error", "name",
    "payment_method_details", "phone", "receipt_email", "shipping",
)  # fmt: skip
SAYS: Final = f"""stripe_data::text ~ '"({"|".join(PERSONAL)})": '"""
"""As jsonb is spelt: a quotation mark within a text has a backslash before it, so this is a member's name."""

# What was written before is emptied: the object's next message writes it anew.
FORWARDS: Final = "".join(
    f"UPDATE djstripe_{table} SET stripe_data = '{{}}' WHERE {SAYS};\n"
    f"ALTER TABLE djstripe_{table} ADD CONSTRAINT mirror_holds_nobody_{table} CHECK (NOT {SAYS});\n"
    for table in TABLES
)
# Its own columns beside that.
OF_A_CUSTOMER: Final = """
ALTER TABLE djstripe_customer DROP CONSTRAINT mirror_holds_nobodys_address;
ALTER TABLE djstripe_customer ADD CONSTRAINT mirror_holds_nobodys_address CHECK (
    email = '' AND subscriber_id IS NULL
);
"""
BACKWARDS: Final = "".join(f"ALTER TABLE djstripe_{table} DROP CONSTRAINT mirror_holds_nobody_{table};\n" for table in TABLES)


class Migration(migrations.Migration):
    dependencies = [("djstripe", "0002_guards")]

    operations = [
        migrations.RunSQL(FORWARDS, BACKWARDS),
        migrations.RunSQL(OF_A_CUSTOMER, migrations.RunSQL.noop),
    ]
