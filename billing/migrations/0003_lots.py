import django.db.models.deletion
from django.db import migrations, models

import aiqleads.core.clock

# What was one wallet were credits that had been given: nobody could pay for any before.
WALLETS_HOLD_GRANTED_CREDITS = """
ALTER TABLE billing_account DISABLE TRIGGER account_changes_by_entries;
UPDATE billing_account SET kind = CASE kind WHEN 'wallet' THEN 'granted' WHEN 'granted_credits' THEN 'issued'
                                            WHEN 'lead_sales' THEN 'revenue' ELSE kind END;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
ALTER TABLE billing_account ENABLE TRIGGER account_changes_by_entries;
"""

KINDS = [
    ("paid", "paid credits"),
    ("granted", "granted credits"),
    ("refund_pending", "refund pending"),
    ("debt", "debt"),
    ("issued", "credits issued"),
    ("revenue", "revenue"),
    ("breakage", "breakage"),
    ("clearing", "clearing"),
    ("unearned", "unearned"),
    ("withheld", "withheld by disputes"),
    ("tax", "tax"),
    ("fees", "providers' fees"),
    ("bank", "bank"),
]


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_guards")]

    operations = [
        migrations.RemoveConstraint("account", "account_once"),
        migrations.RemoveConstraint("account", "balance_not_negative"),
        migrations.RemoveConstraint("account", "account_unit_known"),
        migrations.RenameField("account", "code", "kind"),
        migrations.AlterField("account", "kind", models.CharField(choices=KINDS, max_length=16)),
        migrations.RunSQL(WALLETS_HOLD_GRANTED_CREDITS, migrations.RunSQL.noop),
        migrations.AddField(
            "account",
            "provider",
            models.CharField(
                blank=True, default="", help_text="Whose clearing it is; else empty.", max_length=16
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            "account",
            "balance",
            models.BigIntegerField(
                default=0,
                help_text="Kept by a trigger for organisations; the house's stay 0 here and are summed.",
            ),
        ),
        migrations.AddConstraint(
            "account",
            models.UniqueConstraint(
                fields=("organisation", "kind", "provider", "unit"), name="account_once", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            "account",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(("balance__gte", 0), models.Q(("kind", "debt"), _negated=True)),
                    models.Q(("balance__lte", 0), ("kind", "debt")),
                    _connector="OR",
                ),
                name="balance_not_negative",
                violation_error_message="Nobody has less than nothing, and a debt is no credit.",
            ),
        ),
        migrations.AddConstraint(
            "account",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind__in", ["paid", "granted", "refund_pending", "debt"]),
                        ("organisation__isnull", False),
                        ("unit", "credits"),
                    ),
                    models.Q(
                        ("kind__in", ["issued", "revenue", "breakage"]), ("organisation", None), ("unit", "credits")
                    ),
                    models.Q(
                        (
                            "kind__in",
                            [
                                "clearing",
                                "unearned",
                                "refund_pending",
                                "withheld",
                                "revenue",
                                "breakage",
                                "tax",
                                "fees",
                                "bank",
                            ],
                        ),
                        ("organisation", None),
                        ("unit", "usd_cents"),
                    ),
                    _connector="OR",
                ),
                name="account_kind_fits_its_owner",
            ),
        ),
        migrations.AddConstraint(
            "account",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "clearing"), models.Q(("provider", ""), _negated=True)),
                    models.Q(models.Q(("kind", "clearing"), _negated=True), ("provider", "")),
                    _connector="OR",
                ),
                name="account_clearing_names_its_provider",
            ),
        ),
        migrations.CreateModel(
            name="Lot",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("amount", models.BigIntegerField(help_text="Whole credits that came in.")),
                (
                    "remaining",
                    models.BigIntegerField(default=0, help_text="Whole credits that are left; by trigger."),
                ),
                (
                    "paid_cents",
                    models.BigIntegerField(default=0, help_text="US cents paid for all of it, tax left out."),
                ),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("opened_at", models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lots", to="billing.account"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="lot_holds_something"),
                    models.CheckConstraint(
                        condition=models.Q(("remaining__gte", 0), ("remaining__lte", models.F("amount"))),
                        name="lot_within_its_amount",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("paid_cents__gte", 0)), name="lot_price_not_negative"
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("remaining__gt", 0)),
                        fields=["account", "expires_at", "id"],
                        name="lot_to_spend",
                    ),
                    models.Index(
                        condition=models.Q(("remaining__gt", 0)), fields=["expires_at"], name="lot_to_expire"
                    ),
                ],
            },
        ),
        migrations.AddField(
            "entry",
            "lot",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entries",
                to="billing.lot",
            ),
        ),
        migrations.AlterField(
            "entry",
            "balance_after",
            models.BigIntegerField(
                editable=False, help_text="An organisation's accounts alone; set by trigger.", null=True
            ),
        ),
    ]
